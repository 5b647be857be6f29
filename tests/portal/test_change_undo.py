"""Taking back one change from the history, while nothing later stands on it."""

import asyncio

import pytest
from sqlalchemy import select

from portal.features.departure_results import record_taken_back
from portal.models.ended_enrolment import EndedEnrolment
from shared import clock
from shared.contracts.changes import ChoicePackageChosen, DepartmentChanged, HomeClassAssigned
from shared.contracts.facts import AccountRestored, StudentRestored
from shared.contracts.rights import Role
from shared.ids import new_id
from shared.messaging.tables import audit
from tests.portal.test_department_change import change, enrolments, put, shown, two
from tests.portal.test_home_class import class_of, departing, entries, groups_of, load, said
from tests.portal.test_undo import depart
from tests.portal.test_undo import undo as undo_departure

__all__ = ["two"]


async def undo(portal, student, entry, **more):
    return await portal.post(f"/students/{student}/history/{entry}/undo", **more)


async def last_entry(work, student):
    return (await entries(work, student))[-1].id


async def told_undone(work, departure):
    """The others have done their part of it too."""
    step = {"departure": departure["id"], "epoch": departure["epoch"] + 1, "at": clock.now()}
    student = departure["student"]
    async with work() as uow:
        account = AccountRestored(user=student, version=2, session_version=2, **step)
        await record_taken_back(uow, [account])
        await record_taken_back(uow, [StudentRestored(student=student, projects=[], placements=0, **step)])
        await uow.commit()


@pytest.fixture
async def lower(portal):
    imported = await load(portal, "B1", ["11", "12"], authority="portal", full=2)
    return imported | {"groups": await groups_of(portal, imported["departments"]["B1"])}


async def move(portal, lower, group, student="11"):
    body = {"group": lower["groups"][group] if group else None}
    answer = await portal.put(f"/enrolments/{lower['enrolments'][student]}/home-class", json=body)
    assert answer.status_code == 200, answer.text


async def test_a_home_class_goes_back(portal, lower, work):
    await move(portal, lower, "B1b")
    [entry] = await entries(work, "11")

    answer = await undo(portal, "11", entry.id)

    assert answer.status_code == 200, answer.text
    assert answer.json()["enrolment"]["home_class"]["code"] == await class_of(portal, "11") == "B1a"
    assert answer.json()["version"] == (await portal.get("/students/11")).json()["version"]
    taken_back = (await entries(work, "11"))[-1]
    assert (taken_back.undoes, taken_back.before["code"], taken_back.after["code"]) == (
        entry.id,
        "B1b",
        "B1a",
    )
    assert [fact["group"] for fact in await said(work, HomeClassAssigned)][-1] == lower["groups"]["B1a"]


async def test_nothing_is_taken_back_twice(portal, lower, work):
    await move(portal, lower, "B1b")
    entry = await last_entry(work, "11")
    await undo(portal, "11", entry)

    again = await undo(portal, "11", entry)
    of_the_undo = await undo(portal, "11", await last_entry(work, "11"))

    assert (again.status_code, again.json()["code"]) == (409, "already_undone")
    assert (of_the_undo.status_code, of_the_undo.json()["code"]) == (409, "not_undoable")


async def test_same_key_takes_back_once(portal, lower, work):
    await move(portal, lower, "B1b")
    entry, key = await last_entry(work, "11"), {"Idempotency-Key": "k"}

    first, second = [await undo(portal, "11", entry, headers=key) for _ in range(2)]

    assert first.json() == second.json()
    assert len(await entries(work, "11")) == 2


async def test_of_two_at_once_one_takes_it_back(portal, lower, work):
    await move(portal, lower, "B1b")
    entry = await last_entry(work, "11")

    answers = await asyncio.gather(undo(portal, "11", entry), undo(portal, "11", entry))

    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_what_came_later_goes_first(portal, lower, work):
    await move(portal, lower, "B1b")
    first = await last_entry(work, "11")
    await move(portal, lower, None)
    second = await last_entry(work, "11")

    too_early = await undo(portal, "11", first)

    assert (too_early.status_code, too_early.json()["code"]) == (409, "overtaken")
    assert too_early.json()["params"]["later"]["entry"] == str(second)
    assert (await undo(portal, "11", second)).status_code == 200
    assert (await undo(portal, "11", first)).status_code == 200
    assert await class_of(portal, "11") == "B1a"


