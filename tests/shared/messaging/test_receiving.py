"""Consumer, inbox and applier: once in effect; what fails or cannot be read is kept and holds up no other."""

import asyncio
from typing import ClassVar

import pytest
from aio_pika.abc import AbstractIncomingMessage
from aiormq.channel import Channel
from sqlalchemy import update

from shared.contracts.message import FACTS
from shared.ids import new_id
from shared.messaging import consumer, inbox, retry
from shared.messaging.tables import inbox as inbox_table
from shared.messaging.wire import Arrival, from_amqp
from tests.shared.messaging.road import Bench, Named, Noted, Outside, Service, a_body, an_id, noted, the
from tests.support.eventually import eventually


async def all_acked(bench: Bench, service: Service) -> None:
    """Nothing is ready and, once the consumer has gone, nothing comes back."""
    await asyncio.sleep(0.1)
    assert await bench.depth() == 0


async def settled(service: Service, *states: str) -> None:
    async def look():
        return await service.states() == sorted(states)

    await eventually(look, what=f"states {states}")


async def test_what_is_there_is_one_batch_and_one_transaction(bench, service):
    go_on = asyncio.Event()
    service.pause = go_on.wait
    for number in range(300):
        await bench.put(a_body(number), message_id=an_id())

    async with service.running(service.consumer.run):
        await eventually(lambda: tried(service, 1))
        first = len(service.tries)
        await eventually(lambda: delivered(bench))
        await asyncio.sleep(0.5)
        go_on.set()
        await service.applied(*range(300))

    rest = 300 - first
    assert service.batches == [
        first,
        *([consumer.BATCH, rest - consumer.BATCH] if rest > consumer.BATCH else [rest]),
    ]
    await all_acked(bench, service)


async def delivered(bench: Bench) -> bool:
    return await bench.depth() == 0


async def test_duplicates_are_dropped_within_a_batch_and_later(bench, service):
    same = an_id()
    for _ in range(3):
        await bench.put(a_body(1), message_id=same)

    async with service.running(service.consumer.run):
        await service.applied(1)
        await bench.put(a_body(1), message_id=same)
        await bench.put(a_body(2), message_id=an_id())
        await service.applied(1, 2)

    assert service.tries == [1, 2]


async def test_a_message_without_an_id_gets_one_from_its_content(bench, service):
    for number in (1, 1, 2):
        await bench.put_bare(a_body(number))

    async with service.running(service.consumer.run):
        await service.applied(1, 2)


async def test_an_id_that_is_no_uuid_still_tells_messages_apart(bench, service):
    for name in ("first", "second", "second"):
        await bench.put(a_body(1), message_id=name)

    async with service.running(service.consumer.run):
        await service.applied(1, 1)


@pytest.mark.parametrize("how", ["fail", "twice", "not yet"])
async def test_the_one_that_fails_is_kept_and_the_rest_goes_on(bench, service, monkeypatch, how):
    monkeypatch.setattr(retry, "DELAYS", (retry.DELAYS[0] * 10_000,))
    bad = an_id()
    await bench.put(a_body(1), message_id=an_id())
    await bench.put(a_body(2, how), message_id=bad, correlation_id="c")
    await bench.put(a_body(3), message_id=an_id())

    async with service.running(service.consumer.run):
        await service.applied(1, 3)
        await settled(service, "applied", "applied", "retrying")

    kept = the(await service.inbox(), bad)
    assert (kept.raw, kept.correlation_id, kept.attempts) == (a_body(2, how), "c", 1)
    assert kept.error in {"RuntimeError", "UniqueViolationError", "not_yet"}
    assert kept.next_attempt_at > kept.received_at
    await all_acked(bench, service)


async def test_it_is_retried_until_it_succeeds_and_then_its_body_goes(bench, service):
    await bench.put(a_body(1, "fail"), message_id=an_id())

    async with service.running(service.consumer.run):
        await eventually(lambda: tried(service, 2))
        service.misbehaves = False
        await service.applied(1)

    (row,) = await service.inbox()
    assert (row.state, row.raw, row.error, row.next_attempt_at) == ("applied", None, None, None)


async def tried(service: Service, times: int) -> bool:
    return len(service.tries) >= times


