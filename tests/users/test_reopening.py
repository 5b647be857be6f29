"""A student who had left is enrolled again: the portal asks to let him log in again."""

import pytest

from shared.contracts.changes import ReopenAccount
from shared.contracts.ids import UserCode
from shared.ids import new_id
from tests.support.counting import counted_statements
from tests.users.conftest import colleague, student
from tests.users.test_departure import command, react
from tests.users.test_guardians import active, add_family, leaves
from tests.users.test_undo import AUDITED, RESTORED, is_active, react_undo, undo
from users.errors import NotAStudent
from users.features.archival import reopen_accounts


async def reopen(service, *codes: str):
    async with service.work() as uow:
        commands = [ReopenAccount(user=UserCode(code), requested_by=UserCode("office")) for code in codes]
        await reopen_accounts(uow, commands)
        await uow.commit()


async def test_he_comes_back_with_his_guardians_and_old_tokens_stay_dead(service, with_password):
    await add_family(service, {"g1": ["1", "2"]}, with_password(student("1")), with_password(student("2")))
    tokens = (await service.log_in("1")).json()
    await react(service, leaves("1"), leaves("2"))
    assert await active(service) == []
    await reopen(service, "1")

    assert await is_active(service, "1")
    assert not await is_active(service, "2")
    assert await active(service) == ["g1"]
    said = [(one["user"], one["by"], one["departure"]) for one in await service.said(RESTORED)]
    assert said == [("1", "office", None), ("g1", "office", None)]
    audited = await service.rows(AUDITED)
    assert {row.object_id for row in audited} == {"1", "g1"}
    assert (await service.refresh(tokens["refresh_token"])).json()["error"] == "invalid_grant"
    assert (await service.log_in("1")).status_code == 200


async def test_who_is_active_or_unknown_is_left_alone(service):
    await service.add(student("1"), colleague("teacher"))
    await reopen(service, "1", "1", "404")
    assert await service.said(RESTORED) == []
    with pytest.raises(NotAStudent):
        await reopen(service, "1", "teacher")


async def test_the_undo_of_the_departure_after_it_brings_nothing_back(service):
    await service.add(student("900001"))
    departure = new_id()
    await react(service, command("900001", departure))
    await reopen(service, "900001")
    await service.client.post("/users/900001/archive")
    await react_undo(service, undo("900001", departure))
    assert not await is_active(service)


async def test_a_batch_takes_the_same_statements_however_large(service):
    everybody, counts = [str(number) for number in range(1, 61)], []
    await add_family(service, {f"g{code}": [code] for code in everybody})
    await react(service, *map(leaves, everybody))
    for codes in (everybody[:5], everybody[5:]):
        with counted_statements(service.engine) as statements:
            await reopen(service, *codes)
        counts.append(len(statements))
    assert counts[0] == counts[1]
    assert len({one["user"] for one in await service.said(RESTORED)}) == 120