async def test_a_departure_that_was_undone_does_not_stand_in_the_way(portal, lower, work):
    await move(portal, lower, "B1b")
    entry = await last_entry(work, "11")
    for _ in range(2):
        [departure] = await depart(portal, "11")
        while_gone = await undo(portal, "11", entry)
        await undo_departure(portal, departure)
        assert (while_gone.status_code, while_gone.json()["code"]) == (409, "departure_running")
        await told_undone(work, departure)

    answer = await undo(portal, "11", entry)

    assert answer.status_code == 200, answer.text
    assert await class_of(portal, "11") == "B1a"
    shown = (await portal.get("/students/11/history")).json()["items"]
    removed = [one for one in shown if one["what"] == "enrolment_removed"]
    back = [one["id"] for one in shown if one["what"] == "enrolment_added"]
    assert [one["undone_by"] for one in removed] == back[:2]


async def test_an_enrolment_that_went_by_itself_stands_in_the_way(portal, lower, work):
    await move(portal, lower, "B1b")
    entry = await last_entry(work, "11")
    await portal.delete(f"/enrolments/{lower['enrolments']['11']}")

    answer = await undo(portal, "11", entry)

    assert (answer.status_code, answer.json()["code"]) == (409, "overtaken")
    assert answer.json()["params"]["later"]["what"] == "enrolment_removed"


async def test_a_class_that_is_full_by_now_does_not_take_him_back(portal, lower, sql, work):
    await move(portal, lower, "B1b")
    await sql("UPDATE \"group\" SET hard_max = 0 WHERE code = 'B1a'")

    answer = await undo(portal, "11", await last_entry(work, "11"))

    assert (answer.status_code, answer.json()["code"]) == (409, "class_full")


async def test_a_department_comes_back_under_its_old_id_with_all_of_it(portal, two, work):
    before = await enrolments(portal, "101")
    made = await change(portal, two.here["101"], two.v4)

    answer = await undo(portal, "101", made["change"]["history_entry"])

    assert answer.status_code == 200, answer.text
    assert (answer.json()["left_over"], answer.json()["enrolment"]) == ([], before[0])
    assert await enrolments(portal, "101") == before
    assert (await shown(portal, made["change"]["id"]))["state"] == "undone"
    async with work() as uow:
        assert await uow.session.get(EndedEnrolment, two.here["101"]) is None
        rows = await uow.session.execute(select(audit).where(audit.c.action == "department.undo"))
        assert [row.object_id for row in rows] == [str(made["enrolment"]["id"])]
    told = (await said(work, DepartmentChanged))[-1]
    assert (told["before"], told["enrolment"]) == (made["enrolment"]["id"], two.here["101"])
    again = await undo(portal, "101", made["change"]["history_entry"])
    assert again.json()["code"] == "already_undone"


async def test_what_no_longer_fits_is_left_over(portal, two, sql):
    made = await change(portal, two.here["101"], two.v4)
    await sql("UPDATE \"group\" SET hard_max = 0 WHERE code = 'wisA.H4'")

    answer = (await undo(portal, "101", made["change"]["history_entry"])).json()

    [left] = answer["left_over"]
    assert (left["what"].split(":")[0], left["why"]) == ("group", "full")
    assert [group["code"] for group in answer["enrolment"]["groups"]] == ["biol.H4"]


async def test_a_home_class_in_the_new_department_goes_first(portal, two, work):
    made = await change(portal, two.here["101"], two.v4)
    await portal.put(
        f"/enrolments/{made['enrolment']['id']}/home-class", json={"group": two.v4_groups["V4a"]}
    )

    too_early = await undo(portal, "101", made["change"]["history_entry"])

    assert (too_early.status_code, too_early.json()["code"]) == (409, "overtaken")
    assert too_early.json()["params"]["later"]["what"] == "home_class"
    assert (await undo(portal, "101", await last_entry(work, "101"))).status_code == 200
    assert (await undo(portal, "101", made["change"]["history_entry"])).status_code == 200


