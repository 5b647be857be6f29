"""Past school years are history: nothing that speaks of today touches them."""

from datetime import date

from shared import clock
from tests.support.eventually import eventually
from tests.support.school import project_input


async def with_a_past(portal, school):
    past = await portal.post("/imports/project", json=project_input("H3", school.year - 1, ["101"]))
    assert past.status_code == 200, past.text
    return past.json()["enrolments"]["101"]


async def enrolled_in(portal, student):
    shown = (await portal.get(f"/students/{student}")).json()["enrolments"]
    return [(e["kind"], e["department"]["code"]) for e in shown]


async def test_early_last_day_leaves_history_alone(portal, school):
    await with_a_past(portal, school)
    early = date(school.year - 10, 6, 1).isoformat()
    body = {"students": ["101"], "reason": "left", "leaves_on": early}

    preview = await portal.post("/departures/preview", json=body)
    asked = await portal.post("/departures", json=body)

    assert asked.status_code == 202, asked.text
    shown = preview.json()["items"][0]
    assert [e["department"]["code"] for e in shown["enrolments"] + shown["prognoses"]] == ["H4", "H5"]
    await eventually(lambda: _left_only(portal, [("past", "H3")]), what="this year and later gone")


async def _left_only(portal, expected):
    return await enrolled_in(portal, "101") == expected


async def test_departure_of_last_year_entered_now_leaves_history_alone(portal, school):
    await with_a_past(portal, school)
    body = {"students": ["101"], "reason": "left", "leaves_on": date(school.year, 7, 20).isoformat()}

    assert (await portal.post("/departures", json=body)).status_code == 202

    await eventually(lambda: _left_only(portal, [("past", "H3")]), what="this year and later gone")


async def test_past_enrolment_is_unknown_to_deleting(portal, school):
    enrolment = await with_a_past(portal, school)

    answer = await portal.delete(f"/enrolments/{enrolment}")

    assert answer.status_code == 404
    assert ("past", "H3") in await enrolled_in(portal, "101")


async def history_of(portal, student):
    shown = (await portal.get(f"/students/{student}")).json()["history"]
    return [(e["id"], e["department"]["code"], e["home_class"]["code"], e["reason"]) for e in shown]


async def leave(portal, student, reason):
    asked = await portal.post("/departures", json={"students": [student], "reason": reason})
    assert asked.status_code == 202, asked.text
    await eventually(lambda: _gone(portal, student), what="the enrolments gone")
    return asked.json()["items"][0]


async def _gone(portal, student):
    return await enrolled_in(portal, student) == []


async def test_who_left_leaves_enrolment_history_and_no_prognosis_in_it(portal, school):
    await leave(portal, "101", "graduated")

    assert await history_of(portal, "101") == [(school.now["enrolments"]["101"], "H4", "H4a", "graduated")]
    [ended] = (await portal.get("/students/101")).json()["history"]
    assert ended["left_on"] == clock.today().isoformat()


async def test_who_never_came_leaves_no_enrolment_history(portal, school):
    await leave(portal, "101", "never_came")

    assert await history_of(portal, "101") == []


async def test_undo_takes_the_history_back(portal, school):
    departure = await leave(portal, "101", "left")
    assert await history_of(portal, "101")

    assert (await portal.post(f"/departures/{departure['id']}/undo")).status_code == 202

    await eventually(lambda: _has_two(portal), what="the enrolments back")
    assert await history_of(portal, "101") == []


async def _has_two(portal):
    return len(await enrolled_in(portal, "101")) == 2


async def test_deleting_by_itself_leaves_history_without_a_reason(portal, school):
    enrolment, prognosis = (part["enrolments"]["101"] for part in (school.now, school.later))
    for one in (enrolment, prognosis):
        assert (await portal.delete(f"/enrolments/{one}")).status_code == 200

    assert await history_of(portal, "101") == [(enrolment, "H4", "H4a", None)]


async def test_enrolment_of_this_year_is_not_kept_as_if_it_were_next_years(portal, school):
    last_year = date(school.year, 7, 20).isoformat()
    body = {"students": ["101"], "reason": "left", "leaves_on": last_year, "prognoses": "keep"}

    answer = await portal.post("/departures", json=body)

    assert (answer.status_code, answer.json()["code"]) == (422, "kept_year_has_begun")
    assert len(await enrolled_in(portal, "101")) == 2
