"""Another home class, where the portal leads: one student, or a list in which some swap."""

import asyncio
from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from portal.features.home_class_change import HomeClassWish, assign_home_classes
from portal.models.history_entry import HistoryEntry, HistoryWhat
from shared import clock
from shared.contracts.changes import HomeClassAssigned
from shared.contracts.facts import StudentPlaced
from shared.contracts.rights import Role
from shared.messaging.tables import audit, outbox
from shared.runtime.access import Scope
from tests.support.counting import counted_statements
from tests.support.school import project_input


async def load(portal, department, students, *, year=None, full=None, **place):
    file = project_input(department, year or clock.school_year_of(clock.today()), students, **place)
    if full:
        file["groups"] = [group | {"soft_max": full - 1, "hard_max": full} for group in file["groups"]]
    imported = await portal.post("/imports/project", json=file)
    assert imported.status_code == 200, imported.text
    return imported.json()


async def groups_of(portal, department):
    items = (await portal.get("/groups", params={"department": department})).json()["items"]
    return {group["code"]: group["id"] for group in items}


@pytest.fixture
async def lower(portal):
    """B1, where the portal leads: 11 and 13 in B1a, 12 and 14 in B1b; two are enough, three are full."""
    imported = await load(portal, "B1", ["11", "12", "13", "14"], authority="portal", full=3)
    [department] = imported["departments"].values()
    groups = await groups_of(portal, department)
    return SimpleNamespace(**imported | {"department": department, "groups": groups})


async def put(portal, enrolment, group, **more):
    return await portal.put(f"/enrolments/{enrolment}/home-class", json={"group": group}, **more)


async def class_of(portal, student):
    [enrolment] = (await portal.get(f"/students/{student}")).json()["enrolments"]
    return enrolment["home_class"]["code"] if enrolment["home_class"] else None


async def said(work, kind):
    async with work() as uow:
        query = select(outbox.c.body).where(outbox.c.type == kind.type).order_by(outbox.c.id)
        rows = await uow.session.scalars(query)
        return list(rows)


async def entries(work, student):
    """What became of him after the import that enrolled him."""
    async with work() as uow:
        query = select(HistoryEntry).where(
            HistoryEntry.student_code == student, HistoryEntry.what != HistoryWhat.ENROLMENT_ADDED
        )
        return list(await uow.session.scalars(query.order_by(HistoryEntry.id)))


async def test_student_gets_another_class_and_keeps_his_cluster_groups(portal, lower, work):
    before = (await portal.get("/students/11")).json()

    answer = await put(portal, lower.enrolments["11"], lower.groups["B1b"])

    assert answer.status_code == 200, answer.text
    shown = answer.json()
    assert shown["enrolment"] == before["enrolments"][0] | {
        "home_class": {"id": lower.groups["B1b"], "code": "B1b"}
    }
    assert shown["version"] == before["version"] + 1 == (await portal.get("/students/11")).json()["version"]
    assert answer.headers["ETag"] == f'"{shown["version"]}"'
    [fact] = await said(work, HomeClassAssigned)
    assert (fact["before"], fact["group"], fact["version"]) == (
        lower.groups["B1a"],
        lower.groups["B1b"],
        shown["version"],
    )
    placed = (await said(work, StudentPlaced))[-1]
    assert placed["enrolments"][0]["home_class"] == lower.groups["B1b"]
    [entry] = await entries(work, "11")
    assert (entry.what, entry.before["code"], entry.after["code"]) == ("home_class", "B1a", "B1b")
    async with work() as uow:
        rows = await uow.session.execute(select(audit).where(audit.c.action == "home_class.change"))
        assert [(row.object_id, row.fields) for row in rows] == [
            (str(lower.enrolments["11"]), ["home_class"])
        ]


async def test_a_class_over_its_soft_maximum_warns(portal, lower):
    shown = (await put(portal, lower.enrolments["11"], lower.groups["B1b"])).json()

    full = {"code": "over_soft_max", "group": lower.groups["B1b"], "size": 3, "soft_max": 2, "hard_max": 3}
    assert shown["warnings"] == [full]


