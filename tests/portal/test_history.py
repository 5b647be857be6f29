"""Past school years are history: nothing that speaks of today touches them."""

from datetime import date

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
