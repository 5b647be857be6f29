"""A departure asked for by queue: the same rules as by HTTP, and an answer to everything."""

import json
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid5

import aio_pika
import pytest
from sqlalchemy import select

from portal.features.departure_by_message import request_by_message
from portal.settings import PortalSettings
from shared import clock
from shared.contracts.commands import RequestDeparture
from shared.contracts.facts import DepartureRefused, DepartureRequested
from shared.contracts.ids import UserCode
from shared.contracts.message import COMMANDS, Envelope
from shared.contracts.rights import Role
from shared.messaging import retry
from shared.messaging.tables import audit, inbox, outbox
from shared.runtime.access import RoleHolder
from shared.runtime.automations import Automation
from tests.support.counting import counted_statements
from tests.support.eventually import eventually
from tests.support.house import House
from tests.support.school import project_input

SPACE = UUID("5f2f8f6e-3a7e-4d3a-9a53-0d9b3c8c7a11")


@pytest.fixture
async def commands(house):
    """The commands' exchange, as the automation sees it."""
    connection = await aio_pika.connect(house.amqp_url("automation"), timeout=10)
    async with connection:
        yield await (await connection.channel()).get_exchange(COMMANDS, ensure=False)


@pytest.fixture
def ask(house, commands, work):
    """Ask, and wait for the answers: all that was said under that correlation id."""

    async def ask(body, *, name: str, answers: int = 1, user: str | None = house.automation):
        message = aio_pika.Message(
            body if isinstance(body, bytes) else json.dumps(body).encode(),
            message_id=str(uuid5(SPACE, name)),
            correlation_id=name,
            user_id=user,
        )
        await commands.publish(message, RequestDeparture.type)

        async def answered():
            said = await told(work, name)
            return said if len(said) >= answers else None

        return await eventually(answered, what="answers")

    return ask


@pytest.fixture
def may(portal_app, house: House, monkeypatch):
    """Let the automation's user hold these rights, or none; returns its name."""

    def may(rights) -> str:
        known = {house.automation: Automation(**rights)} if rights else {}
        monkeypatch.setattr(portal_app.state.settings, "automations", known)
        return house.automation

    return may


async def told(work: Callable, name: str):
    """What was said to programs under this correlation id."""
    kinds = (DepartureRequested.type, DepartureRefused.type)
    query = select(outbox).where(outbox.c.correlation_id == name, outbox.c.type.in_(kinds))
    async with work() as uow:
        rows = (await uow.session.execute(query.order_by(outbox.c.id))).all()
    return [(row.type.split(".")[2], row.body) for row in rows]


def wish(*students, **more):
    return {"students": list(students), "reason": "left"} | more


async def departures(portal):
    return (await portal.get("/departures")).json()["items"]


async def test_each_student_is_answered_and_leaves(portal, school, ask, house, work):
    answers = await ask(wish("101", "102"), name="two", answers=2)

    assert [(kind, body["student"]) for kind, body in answers] == [("requested", "101"), ("requested", "102")]
    shown = await departures(portal)
    assert {d["id"] for d in shown} == {body["departure"] for _, body in answers}
    assert {d["batch"] for d in shown} == {body["batch"] for _, body in answers}
    assert {(d["requested_by"], d["state"]) for d in shown} == {(house.automation, "running")}
    async with work() as uow:
        rows = (await uow.session.execute(select(audit).where(audit.c.action == "departure.request"))).all()
        sent = await uow.session.scalars(
            select(outbox.c.correlation_id).where(
                outbox.c.type.like("%.remove%"),
                outbox.c.body["departure"].astext.in_([d["id"] for d in shown]),
            )
        )
        assert set(sent) == {"two"}
    assert {(row.actor, row.correlation_id) for row in rows} == {(house.automation, "two")}


async def test_refusal_names_the_students_and_nothing_of_the_list_happens(portal, school, ask):
    [(kind, body)] = await ask(wish("101", "999", "998"), name="unknown")

    assert kind == "refused"
    assert (body["code"], body["students"]) == ("unknown_students", ["998", "999"])
    assert body["request"] == str(uuid5(SPACE, "unknown"))
    assert await departures(portal) == []


async def test_request_that_fails_for_good_is_answered_too(portal, school, ask, monkeypatch):
    async def fail(*_, **__):
        raise RuntimeError

    monkeypatch.setattr("portal.subscriptions.request_by_message", fail)
    monkeypatch.setattr(retry, "DELAYS", ())

    [(kind, body)] = await ask(wish("101", "102"), name="broken")

    assert (kind, body["code"], body["students"]) == ("refused", "unexpected", ["101", "102"])
    assert body["request"] == str(uuid5(SPACE, "broken"))


async def test_refusal_names_the_departure_that_stands_in_the_way(portal, school, ask):
    [(_, first)] = await ask(wish("101"), name="first")
    [(_, refused)] = await ask(wish("102", "101"), name="second")

    assert (refused["code"], refused["students"]) == ("departure_running", ["101"])
    assert refused["departure"] == first["departure"]
    assert len(await departures(portal)) == 1


