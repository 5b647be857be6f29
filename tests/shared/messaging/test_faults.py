"""The road with its servers away, killed or silent at the worst moments: nothing lost, nothing done twice."""

import asyncio

import pytest
from sqlalchemy.exc import DBAPIError

from shared.database import engine
from shared.messaging import consumer
from tests.shared.messaging.road import Bench, Service, a_body, an_id, noted
from tests.support.eventually import eventually
from tests.support.proxy import Commit, Delivery, cut, hold, swallow


async def acked(bench: Bench) -> None:
    """Nothing waits in the queue, nor comes back to it."""

    async def look():
        return await bench.depth() == 0

    await eventually(look)


async def put(bench: Bench, *numbers: int) -> None:
    for number in numbers:
        await bench.put(a_body(number), message_id=an_id())


async def connected(service: Service) -> bool:
    return service.consumer.is_connected


async def test_database_away_acks_nothing_and_applies_once_when_it_is_back(bench, caplog):
    async with bench.postgres() as wire, bench.rabbitmq() as broker:
        service, looking = bench.service(database=wire, broker=broker), bench.service()
        async with service.running(service.consumer.run):
            await eventually(lambda: connected(service))
            await wire.refuse()
            await put(bench, 1, 2, 3)
            await asyncio.sleep(1.5)

            assert broker.seen["delivery ack"] == 0
            assert await looking.inbox() == []
            told = [r.getMessage() for r in caplog.records if r.name == "shared.messaging.consumer"]
            assert sorted(told) == [
                "the database is away, nothing is acked",
                "the retries is interrupted, trying again",
            ]
            await wire.accept()
            await looking.applied(1, 2, 3)
    await acked(bench)


async def test_database_that_goes_between_the_batch_and_one_by_one(bench):
    """The batch fails on a message, and while they are done one by one the database goes."""
    async with bench.postgres() as wire:
        service, looking = bench.service(database=wire), bench.service()
        await put(bench, 1)
        await bench.put(a_body(2, "does not fit"), message_id=an_id())
        await put(bench, 3)
        fault = wire.at(Commit.sent(2, wrote="inbox"), cut)
        async with service.running(service.consumer.run):
            await fault.happened()
            await looking.applied(1, 3)

            async def parked():
                return await looking.states() == ["applied", "applied", "parked"]

            await eventually(parked)
    await acked(bench)


async def test_a_lost_commit_reply_has_its_effect_once(bench):
    async with bench.postgres() as wire:
        service, looking = bench.service(database=wire), bench.service()
        fault = wire.at(Commit.reply(wrote="effect"), cut)
        await put(bench, 1, 2)
        async with service.running(service.consumer.run):
            await fault.happened()
            await acked(bench)
            await looking.applied(1, 2)


async def test_a_lost_commit_has_its_effect_once(bench):
    async with bench.postgres() as wire:
        service, looking = bench.service(database=wire), bench.service()
        fault = wire.at(Commit.sent(wrote="effect"), cut)
        await put(bench, 1, 2)
        async with service.running(service.consumer.run):
            await fault.happened()
            await looking.applied(1, 2)
    await acked(bench)


async def test_a_commit_that_is_never_answered_is_given_up(bench, monkeypatch):
    """A road that swallows: no reset, no answer. The connection is left, and the effect is there once."""
    monkeypatch.setattr(engine, "_ANSWER_SECONDS", 0.5)
    async with bench.postgres() as wire:
        service, looking = bench.service(database=wire), bench.service()
        fault = wire.at(Commit.reply(wrote="effect"), swallow)
        await put(bench, 1)
        async with service.running(service.consumer.run):
            await fault.happened()
            await put(bench, 2)
            await looking.applied(1, 2)
    await acked(bench)


@pytest.mark.parametrize("how", [cut, swallow])
async def test_a_lost_ack_has_its_effect_once(bench, how):
    async with bench.rabbitmq() as wire:
        fault = wire.at(Delivery.ack(), how)
        service = bench.service(broker=wire)
        await put(bench, 1, 2)
        async with service.running(service.consumer.run):
            await fault.happened()
            await put(bench, 3)
            await service.applied(1, 2, 3)
    async with service.running(service.consumer.run):
        await acked(bench)
        await asyncio.sleep(0.2)
    assert sorted(await service.effects()) == [1, 2, 3]


async def test_a_broker_that_dies_under_the_work_has_it_done_once(bench):
    async with bench.rabbitmq() as wire:
        service = bench.service(broker=wire)
        working, go_on = asyncio.Event(), asyncio.Event()

        async def pause():
            working.set()
            await go_on.wait()

        service.pause = pause
        await put(bench, 1, 2)
        async with service.running(service.consumer.run):
            await asyncio.wait_for(working.wait(), 10)
            await wire.cut_all()
            await asyncio.sleep(0.2)
            go_on.set()
            await service.applied(1, 2)
            await acked(bench)


async def test_a_consumer_notices_at_once_that_its_broker_went(bench, monkeypatch):
    monkeypatch.setattr(consumer, "WATCH_SECONDS", 60.0)
    async with bench.rabbitmq() as wire:
        service = bench.service(broker=wire)
        async with service.running(service.consumer.run):
            await eventually(lambda: connected(service))
            await wire.cut_all()
            await put(bench, 1)
            await service.applied(1, seconds=5)


async def test_broker_and_database_both_away_and_back(bench):
    async with bench.postgres() as database, bench.rabbitmq() as broker:
        service, looking = bench.service(database=database, broker=broker), bench.service()
        async with service.running():
            await looking.send(*noted(*range(50)))
            await eventually(lambda: some(looking))
            await asyncio.gather(database.refuse(), broker.refuse())
            await looking.send(*noted(*range(50, 60)))
            await asyncio.sleep(0.5)
            await database.accept()
            await asyncio.sleep(0.3)
            await broker.accept()
            await looking.applied(*range(60))
    await acked(bench)


async def some(service: Service) -> bool:
    return len(await service.effects()) > 0


async def test_stopped_in_the_middle_and_started_again(bench):
    """SIGTERM at any moment: eight starts and stops while messages flow."""
    looking = bench.service()
    await looking.send(*noted(*range(400)))
    for round_ in range(8):
        service = bench.service()
        async with service.running():
            await asyncio.sleep(0.05 * round_)
        await service.engine.dispose()
    async with looking.running():
        await looking.applied(*range(400))
    await acked(bench)


async def test_stops_in_time_while_the_database_does_not_answer(bench):
    async with bench.postgres() as wire:
        service = bench.service(database=wire)
        stuck = hold()
        fault = wire.at(Commit.reply(wrote="effect"), stuck)
        await put(bench, 1)
        async with service.running():
            await fault.happened()
        stuck.release()


async def test_stops_in_time_while_both_are_away(bench):
    async with bench.postgres() as database, bench.rabbitmq() as broker:
        service = bench.service(database=database, broker=broker)
        await database.refuse()
        await broker.refuse()
        async with service.running():
            await asyncio.sleep(0.5)


async def test_work_whose_commit_reply_is_lost_raises_and_is_there_once(bench):
    """The caller is told that we do not know; asking again with the same key finds what was done."""
    async with bench.postgres() as wire:
        service, looking = bench.service(database=wire), bench.service()
        wire.at(Commit.reply(wrote="outbox"), cut)

        with pytest.raises(DBAPIError) as lost:
            await service.send(*noted(1))

        assert engine.database_is_away(lost.value)
        assert len(await looking.outbox()) == 1
