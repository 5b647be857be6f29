"""Registering and changing people by queue: the rules of HTTP, an answer to everything, and nothing kept."""

import json
from uuid import UUID, uuid5

import aio_pika
import pytest

from shared.contracts.changes import ChangePerson, PersonRefused, PersonUpdated, RegisterPerson
from shared.contracts.ids import UserCode
from shared.contracts.message import COMMANDS, Envelope
from shared.contracts.rights import Role
from shared.messaging import retry
from shared.runtime.access import RoleHolder
from shared.runtime.automations import Automation
from tests.support.counting import counted_statements
from tests.support.eventually import eventually
from tests.users.conftest import BRANCH, OTHER_BRANCH, colleague, student
from tests.users.test_departure import react
from tests.users.test_guardians import active, add_family, leaves
from users.features.person_change import change_by_message
from users.features.registering import register_by_message
from users.settings import UsersSettings

SPACE = UUID("6c4e0c1d-5c1c-4e43-8d0c-8a4d1ff1b0f7")
SECRET = "Kerkstraat"
PROGRAM = {"sis": RoleHolder(UserCode("sis"), {Role.STUDENT_OFFICE: frozenset({BRANCH})})}


async def react_to(service, feature, kind, *bodies, sender: str | None = "sis"):
    """One batch in one transaction; the messages are named 0, 1, …"""
    messages = [kind.model_validate(body) for body in bodies]
    for number, message in enumerate(messages):
        message.arrived(Envelope(uuid5(SPACE, str(number)), f"asked {number}", sender=sender))
    async with service.work() as uow:
        await feature(uow, messages, PROGRAM)
        await uow.commit()


async def register(service, *bodies, **more):
    await react_to(service, register_by_message, RegisterPerson, *bodies, **more)


async def change(service, *bodies, **more):
    await react_to(service, change_by_message, ChangePerson, *bodies, **more)


def newcomer(code: str, **more):
    return {"user": code, "branch": BRANCH, "family_name": "Nieuw"} | more


async def answers(service) -> list[tuple[str, str]]:
    """What was answered to each request, in their order: the code, or the version that it is now."""
    rows = await service.rows(
        "SELECT body FROM outbox WHERE type IN (:updated, :refused) ORDER BY correlation_id, id",
        updated=PersonUpdated.type,
        refused=PersonRefused.type,
    )
    return [(row.body.get("code") or row.body["version"], row.body["user"]) for row in rows]


async def test_a_batch_registers_whom_it_may_and_refuses_the_others(service, with_password):
    await add_family(service, {"g1": ["5"]}, with_password(student("5")), student("4"))
    await react(service, leaves("5"))
    await register(
        service,
        newcomer("7", city="Ede", postal_code="6711ab"),
        newcomer("5", city="Velp"),
        newcomer("4"),
        newcomer("8", branch=OTHER_BRANCH),
        newcomer("7"),
        newcomer("9", postal_code="6711"),
        newcomer("10", family_name=""),
    )
    assert await answers(service) == [
        (1, "7"), (4, "5"), ("code_in_use", "4"), ("not_found", "8"), ("code_in_use", "7"),
        ("invalid_input", "9"), ("invalid_input", "10"),
    ]  # fmt: skip
    assert await active(service, "student") == ["4", "5", "7"]
    assert await active(service) == ["g1"]
    assert (await service.client.get("/users/7")).json()["address"]["postal_code"] == "6711 AB"
    audited = await service.rows("SELECT DISTINCT actor FROM audit WHERE action LIKE 'person.%'")
    assert [row.actor for row in audited] == ["sis"]
    said = await service.said("users.person.changed.v1")
    assert {one["by"] for one in said} == {"sis"}


async def test_a_batch_changes_whom_it_may_and_refuses_the_others(service):
    await service.add(student("1", street=SECRET, city="Ede"), student("2", OTHER_BRANCH), colleague("tim"))
    await change(
        service,
        {"user": "1", "version": 1, "city": "Velp", "street": None},
        {"user": "1", "version": 1, "city": "Oss"},
        {"user": "1", "city": "Velp"},
        {"user": "1", "email": "jan@"},
        {"user": "2", "city": "Oss"},
        {"user": "tim", "city": "Oss"},
        {"user": "404", "city": "Oss"},
    )
    assert await answers(service) == [
        (2, "1"), ("version_stale", "1"), (2, "1"), ("invalid_input", "1"),
        ("not_found", "2"), ("students_only", "tim"), ("not_found", "404"),
    ]  # fmt: skip
    address = (await service.client.get("/users/1")).json()["address"]
    assert (address["city"], address["street"]) == ("Velp", None)
    told = await service.said(PersonUpdated.type)
    assert [sorted(one["fields"]) for one in told] == [["city", "street"], []]
    assert [one["request"] for one in told] == [str(uuid5(SPACE, "0")), str(uuid5(SPACE, "2"))]


