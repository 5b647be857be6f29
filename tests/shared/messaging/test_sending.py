"""Outbox and relay: what is committed is published, in order; what cannot be, waits and holds up no other."""

import asyncio
import logging

import pytest
from aio_pika.abc import AbstractIncomingMessage
from sqlalchemy import insert, text

from shared.ids import new_id
from shared.messaging import relay
from shared.messaging.tables import outbox
from tests.shared.messaging.road import Bench, Named, Noted, Outside, Service, Unheard, noted
from tests.support.eventually import eventually
from tests.support.proxy import Publish, hold, swallow


async def received(bench: Bench, count: int) -> list[int]:
    """The numbers that arrive in the queue, in its order."""
    queue = await bench.channel.get_queue(bench.queue)
    numbers: list[int] = []

    async def take(message: AbstractIncomingMessage) -> None:
        numbers.append(Noted.model_validate_json(message.body).number)

    async def look():
        return len(numbers) >= count

    tag = await queue.consume(take, no_ack=True)
    await eventually(look, what=f"{count} messages")
    await queue.cancel(tag)
    return numbers


async def waiting(service: Service, *numbers: int) -> None:
    """Until just these wait in the outbox."""

    async def look():
        return await service.waiting() == list(numbers)

    await eventually(look, what=f"{numbers} in the outbox")


async def test_rolled_back_work_sends_nothing(bench, service):
    async with service.running(service.relay.run):
        async with service.work() as uow:
            uow.publish(*noted(1))
            await uow.session.flush()
        async with service.work() as uow:
            uow.publish(*noted(2))
            await uow.discard()
            await uow.commit()
        await service.send(*noted(3))

        await service.all_published()

    assert await received(bench, 1) == [3]
    assert len(await service.outbox()) == 1


async def test_work_that_fails_at_its_commit_sends_nothing(bench, service):
    async with service.work() as uow:
        uow.publish(*noted(1))
        uow.publish(*noted(2))
        uow._messages[1]["message_id"] = uow._messages[0]["message_id"]
        with pytest.raises(Exception, match="uq_outbox"):
            await uow.commit()

    assert await service.outbox() == []


async def test_order_is_kept_over_many_batches_and_sizes(bench, service):
    await service.send(*(Noted(number=n, text="x" * (n % 7 * 3000)) for n in range(1000)))

    async with service.running(service.relay.run):
        await service.all_published()

    assert await received(bench, 1000) == list(range(1000))


async def test_relay_publishes_in_batches(bench, service, monkeypatch):
    sizes = []
    publish = service.relay._publish

    async def noted_publish(rows, exchanges):
        sizes.append(len(rows))
        return await publish(rows, exchanges)

    monkeypatch.setattr(service.relay, "_publish", noted_publish)
    await service.send(*noted(*range(450)))

    async with service.running(service.relay.run):
        await service.all_published()

    assert [size for size in sizes if size] == [200, 200, 50]


async def test_a_megabyte_arrives_whole(bench, service):
    await service.send(Noted(number=1, text="é" * 500_000))

    async with service.running():
        await service.applied(1)


async def test_rows_that_commit_late_are_not_lost(bench, service):
    async with service.running():
        async with service.engine.connect() as late:
            await late.execute(
                insert(outbox).values(
                    message_id=new_id(), type=Noted.type, body={"number": 1}, correlation_id="late"
                )
            )
            await service.send(*noted(2))
            await service.applied(2)
            await late.commit()

        await service.applied(1, 2)


async def test_a_commit_wakes_the_relay(bench, service, monkeypatch):
    monkeypatch.setattr(relay, "POLL_SECONDS", 60.0)
    async with service.running():
        await eventually(lambda: ready(service))
        await service.send(*noted(1))
        await service.applied(1, seconds=3)


async def test_a_commit_in_a_replica_wakes_the_leader(bench, monkeypatch):
    leader, replica = bench.service(), bench.service()
    async with leader.running():
        await eventually(lambda: ready(leader))
        async with replica.running(replica.relay.run):
            await eventually(lambda: ready(replica))
            monkeypatch.setattr(relay, "POLL_SECONDS", 60.0)
            await asyncio.sleep(0.3)  # both now wait for a minute
            await replica.send(*noted(1))
            await leader.applied(1, seconds=3)


async def ready(service: Service) -> bool:
    return service.relay.is_ready


async def test_one_leads_and_the_other_takes_over_when_its_connection_dies(bench):
    first, second = bench.service(), bench.service()
    async with first.running(first.relay.run):
        await eventually(lambda: ready(first))
        async with second.running(second.relay.run):
            await eventually(lambda: ready(second))
            leaders = await leading(first)
            assert len(leaders) == 1

            await first.rows(text(f"SELECT pg_terminate_backend({leaders[0]})"))
            await first.send(*noted(1))
            await first.all_published()

            async def taken_over():
                now = await leading(first)
                return len(now) == 1 and now != leaders

            await eventually(taken_over)


