"""Loops that must never end, until they must."""

import asyncio
import logging
from datetime import timedelta

import pytest

from shared.errors import Refusal
from shared.messaging import backoff, retry
from shared.messaging.backoff import keep_running
from shared.messaging.retry import delay_after, name_of
from tests.shared.messaging.road import DoesNotFit, NotYet

REAL = retry.DELAYS  # before the tests shorten it
log = logging.getLogger(__name__)


async def stopped(task: asyncio.Task[None]) -> None:
    await asyncio.sleep(0.05)
    task.cancel()
    _, late = await asyncio.wait([task], timeout=2)
    assert not late
    assert task.cancelled()


async def test_it_runs_again_whatever_it_raises_and_tells_it_once(caplog):
    runs = 0

    async def failing() -> None:
        nonlocal runs
        runs += 1
        async with asyncio.TaskGroup():
            raise OSError

    task = asyncio.create_task(keep_running("it", failing, log))
    await asyncio.sleep(0.3)
    await stopped(task)

    assert runs > 2
    assert [record.getMessage() for record in caplog.records] == ["it is interrupted, trying again"]


async def test_it_waits_longer_each_time_up_to_a_bound(monkeypatch):
    waits: list[float] = []
    waited = asyncio.Event()
    monkeypatch.setattr(backoff, "FIRST_WAIT", 0.001)
    monkeypatch.setattr(backoff, "LONGEST_WAIT", 0.004)
    sleep = asyncio.sleep

    async def noted(seconds: float) -> None:
        if asyncio.current_task() is task:  # other loops of this process sleep too
            waits.append(seconds)
        if len(waits) >= 5:
            waited.set()
        await sleep(seconds)

    async def failing() -> None:
        raise OSError

    monkeypatch.setattr(asyncio, "sleep", noted)
    task = asyncio.create_task(keep_running("it", failing, log))
    await asyncio.wait_for(waited.wait(), 10)
    monkeypatch.undo()
    await stopped(task)

    assert waits[:5] == [0.001, 0.002, 0.004, 0.004, 0.004]


async def test_a_run_that_held_is_told_of_again_when_it_fails(monkeypatch, caplog):
    monkeypatch.setattr(backoff, "RECOVERED_AFTER", 0.05)

    async def holding() -> None:
        await asyncio.sleep(0.06)
        raise OSError

    task = asyncio.create_task(keep_running("it", holding, log))
    await asyncio.sleep(0.4)
    await stopped(task)

    assert len(caplog.records) >= 2


async def test_a_swallowed_cancellation_is_said_again(monkeypatch):
    monkeypatch.setattr(backoff, "CANCEL_AGAIN", 0.1)

    async def deaf() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            await asyncio.sleep(60)

    await stopped(asyncio.create_task(keep_running("it", deaf, log)))


async def test_a_group_that_fails_while_it_is_cancelled_ends_all_the_same():
    async def in_a_group() -> None:
        async def failing_late() -> None:
            try:
                await asyncio.sleep(60)
            finally:
                raise OSError

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(failing_late())

    await stopped(asyncio.create_task(keep_running("it", in_a_group, log)))


async def test_a_cancellation_that_is_not_ours_does_not_end_it():
    runs = 0

    async def cancelled_by_another() -> None:
        nonlocal runs
        runs += 1
        raise asyncio.CancelledError

    task = asyncio.create_task(keep_running("it", cancelled_by_another, log))
    await asyncio.sleep(0.2)
    await stopped(task)

    assert runs > 1


SCHEDULE = [timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), None]


@pytest.mark.parametrize(("attempts", "delay"), list(enumerate(SCHEDULE, start=1)))
def test_the_schedule(monkeypatch, attempts, delay):
    monkeypatch.setattr(retry, "DELAYS", tuple(SCHEDULE[:-1]))
    assert delay_after(RuntimeError(), attempts) == delay
    assert delay_after(NotYet(), attempts) == delay
    assert delay_after(DoesNotFit(), attempts) is None


def test_the_real_schedule_is_the_documented_one():
    assert tuple(SCHEDULE[:-1]) == REAL


def test_an_operator_sees_a_code_or_a_class_never_a_text():
    class Wrapping(Exception):
        orig = KeyError("Jansen")

    assert name_of(Refusal("Jansen")) == "refused"
    assert name_of(ValueError("Jansen")) == "ValueError"
    assert name_of(Wrapping("Jansen")) == "KeyError"