async def test_a_second_change_of_department_goes_first(portal, two):
    first = await change(portal, two.here["101"], two.v4)
    second = await change(portal, first["enrolment"]["id"], two.h4)

    too_early = await undo(portal, "101", first["change"]["history_entry"])

    assert too_early.json()["params"]["later"]["entry"] == second["change"]["history_entry"]
    assert (await undo(portal, "101", second["change"]["history_entry"])).status_code == 200
    assert (await shown(portal, first["change"]["id"]))["state"] == "open"
    assert (await undo(portal, "101", first["change"]["history_entry"])).status_code == 200
    assert two.here["101"] in [one["id"] for one in await enrolments(portal, "101")]


async def test_an_enrolment_that_was_filled_otherwise_stays(portal, two, sql):
    made = await change(portal, two.here["101"], two.v4)
    group, there = two.v4_groups["wisA.V4"], made["enrolment"]["id"]
    await sql(
        "INSERT INTO group_membership (enrolment_id, group_id, department_id) "
        f"VALUES ({there}, {group}, {two.v4})"
    )

    answer = await undo(portal, "101", made["change"]["history_entry"])

    assert (answer.status_code, answer.json()["code"]) == (409, "overtaken")
    assert answer.json()["params"]["later"] is None


async def test_a_change_of_an_enrolment_that_is_gone_is_overtaken(portal, two):
    made = await change(portal, two.here["101"], two.v4)
    assert (await portal.delete(f"/enrolments/{made['enrolment']['id']}")).status_code == 200

    answer = await undo(portal, "101", made["change"]["history_entry"])

    assert (answer.status_code, answer.json()["code"]) == (409, "overtaken")


async def test_a_transfer_goes_back_to_the_old_school(portal, two):
    other = await load(portal, "H4", ["301"], school="COL")
    made = await change(portal, two.here["101"], other["departments"]["H4"])

    assert (await undo(portal, "101", made["change"]["history_entry"])).status_code == 200

    assert (await portal.get("/students/101")).json()["school"] == two.school


async def test_a_second_enrolment_on_purpose_is_in_nobodys_way(portal, two):
    h4 = (await load(portal, "G4", ["401"]))["departments"]["G4"]
    second = await portal.post("/enrolments", json={"student": "101", "department": h4, "second": True})
    assert second.status_code == 201, second.text
    made = await change(portal, two.here["101"], two.v4)

    assert (await undo(portal, "101", made["change"]["history_entry"])).status_code == 200

    ids = {one["id"] for one in await enrolments(portal, "101")}
    assert {two.here["101"], second.json()["enrolment"]["id"]} <= ids


async def test_who_was_enrolled_anew_at_the_old_school_stays_where_he_is(portal, two):
    other = await load(portal, "H4", ["301"], school="COL")
    made = await change(portal, two.here["101"], other["departments"]["H4"])
    await portal.post("/enrolments", json={"student": "101", "department": two.v4})

    answer = await undo(portal, "101", made["change"]["history_entry"])

    assert (answer.status_code, answer.json()["code"]) == (409, "overtaken")
    assert made["enrolment"]["id"] in [one["id"] for one in await enrolments(portal, "101")]


async def test_a_package_goes_back(portal, two, work):
    path = f"/enrolments/{two.here['101']}/choice-package"
    await portal.put(path, json={"subjects": ["wisA"], "profile": "EM"})

    answer = await undo(portal, "101", await last_entry(work, "101"))

    assert answer.status_code == 200, answer.text
    back = answer.json()["enrolment"]
    assert (back["choice_package"], back["profile"]) == (["biol", "wisA"], "NG")
    assert len((await said(work, ChoicePackageChosen))[-1]["subjects"]) == 2