async def test_it_is_parked_after_the_last_retry(bench, service):
    await bench.put(a_body(1, "fail"), message_id=an_id())

    async with service.running(service.consumer.run):
        await settled(service, "parked")
        await asyncio.sleep(0.2)

    (row,) = await service.inbox()
    assert (row.attempts, row.raw, row.next_attempt_at) == (5, a_body(1, "fail"), None)
    assert len(service.tries) == 6  # once in its batch, once alone, four retries


async def test_what_it_did_before_it_failed_is_taken_back_each_time(bench, service):
    await bench.put(a_body(1, "half"), message_id=an_id())
    await bench.put(a_body(2), message_id=an_id())

    async with service.running(service.consumer.run):
        await settled(service, "applied", "parked")

    assert len(service.tries) > 5
    assert await service.effects() == [2]
    assert await service.outbox() == []


async def test_a_refusal_for_good_is_parked_at_once(bench, service):
    await bench.put(a_body(1, "does not fit"), message_id=an_id())

    async with service.running(service.consumer.run):
        await settled(service, "parked")

    (row,) = await service.inbox()
    assert (row.error, row.attempts) == ("does_not_fit", 1)


POISON = {
    "not JSON": (b"{", Noted.type, "unreadable_body:  json_invalid"),
    "empty": (b"", Noted.type, "unreadable_body:  json_invalid"),
    "not UTF-8": (b'{"number": 1, "text": "\xff"}', Noted.type, "unreadable_body:  json_invalid"),
    "missing field": (b"{}", Noted.type, "unreadable_body: number missing"),
    "wrong type": (b'{"number": "Jansen"}', Noted.type, "unreadable_body: number int_parsing"),
    "no object": (b"[]", Noted.type, "unreadable_body:  model_type"),
    "lone surrogate": (rb'{"number":1,"text":"\ud800"}', Noted.type, "unreadable_body:  json_invalid"),
    "very deep": (b"[" * 50_000, Noted.type, "unreadable_body:  json_invalid"),
}


@pytest.mark.parametrize("what", POISON)
async def test_poison_is_parked_raw_and_the_rest_goes_on(bench, service, what):
    body, key, error = POISON[what]
    bad = an_id()
    await bench.put(a_body(1), message_id=an_id())
    await bench.put(body, key=key, message_id=bad)
    await bench.put(a_body(2), message_id=an_id())

    async with service.running(service.consumer.run):
        await service.applied(1, 2)
        await settled(service, "applied", "applied", "parked")

    row = the(await service.inbox(), bad)
    assert (row.raw, row.error) == (body, error)
    await all_acked(bench, service)


async def test_an_unknown_type_is_parked(bench, service):
    key = f"{bench.queue}.nobody.knows.v1"
    await bench.put(b"{}", key=key, message_id=an_id())
    await bench.put(a_body(1), message_id=an_id())

    async with service.running(service.consumer.run):
        await service.applied(1)

    (row,) = [row for row in await service.inbox() if row.state == "parked"]
    assert (row.type, row.error) == (key, "unknown_type")


async def test_poison_in_a_batch_that_fails_is_parked_once(bench, service):
    await bench.put(b"{", message_id=an_id())
    await bench.put(a_body(1, "does not fit"), message_id=an_id())
    await bench.put(a_body(2), message_id=an_id())

    async with service.running(service.consumer.run):
        await service.applied(2)
        await settled(service, "applied", "parked", "parked")


async def test_what_a_column_cannot_hold_is_retried_and_parked_and_the_rest_goes_on(bench, service):
    await bench.put(b'{"number": 99999999999999999999}', message_id=an_id())
    await bench.put(rb'{"number": 1, "text": "\u0000"}', message_id=an_id())
    await bench.put(a_body(2), message_id=an_id())

    async with service.running(service.consumer.run):
        await service.applied(2)
        await settled(service, "applied", "parked", "parked")


async def test_odd_properties_hold_up_nothing(bench, service):
    await bench.put(
        a_body(1), message_id="\0", correlation_id="\0" * 9, headers={"traceparent": bytearray(b"\xff\0")}
    )
    await bench.put(b"{", key=f"{bench.queue}.\0", message_id=an_id(), headers={"traceparent": [1, "\0"]})
    await bench.put(a_body(2, "does not fit"), message_id=an_id(), correlation_id="a\0b", type="\0")

    async with service.running(service.consumer.run):
        await service.applied(1)
        await settled(service, "applied", "parked", "parked")


