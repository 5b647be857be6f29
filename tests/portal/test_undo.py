"""Taking a departure back: the same enrolments, as far as they still fit."""

from functools import partial

import pytest

from tests.support.eventually import eventually
from tests.support.school import project_input


async def depart(portal, *students):
    asked = await portal.post("/departures", json={"students": list(students), "reason": "left"})
    assert asked.status_code == 202, asked.text
    departures = asked.json()["items"]
    for departure in departures:
        await eventually(partial(_own_steps, portal, departure, "done"), what="the portal's steps done")
    return departures


async def undo(portal, departure):
    answer = await portal.post(f"/departures/{departure['id']}/undo")
    assert answer.status_code == 202, answer.text
    assert (answer.json()["state"], answer.json()["epoch"]) == ("undoing", departure["epoch"] + 1)
    await eventually(lambda: _own_steps(portal, departure, "undone"), what="the portal's steps undone")
    return (await portal.get(f"/departures/{departure['id']}")).json()["steps"]


async def _own_steps(portal, departure, state):
    steps = (await portal.get(f"/departures/{departure['id']}")).json()["steps"]
    return steps["enrolments"]["state"] == steps["prognoses"]["state"] == state


async def enrolments_of(portal, student):
    return (await portal.get(f"/students/{student}")).json()["enrolments"]


async def test_everything_comes_back_under_its_own_ids(portal, school):
    before = await enrolments_of(portal, "101")
    version = (await portal.get("/students/101")).json()["version"]
    [departure] = await depart(portal, "101")
    assert await enrolments_of(portal, "101") == []

    steps = await undo(portal, departure)

    assert await enrolments_of(portal, "101") == before
    assert steps["enrolments"]["left_over"] == steps["prognoses"]["left_over"] == []
    assert (await portal.get("/students/101")).json()["version"] > version


async def test_second_undo_is_refused(portal, school):
    [departure] = await depart(portal, "101")
    await undo(portal, departure)

    again = await portal.post(f"/departures/{departure['id']}/undo")

    assert (again.status_code, again.json()["code"]) == (409, "already_undone")


async def test_undo_with_a_key_is_answered_again_as_the_first_time(portal, school):
    [departure] = await depart(portal, "101")
    path, headers = f"/departures/{departure['id']}/undo", {"Idempotency-Key": "once"}

    first, again = [await portal.post(path, headers=headers) for _ in range(2)]

    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json() == again.json()


async def test_window_is_over(portal, school, portal_app, monkeypatch, sql):
    [departure] = await depart(portal, "101")
    await sql("UPDATE departure SET state = 'completed', completed_at = now() - interval '15 days'")

    answer = await portal.post(f"/departures/{departure['id']}/undo")

    assert (answer.status_code, answer.json()["code"]) == (409, "undo_window_over")


async def test_planned_departure_is_called_off_not_undone(portal, school):
    from tests.portal.test_planning import plan

    departure = await plan(portal, "101")
    answer = await portal.post(f"/departures/{departure['id']}/undo")
    assert (answer.status_code, answer.json()["code"]) == (409, "departure_scheduled")


async def test_group_that_is_gone_is_left_over(portal, school, sql):
    [departure] = await depart(portal, "104")
    group = next(g["id"] for g in school.now["groups"] if g["code"] == "biol.H4")
    await sql(f"DELETE FROM group_membership WHERE group_id = {group}")
    await sql(f'DELETE FROM "group" WHERE id = {group}')

    steps = await undo(portal, departure)

    assert steps["enrolments"]["left_over"] == [{"what": f"group:{group}", "why": "gone"}]
    [enrolment] = await enrolments_of(portal, "104")
    assert [g["code"] for g in enrolment["groups"]] == ["wisA.H4"]


