"""The account step of an undo: what a batch of RestoreAccount does and answers."""

from uuid import UUID

import pytest

from shared.contracts.commands import RestoreAccount
from shared.contracts.ids import DepartureId, StudentCode, UserCode
from shared.ids import new_id
from tests.support.counting import counted_statements
from tests.users.conftest import SCHOOL, colleague, student
from tests.users.test_departure import ARCHIVED, command, react
from users.features.departure import restore_accounts

RESTORED = "users.account.restored.v1"
AUDITED = "SELECT * FROM audit WHERE action = 'account.restore'"
ACCOUNT = """SELECT to_jsonb(u) - 'version' - 'session_version' FROM "user" u WHERE code = '900001'"""


def undo(code: str, departure: UUID, epoch: int = 2) -> RestoreAccount:
    return RestoreAccount(
        departure=DepartureId(departure),
        epoch=epoch,
        student=StudentCode(code),
        school=SCHOOL,
        requested_by=UserCode("office"),
    )


async def react_undo(service, *commands):
    async with service.work() as uow:
        await restore_accounts(uow, commands)
        await uow.commit()


async def is_active(service, code="900001"):
    return (await service.client.get(f"/users/{code}/footprint")).json()["account"]["active"]


async def versions(service):
    [row] = await service.rows("""SELECT version, session_version FROM "user" WHERE code = '900001'""")
    return tuple(row)


async def test_the_account_is_as_it_was_and_old_tokens_stay_dead(service, with_password):
    await service.add(with_password(student("900001", given_name="Ada")), student("900002"))
    before, departure = await service.rows(ACCOUNT), new_id()
    tokens = (await service.log_in("900001")).json()
    await react(service, command("900001", departure))
    await react_undo(service, undo("900001", departure))

    assert await service.rows(ACCOUNT) == before
    assert await versions(service) == (3, 2)
    [said] = await service.said(RESTORED)
    assert said | {"at": None} == {
        "user": "900001", "version": 3, "session_version": 2, "at": None, "changed": True,
        "departure": str(departure), "epoch": 2, "by": "office",
    }  # fmt: skip
    [audited] = await service.rows(AUDITED)
    assert (audited.object_id, audited.on_behalf_of, audited.fields) == ("900001", "office", ["archived_at"])

    me = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert (await service.client.get("/users/900001", headers=me)).status_code == 401
    assert (await service.refresh(tokens["refresh_token"])).json()["error"] == "invalid_grant"
    new = (await service.log_in("900001")).json()
    me = {"Authorization": f"Bearer {new['access_token']}"}
    assert (await service.client.get("/users/900001", headers=me)).status_code == 200


async def test_a_repeated_undo_is_answered_again_and_an_older_epoch_is_not(service):
    await service.add(student("900001"))
    departure = new_id()
    await react(service, command("900001", departure))
    await react_undo(service, undo("900001", departure, epoch=3))
    await react_undo(service, undo("900001", departure, epoch=3), undo("900001", departure, epoch=3))
    await react_undo(service, undo("900001", departure, epoch=2))
    first, *others = await service.said(RESTORED)
    assert others == [first, first]
    assert first["changed"]
    assert await versions(service) == (3, 2)
    assert len(await service.rows(AUDITED)) == 1


async def test_a_repeated_undo_does_not_undo_what_came_after_it(service):
    await service.add(student("900001"))
    departure = new_id()
    await react(service, command("900001", departure))
    await react_undo(service, undo("900001", departure))
    await react(service, command("900001"))
    await react_undo(service, undo("900001", departure))
    assert not await is_active(service)
    assert [answer["changed"] for answer in await service.said(RESTORED)] == [True, True]


async def test_the_departure_that_comes_after_its_undo_is_past(service):
    await service.add(student("900001"))
    departure = new_id()
    await react_undo(service, undo("900001", departure))
    await react(service, command("900001", departure))
    assert await is_active(service)
    assert await service.said(ARCHIVED) == []
    [said] = await service.said(RESTORED)
    assert (said["version"], said["epoch"], said["changed"]) == (1, 2, False)
    assert await service.rows(AUDITED) == []


async def test_the_departure_that_comes_again_after_its_undo_is_past(service):
    await service.add(student("900001"))
    departure = new_id()
    await react(service, command("900001", departure))
    await react_undo(service, undo("900001", departure))
    await react(service, command("900001", departure))
    assert await is_active(service)
    assert len(await service.said(ARCHIVED)) == 1


async def test_of_one_epoch_the_undo_is_the_later(service):
    await service.add(student("900001"))
    departure = new_id()
    await react(service, command("900001", departure, epoch=1))
    await react_undo(service, undo("900001", departure, epoch=1))
    await react(service, command("900001", departure, epoch=1))
    assert await is_active(service)
    assert len(await service.said(ARCHIVED)) == len(await service.said(RESTORED)) == 1


async def test_a_departure_after_its_undo_is_carried_out_all_the_same(service):
    await service.add(student("900001"))
    departure = new_id()
    await react_undo(service, undo("900001", departure, epoch=2))
    await react(service, command("900001", departure, epoch=3))
    assert not await is_active(service)
    await react_undo(service, undo("900001", departure, epoch=4))
    assert await is_active(service)


async def test_a_departure_sent_twice_with_rising_epochs_is_undone(service):
    await service.add(student("900001"))
    departure = new_id()
    await react(service, command("900001", departure, epoch=1))
    await react(service, command("900001", departure, epoch=2))
    await react_undo(service, undo("900001", departure, epoch=3))
    assert await is_active(service)


async def test_who_was_archived_before_the_departure_stays_archived(service):
    await service.add(student("900001"))
    await service.client.post("/users/900001/archive")
    departure = new_id()
    await react(service, command("900001", departure))
    await react_undo(service, undo("900001", departure))
    assert not await is_active(service)
    [said] = await service.said(RESTORED)
    assert (said["version"], said["changed"]) == (2, False)
    assert await service.rows(AUDITED) == []


async def test_who_was_archived_anew_after_the_departure_stays_archived(service):
    await service.add(student("900001"))
    departure = new_id()
    await react(service, command("900001", departure))
    await service.client.post("/users/900001/restore")
    await service.client.post("/users/900001/archive")
    await react_undo(service, undo("900001", departure))
    assert not await is_active(service)
    assert [answer["changed"] for answer in await service.said(RESTORED)] == [True, False]


async def test_who_was_restored_by_hand_needs_no_undo(service):
    await service.add(student("900001"))
    departure = new_id()
    await react(service, command("900001", departure))
    await service.client.post("/users/900001/restore")
    await react_undo(service, undo("900001", departure))
    assert await versions(service) == (3, 2)
    assert [answer["changed"] for answer in await service.said(RESTORED)] == [True, False]


@pytest.mark.parametrize("known", [True, False])
async def test_without_an_account_of_a_student_there_is_nothing_to_bring_back(service, known):
    if known:
        await service.add(colleague("123"))
    await react_undo(service, undo("123", new_id()))
    [said] = await service.said(RESTORED)
    assert (said["version"], said["session_version"], said["changed"]) == (int(known), int(known), False)


async def test_a_batch_takes_the_same_statements_however_large(service):
    departures = {str(900_000 + number): new_id() for number in range(55)}
    await service.add(*map(student, departures))
    await react(service, *(command(*one) for one in list(departures.items())[::2]))
    undone, counts = [undo(*one) for one in departures.items()], []
    for batch in (undone[:5], undone[5:]):
        with counted_statements(service.engine) as statements:
            await react_undo(service, *batch)
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 10
    assert [answer["changed"] for answer in await service.said(RESTORED)].count(True) == 28