async def test_threshold_asks_for_a_confirmation(portal, school, ask, portal_app, monkeypatch):
    monkeypatch.setattr(portal_app.state.settings, "departure_threshold", 1)

    [(_, refused)] = await ask(wish("101", "102"), name="many")
    confirmed = await ask(wish("101", "102", confirm_threshold=True), name="sure", answers=2)

    assert (refused["code"], refused["students"]) == ("threshold_exceeded", ["101", "102"])
    assert [kind for kind, _ in confirmed] == ["requested", "requested"]


async def test_planned_departure_is_asked_for_the_same_way(portal, school, ask):
    day = (clock.today() + timedelta(days=30)).isoformat()
    [(_, body)] = await ask(wish("101", leaves_on=day, prognoses="keep"), name="planned")

    [shown] = await departures(portal)
    assert (shown["state"], shown["leaves_on"], shown["prognoses"]) == ("scheduled", day, "keep")
    assert body["leaves_on"] == day


@pytest.mark.parametrize(
    "body",
    [
        b"{no json",
        b"[]",
        wish(),
        wish("101", leaves_on="tomorrow"),
        wish("101", reason="bored"),
        wish("1 OR 1=1"),
        {"students": ["101"]},
    ],
    ids=["no JSON", "no object", "empty list", "no date", "unknown reason", "no code", "no reason"],
)
async def test_body_that_cannot_be_read_is_answered_and_parks_nothing(portal, school, ask, work, body):
    [(kind, refused)] = await ask(body, name=f"bad {body!r}")

    assert (kind, refused["code"], refused["students"]) == ("refused", "invalid_input", [])
    assert await departures(portal) == []
    async with work() as uow:
        states = await uow.session.scalars(select(inbox.c.state).where(inbox.c.type == RequestDeparture.type))
        assert set(states) == {"applied"}


@pytest.mark.parametrize("body", [wish("101"), b"{no json"], ids=["readable", "unreadable"])
@pytest.mark.usefixtures("school")
@pytest.mark.parametrize(
    ("rights", "code"),
    [
        ({}, "not_allowed"),
        ({"role": Role.TIMETABLER, "branches": None}, "not_allowed"),
        (None, "not_logged_in"),
    ],
    ids=["unknown", "a role that may not", "nobody"],
)
async def test_who_may_not_ask_is_told_so(ask, may, rights, code, body):
    user = may(rights)
    [(_, refused)] = await ask(body, name=f"{code} {rights} {body!r}", user=None if rights is None else user)

    assert refused["code"] == code


async def test_student_of_another_branch_is_unknown(school, ask, may):
    may({"role": Role.STUDENT_OFFICE, "branches": {school.now["branch"] + 1}})

    [(_, refused)] = await ask(wish("101"), name="elsewhere")

    assert (refused["code"], refused["students"]) == ("unknown_students", ["101"])


async def test_same_message_id_is_answered_once(portal, school, ask, work):
    for body in (wish("101"), wish("101"), wish("102")):
        await ask(body, name="same")
    await ask(b"{", name="bad")
    await ask(b"{", name="bad")
    await ask(wish("103"), name="last")

    assert len(await told(work, "same")) == len(await told(work, "bad")) == 1
    assert {d["student"] for d in await departures(portal)} == {"101", "103"}


async def test_a_refusal_does_not_hold_up_the_rest_of_a_batch(portal, school, house, work):
    """Together in one transaction: what is refused leaves no trace in it."""
    asked = [RequestDeparture.model_validate(wish(*s)) for s in (["101"], ["101", "102"], ["102"], ["9"])]
    for number, command in enumerate(asked):
        command.arrived(Envelope(uuid5(SPACE, str(number)), f"batch {number}", sender="program"))
    holder = RoleHolder(UserCode("program"), {Role.STUDENT_OFFICE: None})
    async with work() as uow:
        await request_by_message(uow, asked, {"program": holder}, threshold=25)
        await uow.commit()

    answers = [[kind for kind, _ in await told(work, f"batch {number}")] for number in range(4)]
    assert answers == [["requested"], ["refused"], ["requested"], ["refused"]]
    assert {d["student"] for d in await departures(portal)} == {"101", "102"}


async def test_settings_come_as_json(house, monkeypatch):
    monkeypatch.setenv("DOORSTROOM_AUTOMATIONS", '{"sis": {"role": "student_office", "branches": [1, 2]}}')
    known = house.settings(PortalSettings, "portal").known_automations
    assert known["sis"].roles == {Role.STUDENT_OFFICE: frozenset({1, 2})}
    monkeypatch.delenv("DOORSTROOM_AUTOMATIONS")
    assert house.settings(PortalSettings, "portal").known_automations == {}


async def test_statements_do_not_grow_with_the_messages(portal, work, engine):
    students = [str(code) for code in range(300, 360)]
    year = clock.school_year_of(clock.today())
    await portal.post("/imports/project", json=project_input("H4", year, students))
    program = RoleHolder(UserCode("program"), {Role.STUDENT_OFFICE: None})
    counts = []
    for several in (students[:1], students[1:]):
        asked = [RequestDeparture.model_validate(wish(student)) for student in several]
        for command in asked:
            command.arrived(Envelope(uuid5(SPACE, command.students[0]), "many", sender="program"))
        with counted_statements(engine) as statements:
            async with work() as uow:
                await request_by_message(uow, asked, {"program": program}, threshold=25)
                await uow.commit()
        counts.append(len(statements))

    assert counts[0] == counts[1]
    assert len(await told(work, "many")) == len(students)