async def test_a_full_class_takes_nobody(portal, lower):
    await put(portal, lower.enrolments["11"], lower.groups["B1b"])

    answer = await put(portal, lower.enrolments["13"], lower.groups["B1b"])

    assert (answer.status_code, answer.json()["code"]) == (409, "class_full")
    assert await class_of(portal, "13") == "B1a"


async def test_a_setting_lets_a_full_class_warn(portal, lower, portal_app, monkeypatch):
    monkeypatch.setattr(portal_app.state.settings, "full_class", "warn")
    await put(portal, lower.enrolments["11"], lower.groups["B1b"])

    answer = await put(portal, lower.enrolments["13"], lower.groups["B1b"])

    assert answer.status_code == 200
    assert [warning["code"] for warning in answer.json()["warnings"]] == ["over_hard_max"]


async def test_the_class_he_has_changes_nothing(portal, lower, work):
    version = (await portal.get("/students/11")).json()["version"]

    answer = await put(portal, lower.enrolments["11"], lower.groups["B1a"])

    assert (answer.status_code, answer.json()["version"]) == (200, version)
    assert await entries(work, "11") == await said(work, HomeClassAssigned) == []


async def test_nobody_need_have_a_class(portal, lower):
    answer = await put(portal, lower.enrolments["11"], None)

    assert answer.json()["enrolment"]["home_class"] is None


async def test_where_the_desktop_leads_it_is_refused(portal, school):
    [department] = school.now["departments"].values()
    groups = await groups_of(portal, department)

    answer = await put(portal, school.now["enrolments"]["101"], groups["H4b"])

    assert (answer.status_code, answer.json()["code"]) == (409, "desktop_is_leading")
    assert answer.json()["params"] == {"department": department}


async def test_only_a_home_class_of_his_department(portal, lower):
    other = await load(portal, "B2", ["21"], authority="portal")
    elsewhere = await groups_of(portal, other["departments"]["B2"])

    for group in (elsewhere["B2a"], lower.groups["wisA.B1"], 999999):
        answer = await put(portal, lower.enrolments["11"], group)
        assert (answer.status_code, answer.json()["code"]) == (422, "not_a_home_class_here")


async def departing(portal, sql, student):
    """A departure that runs, and has taken nothing yet."""
    leaves_on = (clock.today() + timedelta(days=30)).isoformat()
    body = {"students": [student], "reason": "left", "leaves_on": leaves_on}
    [departure] = (await portal.post("/departures", json=body)).json()["items"]
    await sql("UPDATE departure SET state = 'running'")
    return departure


async def test_a_running_departure_stands_in_the_way(portal, lower, sql):
    departure = await departing(portal, sql, "11")

    answer = await put(portal, lower.enrolments["11"], lower.groups["B1b"])

    assert (answer.status_code, answer.json()["code"]) == (409, "departure_running")
    assert answer.json()["params"]["departure"] == departure["id"]


async def test_unknown_and_past_and_foreign_are_not_found(house, portal, lower):
    past = await load(portal, "B1", ["11"], year=clock.school_year_of(clock.today()) - 1, authority="portal")
    office = {Role.STUDENT_OFFICE: [lower.branch + 1]}
    stranger = {"Authorization": f"Bearer {house.token('off', office)}"}

    answers = [
        await put(portal, 999999, None),
        await put(portal, "none", None),
        await put(portal, past["enrolments"]["11"], None),
        await put(portal, lower.enrolments["11"], None, headers=stranger),
    ]

    assert {answer.status_code for answer in answers} == {404}


@pytest.mark.parametrize(
    ("role", "status"),
    [
        (Role.APPLICATION_MANAGER, 200),
        (Role.STUDENT_OFFICE, 200),
        (Role.TIMETABLER, 200),
        (Role.DEAN, 403),
        (Role.MENTOR, 403),
        (Role.STUDENT, 403),
    ],
)
async def test_who_may(house, portal, lower, role, status):
    headers = {"Authorization": f"Bearer {house.token('who', {role: [lower.branch]})}"}

    answer = await put(portal, lower.enrolments["11"], lower.groups["B1b"], headers=headers)

    assert answer.status_code == status