async def leading(service: Service) -> list[int]:
    query = text(
        "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND database ="
        " (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    return [row.pid for row in await service.rows(query)]


async def test_two_relays_keep_the_order_and_send_each_once(bench):
    first, second = bench.service(), bench.service()
    async with first.running(first.relay.run), second.running(second.relay.run):
        for start in range(0, 300, 10):
            await (first if start % 20 else second).send(*noted(*range(start, start + 10)))
        await first.all_published()

    assert await received(bench, 300) == list(range(300))
    assert await bench.depth() == 0


async def test_a_returned_message_waits_and_the_others_go_on(bench, service, caplog):
    caplog.set_level(logging.INFO, "shared.messaging.relay")
    await service.send(Unheard(number=1), *noted(2))

    async with service.running(service.relay.run):
        assert await received(bench, 1) == [2]
        await service.send(*noted(3))
        assert await received(bench, 1) == [3]
        await waiting(service, 1)

        await asyncio.sleep(1)
        await bench.bind(Unheard.type)
        assert await received(bench, 1) == [1]
        await service.all_published()

    told = [record.getMessage() for record in caplog.records]
    assert told == [
        "messages come back from the broker and wait",
        "messages no longer come back from the broker",
    ]


async def test_more_returned_messages_than_a_batch_starve_no_other(bench, service, monkeypatch):
    monkeypatch.setattr(relay, "PROBE_SECONDS", 60.0)
    await service.send(*(Unheard(number=n) for n in range(450)))
    await service.send(*noted(1000))

    async with service.running(service.relay.run):
        assert await received(bench, 1) == [1000]
        await bench.bind(Unheard.type)
        service.relay._probe_at = 0.0

        assert await received(bench, 450) == list(range(450))


async def test_a_type_we_no_longer_know_waits_and_the_others_go_on(bench, service):
    async with service.engine.begin() as database:
        row = {"message_id": new_id(), "type": "road.gone.v1", "body": {"number": 1}, "correlation_id": "x"}
        await database.execute(insert(outbox), [row])
    await service.send(*noted(2))

    async with service.running():
        await service.applied(2)

    await waiting(service, 1)


async def test_what_only_outsiders_hear_needs_no_queue(bench, service):
    await service.send(Outside(number=1))

    async with service.running(service.relay.run):
        await service.all_published()


async def test_broker_away_is_told_once_and_the_relay_resumes(bench, caplog):
    async with bench.rabbitmq() as wire:
        service = bench.service(broker=wire)
        async with service.running(service.relay.run):
            await eventually(lambda: ready(service))
            await wire.refuse()
            await service.send(*noted(1, 2, 3))
            await eventually(lambda: not_ready(service))
            await asyncio.sleep(1.5)

            assert [r.getMessage() for r in caplog.records if r.name == "shared.messaging.relay"] == [
                "the relay is interrupted, trying again"
            ]
            await wire.accept()
            await service.all_published()

    assert await received(bench, 3) == [1, 2, 3]


async def not_ready(service: Service) -> bool:
    return not service.relay.is_ready


async def test_an_idle_relay_notices_that_the_broker_went(bench):
    async with bench.rabbitmq() as wire:
        service = bench.service(broker=wire)
        async with service.running(service.relay.run):
            await eventually(lambda: ready(service))
            await wire.refuse()
            await eventually(lambda: not_ready(service), seconds=3)


async def test_a_broker_that_does_not_confirm_is_left_and_all_is_sent_again(bench, monkeypatch):
    monkeypatch.setattr(relay, "CONFIRM_SECONDS", 0.5)
    async with bench.rabbitmq() as wire:
        stuck = hold()
        fault = wire.at(Publish.sent(), stuck)
        service = bench.service(broker=wire)
        await service.send(*noted(1, 2))
        async with service.running():
            await fault.happened()
            await service.applied(1, 2)
        stuck.release()


async def test_a_lost_confirm_means_sent_twice_and_applied_once(bench, monkeypatch):
    monkeypatch.setattr(relay, "CONFIRM_SECONDS", 0.5)
    async with bench.rabbitmq() as wire:
        fault = wire.at(Publish.confirm(), swallow)
        service = bench.service(broker=wire)
        await service.send(*noted(1))
        async with service.running():
            await fault.happened()
            await service.all_published()
            await service.applied(1)
            await eventually(lambda: empty(bench))

    assert wire.seen["publish sent"] >= 2


async def empty(bench: Bench) -> bool:
    return await bench.depth() == 0


async def test_a_database_away_is_told_once_and_the_relay_resumes(bench, caplog):
    async with bench.postgres() as wire:
        service, other = bench.service(database=wire), bench.service()
        async with service.running(service.relay.run):
            await eventually(lambda: ready(service))
            await wire.refuse()
            await other.send(*noted(1))
            await asyncio.sleep(1)
            assert len([r for r in caplog.records if r.name == "shared.messaging.relay"]) == 1
            await wire.accept()
            await other.all_published()


async def test_personal_body_is_blanked_at_the_confirm_and_only_there(bench, service):
    await service.send(Named(number=1, text="Jansen"), Noted(number=2), Unheard(number=3))
    assert all(row.body for row in await service.outbox())

    async with service.running(service.relay.run):
        await waiting(service, 3)

    assert [row.body and row.body["number"] for row in await service.outbox()] == [None, 2, 3]
