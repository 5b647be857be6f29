"""The account step of a departure: what a batch of ArchiveAccount does and answers."""

from uuid import UUID

import aio_pika
import pytest

from shared.contracts.commands import ArchiveAccount
from shared.contracts.ids import DepartureId, StudentCode, UserCode
from shared.contracts.rights import Role
from shared.ids import new_id
from tests.support.counting import counted_statements
from tests.support.eventually import eventually
from tests.users.conftest import SCHOOL, colleague, student
from users.errors import NotAStudent
from users.features.departure import archive_accounts

ARCHIVED = "users.account.archived.v1"


def command(code: str, departure: UUID | None = None, epoch: int = 1) -> ArchiveAccount:
    return ArchiveAccount(
        departure=DepartureId(departure or new_id()),
        epoch=epoch,
        student=StudentCode(code),
        school=SCHOOL,
        requested_by=UserCode("office"),
    )


async def react(service, *commands):
    async with service.work() as uow:
        await archive_accounts(uow, commands)
        await uow.commit()


async def test_the_account_ends_with_all_it_was_logged_in_with(service, with_password):
    await service.add(with_password(student("900001")), student("900002"))
    tokens = (await service.log_in("900001")).json()
    await react(service, command("900001"))

    assert (await service.log_in("900001")).json()["error"] == "invalid_grant"
    assert (await service.refresh(tokens["refresh_token"])).json()["error"] == "invalid_grant"
    me = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert (await service.client.get("/users/900001", headers=me)).status_code == 401
    forged = {"Authorization": f"Bearer {service.house.token('900001', {Role.STUDENT: None}, sv=99)}"}
    assert (await service.client.get("/users/900001", headers=forged)).status_code == 401
    footprint = (await service.client.get("/users/900001/footprint")).json()
    assert footprint == {"account": {"active": False}, "sessions": 0, "refresh_tokens": 0, "api_tokens": 0}
    [said] = await service.said(ARCHIVED)
    assert (said["user"], said["version"], said["session_version"], said["changed"]) == ("900001", 2, 2, True)
    [audited] = await service.rows("SELECT * FROM audit WHERE action = 'account.archive'")
    assert (audited.object_id, audited.on_behalf_of) == ("900001", "office")
    assert (await service.client.get("/users/900002/footprint")).json()["account"]["active"]


async def test_a_repeated_command_is_answered_again_and_an_older_epoch_is_not(service):
    await service.add(student("900001"))
    first, departure = command("900001"), new_id()
    await react(service, command("900001", departure, epoch=2))
    await react(service, command("900001", departure, epoch=2), command("900001", departure, epoch=1))
    answers = await service.said(ARCHIVED)
    assert len(answers) == 2
    assert answers[0] == answers[1]
    assert answers[0]["version"] == 2

    await react(service, first)
    assert (await service.said(ARCHIVED))[-1] == answers[0] | {
        "departure": str(first.departure), "epoch": 1, "changed": False,
    }  # fmt: skip


async def test_the_same_command_twice_in_one_batch(service):
    await service.add(student("900001"))
    departure = new_id()
    await react(service, command("900001", departure), command("900001", departure))
    assert [answer["changed"] for answer in await service.said(ARCHIVED)] == [True, True]
    assert len(await service.rows("SELECT 1 FROM audit WHERE action = 'account.archive'")) == 1


async def test_an_unknown_student_has_nothing_to_archive(service):
    await react(service, command("999999"))
    [said] = await service.said(ARCHIVED)
    assert (said["version"], said["session_version"], said["changed"]) == (0, 0, False)


async def test_the_code_of_a_colleague_is_left_for_a_person(service):
    await service.add(colleague("123"))
    with pytest.raises(NotAStudent):
        await react(service, command("123"))


@pytest.mark.parametrize("known", [True, False])
async def test_a_batch_takes_the_same_statements_however_large(service, known):
    codes = [str(900_000 + number) for number in range(55)]
    if known:
        await service.add(*map(student, codes))
    counts = []
    for batch in (codes[:5], codes[5:]):
        with counted_statements(service.engine) as statements:
            await react(service, *map(command, batch))
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 10
    assert len(await service.said(ARCHIVED)) == 55


async def test_the_whole_road(service_on_the_road):
    service = service_on_the_road
    await service.add(student("900001"))
    sent = command("900001")
    message = aio_pika.Message(
        sent.model_dump_json().encode(),
        type=sent.type,
        message_id=str(new_id()),
        correlation_id="a-departure",
    )
    async with await aio_pika.connect(service.house.amqp_url("portal")) as connection:
        message.user_id = connection.url.user
        exchange = await (await connection.channel()).get_exchange(sent.exchange)
        await exchange.publish(message, sent.type)

    async def answered():
        return await service.rows("SELECT * FROM outbox WHERE published_at IS NOT NULL")

    [answer] = await eventually(answered)
    assert (answer.type, answer.correlation_id) == (ARCHIVED, "a-departure")
    [audited] = await service.rows("SELECT actor FROM audit WHERE action = 'account.archive'")
    assert audited.actor == connection.url.user