async def test_two_undone_and_one_seat_never_overfill(portal, school, sql):
    departures = await depart(portal, "101", "103")
    group = next(g["id"] for g in school.now["groups"] if g["code"] == "biol.H4")
    await sql(f'UPDATE "group" SET hard_max = 3 WHERE id = {group}')  # 102 and 104 are in it

    left_over = [piece for d in departures for piece in (await undo(portal, d))["enrolments"]["left_over"]]

    assert left_over == [{"what": f"group:{group}", "why": "full"}]
    sizes = (await portal.get("/groups", params={"limit": 200})).json()["items"]
    assert next(g["size"] for g in sizes if g["id"] == group) == 3


async def test_undo_locks_and_unlocks_the_student(portal, school):
    [departure] = await depart(portal, "101")
    await undo(portal, departure)

    # The other services do not answer here: it goes on undoing, and the student stays locked.
    [enrolment, _] = await enrolments_of(portal, "101")
    locked = await portal.delete(f"/enrolments/{enrolment['id']}")
    assert (locked.status_code, locked.json()["code"]) == (409, "departure_running")


async def test_import_after_an_undo_finds_the_enrolment_as_it_was(portal, school):
    [departure] = await depart(portal, "101")
    await undo(portal, departure)

    again = project_input("H4", school.year, ["101", "102", "103", "104"])
    answer = (await portal.post("/imports/project", json=again)).json()

    assert answer["departed"] == ["101"]  # undoing still


async def test_a_batch_is_taken_back_at_once_and_who_cannot_be_is_named(portal, school, sql):
    first, second = await depart(portal, "101", "102")
    await undo(portal, first)

    answer = await portal.post("/departures/undo", json={"batch": second["batch"]})

    assert answer.status_code == 202, answer.text
    told = answer.json()
    assert [(d["id"], d["state"], d["epoch"]) for d in told["items"]] == [(second["id"], "undoing", 1)]
    assert told["refused"] == [{"departure": first["id"], "student": "101", "code": "already_undone"}]
    await eventually(lambda: _own_steps(portal, second, "undone"), what="the portal's steps undone")
    assert len(await enrolments_of(portal, "102")) == 2


async def test_who_cannot_be_taken_back_is_named_by_the_departure_that_was_asked(portal, school, sql):
    from tests.portal.test_planning import plan

    [first] = await depart(portal, "101")
    await undo(portal, first)
    await sql("UPDATE departure_step SET state = 'undone', sent_at = NULL")
    await sql("UPDATE departure SET state = 'undone', ended_at = now()")
    [second] = await depart(portal, "101")
    await sql("UPDATE departure_step SET state = 'done', sent_at = NULL WHERE state = 'sent'")
    await sql(f"UPDATE departure SET state = 'completed', completed_at = now() WHERE id = '{second['id']}'")
    group = (await portal.get("/departments")).json()["items"][0]["id"]
    await portal.post("/enrolments", json={"student": "101", "department": group})
    planned = await plan(portal, "101")

    answer = await portal.post("/departures/undo", json={"batch": second["batch"]})

    assert planned["id"] != second["id"]
    assert answer.json()["refused"] == [
        {"departure": second["id"], "student": "101", "code": "departure_scheduled"}
    ]


async def test_undo_of_a_list_with_an_unknown_one_does_nothing(portal, school):
    [departure] = await depart(portal, "101")
    unknown = "0198f000-0000-7000-8000-000000000000"

    answer = await portal.post("/departures/undo", json={"departures": [departure["id"], unknown]})

    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_departures")
    assert answer.json()["params"] == {"departures": [unknown]}
    assert (await portal.get(f"/departures/{departure['id']}")).json()["state"] == "running"


@pytest.mark.parametrize("body", [{}, {"batch": None}, {"departures": []}, {"departures": ["1"]}])
async def test_undo_of_nothing_is_no_input(portal, school, body):
    answer = await portal.post("/departures/undo", json=body)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")


async def test_unknown_batch_is_not_found(portal, school):
    answer = await portal.post("/departures/undo", json={"batch": "0198f000-0000-7000-8000-000000000000"})

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
