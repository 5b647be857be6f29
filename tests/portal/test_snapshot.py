"""A snapshot of a project: all of it at one moment, in parts."""

from sqlalchemy import select

from portal.features import snapshot
from portal.features.snapshot import send_snapshots, snapshot_failed
from shared import clock
from shared.contracts.copies import SendSnapshot, SnapshotFailed, SnapshotSent
from shared.contracts.ids import ProjectId, UserCode
from shared.ids import new_id
from shared.messaging.tables import outbox
from tests.support.counting import counted_statements
from tests.support.school import project_input


def asked(project):
    return SendSnapshot(refresh=new_id(), project=ProjectId(project), requested_by=UserCode("tim"))


async def told(work, *commands):
    """What was answered to these."""
    async with work() as uow:
        await send_snapshots(uow, commands)
        await uow.commit()
        query = select(outbox.c.type, outbox.c.body).order_by(outbox.c.id)
        kinds = {kind.type: kind for kind in (SnapshotSent, SnapshotFailed)}
        rows = await uow.session.execute(query.where(outbox.c.type.in_(kinds)))
        return [kinds[row.type].model_validate(row.body) for row in rows]


async def test_structure_and_enrolments_of_one_project(portal, school, work):
    before = clock.now()
    command = asked(school.now["project"])
    [part] = await told(work, command)
    assert (part.refresh, part.part, part.parts) == (command.refresh, 1, 1)
    assert before <= part.taken_at <= clock.now()
    assert [(one.code, one.home_class_authority, one.version) for one in part.departments] == [
        ("H4", "desktop", 1)
    ]
    assert [(one.code, one.is_home_class, one.subject, one.hard_max) for one in part.groups] == [
        ("H4a", True, None, 32),
        ("H4b", True, None, 32),
        ("wisA.H4", False, "wisA", 32),
        ("biol.H4", False, "biol", 32),
    ]
    assert {one.code: one.is_choosable for one in part.subjects} == {
        "netl": False,
        "wisA": True,
        "biol": True,
    }
    shown = (await portal.get("/students/101")).json()
    first = next(one for one in part.enrolments if one.student == "101")
    running = next(one for one in shown["enrolments"] if one["kind"] == "enrolment")
    assert (first.id, first.home_class) == (running["id"], running["home_class"]["id"])
    assert first.choices == ["biol", "wisA"]
    assert len(first.groups) == 2
    assert {one.student for one in part.enrolments} == {"101", "102", "103", "104"}


async def test_an_unknown_project_and_one_given_up_are_answered_too(school, work):
    command = asked(999)
    known, failed = await told(work, asked(school.now["project"]), command)
    assert isinstance(known, SnapshotSent)
    assert (failed.refresh, failed.error) == (command.refresh, "unknown_project")
    given_up = snapshot_failed(command, "KeyError")
    assert (given_up.refresh, given_up.error) == (command.refresh, "KeyError")


async def test_the_structure_is_in_the_first_part(school, work, monkeypatch):
    monkeypatch.setattr(snapshot, "ENROLMENTS_IN_A_PART", 3)
    first, second = await told(work, asked(school.now["project"]))
    assert [(one.part, one.parts, len(one.enrolments)) for one in (first, second)] == [(1, 2, 3), (2, 2, 1)]
    assert first.taken_at == second.taken_at
    assert first.departments
    assert [second.departments, second.groups, second.subjects] == [[], [], []]


async def test_a_project_without_students_has_a_part_and_any_number_is_one_look(portal, work, engine):
    year = clock.school_year_of(clock.today())
    crowd = await portal.post(
        "/imports/project", json=project_input("H4", year, [str(code) for code in range(300, 700)])
    )
    empty = await portal.post("/imports/project", json=project_input("H5", year + 1, []))
    counts = []
    for answer in (empty, crowd):
        with counted_statements(engine) as statements:
            async with work() as uow:
                await send_snapshots(uow, [asked(answer.json()["project"])])
                await uow.commit()
        counts.append(len(statements))
    assert counts[0] == counts[1]
    parts = await told(work)
    assert [(one.part, one.parts, len(one.enrolments)) for one in parts] == [
        (1, 1, 0),
        (1, 2, 200),
        (2, 2, 200),
    ]
