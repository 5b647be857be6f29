"""Who mentors and teaches the groups a student leaves, as the completed departure tells it."""

from sqlalchemy import select, text

from portal.features.departure_results import StepResult, record_results
from shared import clock
from shared.contracts.facts import AccountArchived, DepartureCompleted, StudentDeleted
from shared.contracts.ids import DepartureId, StudentCode, UserCode
from shared.messaging.tables import outbox
from tests.support.eventually import eventually
from tests.support.school import project_input

STAFF = (
    """SELECT g.code, s."user", s.role FROM group_staff s JOIN "group" g ON g.id = s.group_id ORDER BY 1, 2"""
)


def school(students, *, mentors=("men",), teachers=("tea", "men")):
    file = project_input("H4", clock.school_year_of(clock.today()), students)
    for group in file["groups"]:
        told = {"mentors": mentors} if group["is_home_class"] else {"teachers": teachers}
        group |= {field: list(codes) for field, codes in told.items() if codes is not None}
    return file


async def bring(portal, **told):
    answer = await portal.post("/imports/project", json=school(["301", "302"], **told))
    assert answer.status_code == 200, answer.text


async def staff(work):
    async with work() as uow:
        return [tuple(row) for row in await uow.session.execute(text(STAFF))]


ALL = [
    ("H4a", "men", "mentor"),
    ("H4b", "men", "mentor"),
    ("biol.H4", "men", "teacher"),
    ("biol.H4", "tea", "teacher"),
    ("wisA.H4", "men", "teacher"),
    ("wisA.H4", "tea", "teacher"),
]


async def test_mentors_and_teachers_come_in_with_the_groups(portal, work):
    await bring(portal)
    assert await staff(work) == ALL
    await bring(portal)
    assert await staff(work) == ALL
    await bring(portal, mentors=None, teachers=None)
    assert await staff(work) == ALL
    await bring(portal, mentors=["new"], teachers=[])
    assert await staff(work) == [("H4a", "new", "mentor"), ("H4b", "new", "mentor")]


async def test_a_completed_departure_tells_the_groups_it_freed(portal, work):
    await bring(portal)
    answer = await portal.post("/departures", json={"students": ["301"], "reason": "graduated"})
    [departure] = answer.json()["items"]

    async def own_steps_done():
        shown = (await portal.get(f"/departures/{departure['id']}")).json()["steps"]
        return {shown[step]["state"] for step in ("enrolments", "prognoses")} == {"done"}

    await eventually(own_steps_done, what="the portal's own two steps")
    told = {"departure": DepartureId(departure["id"]), "epoch": 0, "at": clock.now()}
    others: list[StepResult] = [
        AccountArchived(user=UserCode("301"), version=2, session_version=2, **told),
        StudentDeleted(student=StudentCode("301"), projects=[], placements=0, **told),
    ]
    async with work() as uow:
        await record_results(uow, others)
        await uow.commit()
        query = select(outbox.c.body).where(outbox.c.type == DepartureCompleted.type)
        [said] = await uow.session.scalars(query)
    assert said["reason"] == "graduated"
    freed = [(one["code"], one["is_home_class"], one["staff"]) for one in said["freed"]]
    assert freed[0] == ("H4a", True, ["men"])
    assert sorted(freed[1:]) == [("biol.H4", False, ["men", "tea"]), ("wisA.H4", False, ["men", "tea"])]
