"""Departures on a later date: planned, called off, begun when due."""

from datetime import timedelta

from sqlalchemy import update

from portal.features.departure_schedule import begin_due, resend_unanswered
from portal.models.departure import Departure
from portal.models.departure_step import DepartureStep
from shared import clock
from shared.contracts.values import Step, StepState
from tests.support.eventually import eventually

TOMORROW = clock.today() + timedelta(days=1)


async def plan(portal, student, **more):
    body = {"students": [student], "reason": "left", "leaves_on": TOMORROW.isoformat()}
    answer = await portal.post("/departures", json=body | more)
    assert answer.status_code == 202, answer.text
    return answer.json()["items"][0]


async def shown(portal, departure):
    return (await portal.get(f"/departures/{departure['id']}")).json()


def states(departure):
    return {step: told["state"] for step, told in departure["steps"].items()}


async def kinds(portal, student):
    return [e["kind"] for e in (await portal.get(f"/students/{student}")).json()["enrolments"]]


async def make_due(work, departure):
    async with work() as uow:
        yesterday = clock.now() - timedelta(days=1)
        query = update(Departure).where(Departure.id == departure["id"]).values(due_at=yesterday)
        await uow.session.execute(query)
        await uow.commit()


async def test_planned_departure_waits_and_forbids_only_a_second_one(portal, school):
    departure = await plan(portal, "101")

    assert departure["state"] == "scheduled"
    assert set(states(departure).values()) == {"open"}
    assert departure["due_at"] == clock.due_after(TOMORROW).isoformat().replace("+00:00", "Z")
    second = await portal.post("/departures", json={"students": ["101"], "reason": "left"})
    assert (second.status_code, second.json()["code"]) == (409, "departure_scheduled")
    deleted = await portal.delete(f"/enrolments/{school.later['enrolments']['101']}")
    assert deleted.status_code == 200


async def test_due_departure_begins_and_judges_anew_what_to_keep(portal, school, work):
    departure = await plan(portal, "101")
    await make_due(work, departure)

    await eventually(lambda: _is_begun(portal, departure), what="begun by the portal's own loop")
    await eventually(lambda: _has(portal, "101", []), what="the enrolments gone")


async def _is_begun(portal, departure):
    return (await shown(portal, departure))["state"] == "running"


async def _has(portal, student, expected):
    return await kinds(portal, student) == expected


async def test_what_is_not_due_does_not_begin(portal, school, work):
    departure = await plan(portal, "101")
    async with work() as uow:
        assert await begin_due(uow) == 0
    assert (await shown(portal, departure))["state"] == "scheduled"


async def test_called_off_departure_frees_the_student_and_stays_off(portal, school, work):
    departure = await plan(portal, "101")

    first = await portal.post(f"/departures/{departure['id']}/cancel")
    again = await portal.post(f"/departures/{departure['id']}/cancel")

    assert first.json()["state"] == again.json()["state"] == "cancelled"
    assert first.json()["version"] == again.json()["version"]
    await make_due(work, departure)
    async with work() as uow:
        assert await begin_due(uow) == 0
    assert (await plan(portal, "101"))["state"] == "scheduled"


async def test_prognosis_goes_at_once_if_asked_and_comes_back_when_called_off(portal, school):
    departure = await plan(portal, "101", prognoses="remove_now")
    await eventually(lambda: _has(portal, "101", ["enrolment"]), what="the prognosis gone")
    assert (await shown(portal, departure))["state"] == "scheduled"

    await portal.post(f"/departures/{departure['id']}/cancel")

    await eventually(lambda: _has(portal, "101", ["enrolment", "prognosis"]), what="the prognosis back")
    await eventually(lambda: _step_is(portal, departure, "prognoses", "undone"), what="step undone")


async def _step_is(portal, departure, step, state):
    return states(await shown(portal, departure))[step] == state


async def test_too_far_ahead_is_refused(portal, school):
    far = clock.today() + timedelta(days=401)
    body = {"students": ["101"], "reason": "left", "leaves_on": far.isoformat()}

    answer = await portal.post("/departures", json=body)

    assert (answer.status_code, answer.json()["code"]) == (422, "leaves_on_too_late")


async def test_unanswered_command_is_sent_again_and_answered_once_more(portal, school, work):
    asked = await portal.post("/departures", json={"students": ["101"], "reason": "left"})
    departure = asked.json()["items"][0]
    await eventually(lambda: _step_is(portal, departure, "prognoses", "done"))

    async with work() as uow:
        assert await resend_unanswered(uow, timedelta(hours=1)) == 0
        assert await resend_unanswered(uow, timedelta()) == 1
        await uow.commit()

    after = await shown(portal, departure)
    assert (after["state"], states(after)["desktop"], states(after)["enrolments"]) == (
        "running",
        "sent",
        "done",
    )


async def test_step_that_is_done_has_nothing_to_try_again(portal, school):
    asked = await portal.post("/departures", json={"students": ["101"], "reason": "left"})
    departure = asked.json()["items"][0]
    await eventually(lambda: _step_is(portal, departure, "prognoses", "done"))

    done = await portal.post(f"/departures/{departure['id']}/steps/prognoses/retry")
    sent = await portal.post(f"/departures/{departure['id']}/steps/desktop/retry")
    unknown = await portal.post(f"/departures/{departure['id']}/steps/nonsense/retry")

    assert (done.status_code, done.json()["code"]) == (409, "step_not_open")
    assert sent.status_code == 202
    assert unknown.status_code == 404


async def test_called_off_departure_brings_back_before_the_next_one_begins(portal, school, sql):
    """Else the next one finds no prognosis to remove, and this one's comes back after it."""
    departure = await plan(portal, "101", prognoses="remove_now")
    await eventually(lambda: _has(portal, "101", ["enrolment"]), what="the prognosis gone")
    assert (await portal.post(f"/departures/{departure['id']}/cancel")).status_code == 200
    await eventually(lambda: _has(portal, "101", ["enrolment", "prognosis"]), what="the prognosis back")
    await sql(
        "UPDATE departure_step SET state = 'sent' WHERE step = 'prognoses'"
    )  # as long as it is under way

    early = await portal.post("/departures", json={"students": ["101"], "reason": "left"})
    await sql("UPDATE departure_step SET state = 'undone' WHERE step = 'prognoses'")
    later = await portal.post("/departures", json={"students": ["101"], "reason": "left"})

    assert (early.status_code, early.json()["code"]) == (409, "departure_running")
    assert early.json()["params"]["departure"] == departure["id"]
    assert later.status_code == 202


async def _is_back(portal, departure):
    return states(await shown(portal, departure))["prognoses"] == "undone"


def test_a_command_is_sent_again_each_time_after_twice_as_long():
    after, began = timedelta(seconds=30), clock.now()
    step = DepartureStep(step=Step.DESKTOP, state=StepState.OPEN, at=began)
    step.send(began)
    sent = []
    for second in range(1, 1000):
        moment = began + timedelta(seconds=second)
        if step.is_late(moment, after):
            step.sent_at = moment
            sent.append(second)

    assert sent == [31, 63, 127, 255, 511]