async def test_a_version_that_is_given_must_be_his(portal, lower):
    version = (await portal.get("/students/11")).json()["version"]
    path = lower.enrolments["11"], lower.groups["B1b"]

    stale = await put(portal, *path, headers={"If-Match": f'"{version - 1}"'})
    seen = await put(portal, *path, headers={"If-Match": f'"{version}"'})

    assert (stale.status_code, stale.json()["code"]) == (412, "version_stale")
    assert seen.status_code == 200


async def test_of_two_at_once_who_saw_it_first_wins(portal, lower):
    version = (await portal.get("/students/11")).json()["version"]
    answers = await asyncio.gather(
        *(
            put(portal, lower.enrolments["11"], group, headers={"If-Match": f'"{version}"'})
            for group in (lower.groups["B1b"], None)
        )
    )

    assert sorted(answer.status_code for answer in answers) == [200, 412]


async def test_of_two_at_once_one_gets_the_last_seat(portal, lower):
    answers = await asyncio.gather(
        *(put(portal, lower.enrolments[one], lower.groups["B1b"]) for one in ("11", "13"))
    )

    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def post(portal, changes, **more):
    body = {"changes": [{"enrolment": enrolment, "group": group} for enrolment, group in changes]}
    return await portal.post("/home-classes", json=body, **more)


async def test_two_swap_between_full_classes(portal):
    lower = await load(portal, "B1", ["11", "12"], authority="portal", full=1)
    groups = await groups_of(portal, next(iter(lower["departments"].values())))
    swap = [(lower["enrolments"]["11"], groups["B1b"]), (lower["enrolments"]["12"], groups["B1a"])]

    answer = await post(portal, swap)

    assert answer.status_code == 200, answer.text
    assert [item["student"] for item in answer.json()["items"]] == ["11", "12"]
    assert [await class_of(portal, one) for one in ("11", "12")] == ["B1b", "B1a"]


async def test_of_a_list_every_problem_is_named_and_nothing_happens(portal, lower):
    answer = await post(
        portal,
        [
            (lower.enrolments["11"], lower.groups["B1b"]),
            (lower.enrolments["13"], lower.groups["B1b"]),
            (999999, None),
            (lower.enrolments["12"], lower.groups["wisA.B1"]),
            (lower.enrolments["11"], None),
        ],
    )

    assert (answer.status_code, answer.json()["code"]) == (422, "changes_refused")
    told = [(one["index"], one["enrolment"], one["code"]) for one in answer.json()["params"]["problems"]]
    assert told == [
        (0, lower.enrolments["11"], "class_full"),
        (1, lower.enrolments["13"], "class_full"),
        (2, 999999, "not_found"),
        (3, lower.enrolments["12"], "not_a_home_class_here"),
        (4, lower.enrolments["11"], "listed_twice"),
    ]
    assert await class_of(portal, "11") == "B1a"


async def test_same_key_moves_a_list_once(portal, lower, work):
    key = {"Idempotency-Key": "k"}
    first, second = [
        await post(portal, [(lower.enrolments["11"], lower.groups["B1b"])], headers=key) for _ in range(2)
    ]

    assert first.json() == second.json()
    assert len(await entries(work, "11")) == 1


async def test_statements_do_not_grow_with_the_students(portal, work, engine):
    students = [str(code) for code in range(1000, 1541)]
    lower = await load(portal, "B1", students, authority="portal", full=1000)
    group = (await groups_of(portal, next(iter(lower["departments"].values()))))["B1b"]
    moving = [lower["enrolments"][one] for one in students[::2]] + [
        lower["enrolments"][one] for one in students[1::2]
    ]
    counts = []
    for some in (moving[:1], moving[1:41], moving[41:541]):
        with counted_statements(engine) as statements:
            async with work() as uow:
                wishes = [HomeClassWish(one, None if one in moving[270:] else group) for one in some]
                await assign_home_classes(uow, wishes, Scope(everything=True), refuse_full=True)
                await uow.commit()
        counts.append(len(statements))

    assert len(set(counts)) == 1, counts