async def test_the_type_is_the_routing_key_which_the_broker_checked(bench, service):
    await bench.put(
        a_body(1), key=f"{bench.queue}.forged", type=Noted.type, headers={"cloudEvents:type": Noted.type}
    )

    async with service.running(service.consumer.run):
        await settled(service, "parked")

    assert await service.effects() == []


async def test_a_personal_body_is_kept_only_while_it_is_needed(bench, service):
    body = Named(number=1, text="fail").model_dump_json().encode()
    await bench.put(body, key=Named.type, message_id=an_id())
    await bench.put(Named(number=2).model_dump_json().encode(), key=Named.type, message_id=an_id())

    async with service.running(service.consumer.run):
        await settled(service, "applied", "parked")
        assert sorted(row.raw or b"" for row in await service.inbox()) == [b"", body]
        service.misbehaves = False
        await retry_by_hand(service)
        await service.applied(1, 2)

    assert [row.raw for row in await service.inbox()] == [None, None]


async def retry_by_hand(service: Service) -> None:
    for row in await service.inbox():
        async with service.work() as uow:
            assert await inbox.try_again(uow.session, row.id) is (row.state in {"retrying", "parked"})
            await uow.commit()


async def test_the_operator_retries_once_the_cause_is_gone(bench, service):
    await bench.put(a_body(1, "does not fit"), message_id=an_id())
    async with service.running(service.consumer.run):
        await settled(service, "parked")
        await retry_by_hand(service)
        await eventually(lambda: tried(service, 3))
        await settled(service, "parked")

        service.misbehaves = False
        await retry_by_hand(service)
        await service.applied(1)


async def test_the_operator_gives_up_with_a_reason(bench, service):
    await bench.put(a_body(1, "does not fit"), message_id=an_id())
    async with service.running(service.consumer.run):
        await settled(service, "parked")
        (row,) = await service.inbox()
        async with service.work() as uow:
            assert await inbox.skip(uow.session, row.id, "double")
            assert not await inbox.skip(uow.session, row.id, "again")
            assert not await inbox.try_again(uow.session, row.id)
            await uow.commit()
        await bench.put(a_body(1), message_id=str(row.id))
        await bench.put(a_body(2), message_id=an_id())
        await service.applied(2)

    skipped = the(await service.inbox(), row.id)
    assert (skipped.state, skipped.reason, skipped.raw) == ("skipped", "double", None)


async def test_two_replicas_retry_a_message_once(bench):
    first, second = bench.service(), bench.service()
    await bench.put(a_body(1, "fail"), message_id=an_id())
    async with first.running(first.consumer.run):
        await settled(first, "parked")
    async with first.engine.begin() as database:
        await database.execute(
            update(inbox_table).values(state="retrying", next_attempt_at=inbox_table.c.received_at)
        )

    async def slowly():
        await asyncio.sleep(0.3)

    for service in (first, second):
        service.misbehaves, service.pause = False, slowly
    done = await asyncio.gather(first.applier.retry_one(), second.applier.retry_one())

    assert sorted(done) == [False, True]
    assert await first.effects() == [1]


def arrival(number: int) -> Arrival:
    return Arrival(new_id(), Noted.type, a_body(number), "c", None, None)


async def test_two_replicas_with_the_same_messages_in_other_orders_apply_each_once(bench):
    """The second claim waits for the first to commit, and neither waits for the other."""
    first, second = bench.service(), bench.service()
    arrivals = [arrival(number) for number in range(50)]

    async def slowly():
        await asyncio.sleep(0.2)

    first.pause = second.pause = slowly
    await asyncio.gather(first.applier.apply(arrivals), second.applier.apply(arrivals[::-1]))

    assert sorted(await first.effects()) == list(range(50))
    assert sorted([first.batches, second.batches]) == [[], [50]]


async def test_a_claim_that_waited_for_a_rollback_applies(bench):
    first, second = bench.service(), bench.service()
    one = arrival(1)
    async with first.work() as uow:
        assert await inbox.claim(uow.session, [one]) == {one.id}
        waiting = asyncio.create_task(second.applier.apply([one]))
        await asyncio.sleep(0.2)
        assert not waiting.done()
        await uow.session.rollback()
    await waiting

    assert await second.effects() == [1]


async def test_answers_are_sent_with_their_effect_and_carry_its_trace(bench, service):
    await bench.put(
        a_body(1, "answer"), message_id=an_id(), correlation_id="c1", headers={"traceparent": "00-ab-cd-01"}
    )
    async with service.running(service.consumer.run):
        await service.applied(1)

    (row,) = await service.outbox()
    assert (row.body, row.correlation_id, row.traceparent) == ({"number": 1}, "c1", "00-ab-cd-01")