@pytest.mark.parametrize(("sender", "code"), [(None, "not_logged_in"), ("another", "not_allowed")])
async def test_who_may_not_ask_is_told_so(service, sender, code):
    await service.add(student("1"))
    await change(service, {"user": "1", "city": "Oss"}, sender=sender)
    await register(service, newcomer("7"), sender=sender)
    assert {told for told, _ in await answers(service)} == {code}
    assert await service.said("users.person.changed.v1") == []


async def test_a_batch_takes_the_same_statements_however_large(service):
    counts, everybody = [], [str(number) for number in range(1000, 1060)]
    for feature, bodies in (
        (register, [newcomer(code) for code in everybody]),
        (change, [{"user": code, "city": "Oss"} for code in everybody]),
    ):
        for several in (bodies[:5], bodies[5:]):
            with counted_statements(service.engine) as statements:
                await feature(service, *several)
            counts.append(len(statements))
    assert counts[0] == counts[1]
    assert counts[2] == counts[3]
    assert len(await service.said(PersonUpdated.type)) == 120


@pytest.fixture
async def ask(service_on_the_road, migrated, monkeypatch):
    """Ask over RabbitMQ and wait for the answer, by the code or the version it tells."""
    service = service_on_the_road
    rights = {migrated.automation: Automation(role=Role.STUDENT_OFFICE, branches=None)}
    monkeypatch.setattr(service.app.state.settings, "automations", rights)
    async with await aio_pika.connect(migrated.amqp_url("automation"), timeout=10) as connection:
        commands = await (await connection.channel()).get_exchange(COMMANDS, ensure=False)

        async def ask(kind, body):
            name = str(len(await answers(service)))
            message = aio_pika.Message(
                body if isinstance(body, bytes) else json.dumps(body).encode(),
                message_id=str(uuid5(SPACE, f"{service.house.folder} {name} {body!r}")),
                correlation_id=name,
                user_id=migrated.automation,
            )
            await commands.publish(message, kind.type)

            async def answered():
                said = await answers(service)
                return said[-1] if len(said) > int(name) else None

            return await eventually(answered, what="an answer")

        yield ask


async def everything_kept(service) -> str:
    """All that the tables of the road, the audit and the replies hold."""
    kept = ""
    for table in ("inbox", "audit", "idempotent_reply"):
        kept += str(await service.rows(f"SELECT t::text, t.* FROM {table} t"))
    return kept + str(await service.rows("SELECT body::text FROM outbox"))


async def test_nothing_personal_stays_of_a_request(service_on_the_road, ask):
    service = service_on_the_road
    assert await ask(RegisterPerson, newcomer("7", street=SECRET)) == (1, "7")
    assert await ask(ChangePerson, {"user": "7", "city": SECRET}) == (2, "7")
    assert await ask(ChangePerson, {"user": "7", "email": SECRET}) == ("invalid_input", "7")
    assert await ask(ChangePerson, {"user": "404", "city": SECRET}) == ("not_found", "404")
    assert await ask(ChangePerson, {"user": 7, "city": SECRET}) == ("invalid_input", None)
    assert await ask(RegisterPerson, b"{" + SECRET.encode()) == ("invalid_input", None)

    async def all_sent() -> bool:
        return not await service.rows("SELECT 1 FROM outbox WHERE published_at IS NULL")

    await eventually(all_sent, what="all sent")
    kept = await everything_kept(service)
    assert SECRET not in kept
    assert SECRET.encode().hex() not in kept
    assert "6711" not in kept
    states = await service.rows("SELECT DISTINCT state, raw FROM inbox")
    assert [tuple(row) for row in states] == [("applied", None)]


async def test_what_is_parked_keeps_its_body_until_somebody_skips_it(service_on_the_road, ask, monkeypatch):
    service = service_on_the_road

    async def fail(*_, **__):
        raise RuntimeError(SECRET)

    monkeypatch.setattr("users.subscriptions.change_by_message", fail)
    monkeypatch.setattr(retry, "DELAYS", ())
    assert await ask(ChangePerson, {"user": "7", "city": SECRET}) == ("unexpected", "7")
    [parked] = (await service.client.get("/messages", params={"state": "parked"})).json()["items"]
    assert (parked["error"], SECRET in str(parked)) == ("RuntimeError", False)
    assert [row.raw is None for row in await service.rows("SELECT raw FROM inbox")] == [False]
    skipped = await service.client.post(f"/messages/{parked['id']}/skip", json={"reason": "done by hand"})
    assert skipped.status_code == 200
    assert [row.raw for row in await service.rows("SELECT raw FROM inbox")] == [None]


async def test_settings_come_as_json(migrated, monkeypatch):
    monkeypatch.setenv("DOORSTROOM_AUTOMATIONS", '{"sis": {"role": "student_office", "branches": [10]}}')
    settings = migrated.settings(UsersSettings, "users", signing_key_file=migrated.signing_key_file)
    assert settings.known_automations == PROGRAM
