"""Departures planned over the first of August and over both changes of the clock (names.md "Dates")."""

from datetime import UTC, datetime
from functools import partial

import pytest

from portal.features.departure_schedule import begin_due
from shared import clock
from tests.support.eventually import eventually
from tests.support.school import project_input

SUMMER, WINTER = "+02:00", "+01:00"


@pytest.fixture
def at(monkeypatch):
    """Sets the clock of the whole portal, its loops included."""

    def set_to(moment):
        monkeypatch.setattr(clock, "now", lambda: datetime.fromisoformat(moment).astimezone(UTC))

    return set_to


async def two_years(portal):
    """One student in V5 of 2026-2027 with a prognosis for V6; ids of the two enrolments."""
    ids = []
    for department, year in (("V5", 2026), ("V6", 2027)):
        answer = await portal.post("/imports/project", json=project_input(department, year, ["101"]))
        assert answer.status_code == 200, answer.text
        ids.append(answer.json()["enrolments"]["101"])
    return ids


async def plan(portal, leaves_on, **more):
    body = {"students": ["101"], "reason": "graduated", "leaves_on": leaves_on} | more
    answer = await portal.post("/departures", json=body)
    assert answer.status_code == 202, answer.text
    assert answer.json()["items"][0]["state"] == "scheduled"
    return answer.json()["items"][0]


async def look(portal, departure):
    return (await portal.get(f"/departures/{departure['id']}")).json()


async def removed(portal, departure):
    async def own_steps():
        steps = (await look(portal, departure))["steps"]
        return steps if {steps[s]["state"] for s in ("enrolments", "prognoses")} <= {"done", "kept"} else None

    steps = await eventually(own_steps, what="the portal's steps done")
    return [steps[s]["removed"] and steps[s]["removed"]["enrolments"] for s in ("enrolments", "prognoses")]


@pytest.mark.parametrize(
    ("today", "leaves_on", "due"),
    [
        ("2027-03-01T09:00:00" + WINTER, "2027-03-27", "2027-03-28T00:00:00" + WINTER),
        ("2027-03-01T09:00:00" + WINTER, "2027-03-28", "2027-03-29T00:00:00" + SUMMER),
        ("2026-10-01T09:00:00" + SUMMER, "2026-10-24", "2026-10-25T00:00:00" + SUMMER),
        ("2026-10-01T09:00:00" + SUMMER, "2026-10-25", "2026-10-26T00:00:00" + WINTER),
        ("2027-07-20T09:00:00" + SUMMER, "2027-07-31", "2027-08-01T00:00:00" + SUMMER),
        ("2027-07-20T09:00:00" + SUMMER, "2027-08-01", "2027-08-02T00:00:00" + SUMMER),
    ],
    ids=["before spring's", "over spring's", "before autumn's", "over autumn's", "31 July", "1 August"],
)
async def test_it_is_due_at_midnight_at_school_and_not_a_second_before(  # noqa: PLR0917 - fixtures and a row
    portal, at, work, today, leaves_on, due
):
    at(today)
    await two_years(portal)
    departure = await plan(portal, leaves_on)
    assert datetime.fromisoformat(departure["due_at"]) == datetime.fromisoformat(due)

    at(datetime.fromtimestamp(datetime.fromisoformat(due).timestamp() - 1, UTC).isoformat())
    async with work() as uow:
        assert await begin_due(uow) == 0
        await uow.commit()
    assert (await look(portal, departure))["state"] == "scheduled"

    at(due)
    await eventually(partial(_begun, portal, departure), what="begun by the portal's own loop")


async def _begun(portal, departure):
    return (await look(portal, departure))["state"] == "running"


async def test_last_day_31_july_removes_the_year_that_ended_and_the_prognosis(portal, at):
    at("2027-07-20T09:00:00" + SUMMER)
    enrolment, prognosis = await two_years(portal)
    departure = await plan(portal, "2027-07-31")

    at("2027-08-01T00:00:05" + SUMMER)  # the prognosis of yesterday is an enrolment today

    assert await removed(portal, departure) == [[enrolment], [prognosis]]
    student = (await portal.get("/students/101")).json()
    assert student["enrolments"] == []
    assert [(e["school_year"], e["left_on"]) for e in student["history"]] == [("2026-2027", "2027-07-31")]


async def test_last_day_31_july_may_keep_the_next_year(portal, at):
    at("2027-07-20T09:00:00" + SUMMER)
    enrolment, prognosis = await two_years(portal)
    departure = await plan(portal, "2027-07-31", prognoses="keep")

    at("2027-08-01T00:00:05" + SUMMER)

    assert await removed(portal, departure) == [[enrolment], None]
    assert [e["id"] for e in (await portal.get("/students/101")).json()["enrolments"]] == [prognosis]


async def test_last_day_1_august_leaves_the_year_that_ended_as_history(portal, at):
    at("2027-07-20T09:00:00" + SUMMER)
    enrolment, prognosis = await two_years(portal)
    departure = await plan(portal, "2027-08-01")

    at("2027-08-02T00:00:05" + SUMMER)

    assert await removed(portal, departure) == [[prognosis], []]
    [past] = (await portal.get("/students/101")).json()["enrolments"]
    assert (past["id"], past["kind"]) == (enrolment, "past")


async def test_leaver_of_may_is_out_of_next_years_numbers_today(portal, at):
    at("2027-05-10T09:00:00" + SUMMER)
    enrolment, prognosis = await two_years(portal)
    departure = await plan(portal, "2027-07-31", prognoses="remove_now")

    await eventually(partial(_prognoses, portal, departure, "done"), what="the prognosis gone")
    assert [e["id"] for e in (await portal.get("/students/101")).json()["enrolments"]] == [enrolment]

    at("2027-08-01T00:00:05" + SUMMER)
    assert await removed(portal, departure) == [[enrolment], [prognosis]]


async def _prognoses(portal, departure, state):
    return (await look(portal, departure))["steps"]["prognoses"]["state"] == state