async def test_what_is_told_of_a_message_given_up_carries_its_trace(bench, service):
    service.subscriptions.on(Noted, service.note, given_up=lambda noted, _: Outside(number=noted.number))
    await bench.put(
        a_body(1, "does not fit"),
        message_id=an_id(),
        correlation_id="c1",
        headers={"traceparent": "00-ab-cd-01"},
    )
    async with service.running(service.consumer.run):
        await settled(service, "parked")

    (row,) = await service.outbox()
    assert (row.body, row.correlation_id, row.traceparent) == ({"number": 1}, "c1", "00-ab-cd-01")


async def test_a_failed_reaction_answers_nothing(bench, service):
    await bench.put(a_body(1, "answer"), message_id=an_id())
    await bench.put(a_body(2, "does not fit"), message_id=an_id())

    async with service.running(service.consumer.run):
        await service.applied(1)
        await settled(service, "applied", "parked")

    assert len(await service.outbox()) == 1


async def test_the_queue_deleted_and_declared_again_is_noticed(bench, service, monkeypatch):
    monkeypatch.setattr(consumer, "WATCH_SECONDS", 60.0)
    async with service.running(service.consumer.run):
        await eventually(lambda: connected(service))
        await bench.channel.queue_delete(bench.queue)
        await asyncio.sleep(0.3)
        assert not service.consumer.is_connected
        await bench.declare()
        await bench.put(a_body(1), message_id=an_id())
        await service.applied(1)


async def test_every_replica_notices_not_only_the_first(bench, monkeypatch):
    monkeypatch.setattr(consumer, "WATCH_SECONDS", 60.0)  # who asks later would see the first one's consumer
    first, second = bench.service(), bench.service()
    async with first.running(first.consumer.run), second.running(second.consumer.run):
        await eventually(lambda: connected(first, second))
        await bench.channel.queue_delete(bench.queue)
        await bench.declare()

        async def both():
            queue = await bench.channel.declare_queue(bench.queue, passive=True)
            return queue.declaration_result.consumer_count == 2

        await eventually(both)


async def connected(*services: Service) -> bool:
    return all(service.consumer.is_connected for service in services)


async def test_a_consumer_nobody_told_of_its_end_asks(bench, service, monkeypatch):
    """A broker that lost the consumer without a word; here we do not listen to it."""
    monkeypatch.setattr(consumer, "WATCH_SECONDS", 0.3)
    monkeypatch.setattr(Channel, "_on_cancel_frame", ignored)
    async with service.running(service.consumer.run):
        await eventually(lambda: connected(service))
        await bench.channel.queue_delete(bench.queue)
        await bench.declare()
        await bench.put(a_body(1), message_id=an_id())
        await service.applied(1)


async def ignored(_channel, _frame) -> None:
    pass


async def test_what_arrives_is_bounded_while_nothing_is_applied(bench, service):
    stuck = asyncio.Event()
    service.pause = stuck.wait
    for number in range(1000):
        await bench.put(a_body(number), message_id=an_id())

    async with service.running(service.consumer.run):
        await eventually(lambda: tried(service, 1))
        await asyncio.sleep(0.3)
        assert await bench.depth() == 1000 - consumer.PREFETCH
        stuck.set()
        await service.applied(*range(1000))


def test_from_amqp_reads_only_what_stands_there():
    class Bare:
        exchange, routing_key, message_id, correlation_id, user_id = FACTS, None, None, None, None
        headers: ClassVar[dict[str, object]] = {}
        body = b""

    bare: AbstractIncomingMessage = Bare()  # type: ignore[assignment]
    read = from_amqp(bare)
    assert (read.kind, read.raw, read.traceparent, read.sender) == ("", b"", None, None)
    assert read.correlation_id == str(read.id)


async def test_nothing_stays_behind(bench, service):
    """Stopping between two batches leaves the queue as it is; the next process goes on from there."""
    await service.send(*noted(*range(20)))
    async with service.running(service.relay.run):
        await service.all_published()
    for _ in range(3):
        async with service.running(service.consumer.run):
            await asyncio.sleep(0.05)
    async with service.running(service.consumer.run):
        await service.applied(*range(20))