async def test_who_may(house, portal, two, work):
    def as_a(role, branch=two.branch):
        return {"Authorization": f"Bearer {house.token('who', {role: [branch]})}"}

    await portal.put(f"/enrolments/{two.here['101']}/choice-package", json={"subjects": [], "profile": None})
    package = await last_entry(work, "101")
    office = await undo(portal, "101", package, headers=as_a(Role.STUDENT_OFFICE))
    dean = await undo(portal, "101", package, headers=as_a(Role.DEAN))
    stranger = await undo(portal, "101", package, headers=as_a(Role.TIMETABLER, two.branch + 1))
    timetabler = await undo(portal, "101", package, headers=as_a(Role.TIMETABLER))

    statuses = [answer.status_code for answer in (office, dean, stranger, timetabler)]
    assert statuses == [403, 403, 404, 200]


async def test_unknown_entries_are_not_found_and_a_departure_stands_in_the_way(portal, two, work, sql):
    made = await change(portal, two.here["101"], two.v4)
    entry = made["change"]["history_entry"]
    unknown = [
        await undo(portal, "101", new_id()),
        await undo(portal, "102", entry),
        await undo(portal, "999", entry),
        await undo(portal, "101", "none"),
    ]
    departure = await departing(portal, sql, "101")

    answer = await undo(portal, "101", entry)

    assert {one.status_code for one in unknown} == {404}
    assert (answer.status_code, answer.json()["code"]) == (409, "departure_running")
    assert answer.json()["params"]["departure"] == departure["id"]


async def test_a_change_undone_may_be_made_anew(portal, two):
    made = await change(portal, two.here["101"], two.v4)
    await undo(portal, "101", made["change"]["history_entry"])

    anew = await put(portal, two.here["101"], two.v4, choice_package="keep")

    assert anew.status_code == 200, anew.text


async def undoable(portal, student, entry, headers=None):
    shown = (await portal.get(f"/students/{student}/history", headers=headers)).json()["items"]
    return next(one["undoable"] for one in shown if one["id"] == str(entry))


@pytest.mark.parametrize(
    "case",
    [
        ("UPDATE department SET home_class_authority = 'desktop'", "desktop_is_leading"),
        ("DELETE FROM \"group\" WHERE code = 'B1a'", "not_a_home_class_here"),
        ("UPDATE enrolment SET home_class_id = NULL", "overtaken"),
    ],
)
async def test_the_history_calls_undoable_what_the_undo_takes(portal, lower, work, sql, case):
    meanwhile, code = case
    await move(portal, lower, "B1b")
    entry = await last_entry(work, "11")
    before = await undoable(portal, "11", entry)

    await sql(meanwhile)

    refused = await undo(portal, "11", entry)
    assert (refused.status_code // 100, refused.json()["code"]) == (4, code)
    assert (before, await undoable(portal, "11", entry)) == (True, False)


async def test_a_package_that_is_not_offered_any_more_is_not_undoable(portal, two, work, sql):
    await portal.put(f"/enrolments/{two.here['101']}/choice-package", json={"subjects": [], "profile": None})
    entry = await last_entry(work, "101")
    before = await undoable(portal, "101", entry)

    await sql("UPDATE subject SET is_choosable = false WHERE code = 'wisA'")

    assert (before, await undoable(portal, "101", entry)) == (True, False)
    assert (await undo(portal, "101", entry)).json()["code"] == "not_choosable"


async def test_who_may_not_take_it_back_does_not_see_it_as_undoable(house, portal, two, work):
    made = await change(portal, two.here["101"], two.v4)
    body = {"subjects": ["wisA"], "profile": None}
    await portal.put(f"/enrolments/{made['enrolment']['id']}/choice-package", json=body)
    package = await last_entry(work, "101")

    def as_a(role):
        return {"Authorization": f"Bearer {house.token('who', {role: [two.branch]})}"}

    office, timetabler = [
        await undoable(portal, "101", package, as_a(role)) for role in (Role.STUDENT_OFFICE, Role.TIMETABLER)
    ]

    assert (office, timetabler) == (False, True)
    await undo(portal, "101", package)
    assert await undoable(portal, "101", made["change"]["history_entry"])


async def test_nothing_is_undoable_while_he_departs(portal, lower, work, sql):
    await move(portal, lower, "B1b")
    entry = await last_entry(work, "11")
    await departing(portal, sql, "11")

    assert not await undoable(portal, "11", entry)
