"""What strikes: each is there while its `async with` lasts, and healed afterwards."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

from tests.faults.ground import Ground
from tests.support.again import all_taken, publish_again, sent_about
from tests.support.eventually import eventually
from tests.support.invariants import footprints
from tests.support.proxy import Commit, Delivery, Publish, cut, hold, kill, swallow
from tests.support.proxy import Moment as Passing
from tests.support.replica import replica_of
from tests.support.rig import SERVICES, Rig

Strike = Callable[[Ground], AbstractAsyncContextManager[None]]


@dataclass(frozen=True)
class Moment:
    """Where on a service's lines something could be lost or done twice."""

    name: str
    wire: str
    at: Callable[[], Passing]


MOMENTS = [
    # The outbox row is committed; the service never hears so, and has published nothing of it.
    Moment("between commit and publish", "database", lambda: Commit.reply(wrote="outbox")),
    # The broker has the message; the service never hears so, and has not marked it as sent.
    Moment("between publish and mark", "amqp", Publish.confirm),
    # The message was taken and applied, but its transaction is not committed.
    Moment("between consume and commit", "database", lambda: Commit.sent(wrote="inbox")),
    # The message is applied and committed; the broker will deliver it again.
    Moment("between commit and ack", "database", lambda: Commit.reply(wrote="inbox")),
    # The same, one step later: the ack itself is lost.
    Moment("at the ack", "amqp", Delivery.ack),
]
# The request itself: all of it is written, and the line goes before the COMMIT, or before its reply.
REQUEST = [
    Moment("before the request's commit", "database", lambda: Commit.sent(wrote="departure")),
    Moment("before the reply to it", "database", lambda: Commit.reply(wrote="departure")),
]


@asynccontextmanager
async def nothing(_: Ground) -> AsyncIterator[None]:
    yield


def at(moment: Moment, services: Sequence[str], action: str) -> Strike:
    """A crash, or a cut of that line, when the moment comes in each of these services."""

    @asynccontextmanager
    async def strike(ground: Ground) -> AsyncIterator[None]:
        rig = ground.rig
        faults = []
        for service in services:
            how = kill(lambda service=service: rig.pid(service)) if action == "crash" else cut  # type: ignore[misc]
            faults.append(rig.wires[service, moment.wire].at(moment.at(), how))
        try:
            yield
            for fault in faults:
                await fault.happened(timeout=20)
        finally:
            for service in services:
                rig.wires[service, moment.wire].heal()
                await rig.stack.wait_ready(service)

    return strike


def killed(*processes: str, every: float = 0.0) -> Strike:
    """SIGKILL, one process after the other, while it goes on."""

    @asynccontextmanager
    async def strike(ground: Ground) -> AsyncIterator[None]:
        async def kill_all() -> None:
            for process in processes:
                await asyncio.sleep(every)
                pid = ground.rig.stack.kill(process)
                killing.append((process, pid))

        killing: list[tuple[str, int]] = []
        under_way = asyncio.create_task(kill_all()) if every else None
        yield
        await (under_way or kill_all())
        for process, pid in killing:
            await ground.rig.restarted(process, pid)

    return strike


def asked_to_stop(process: str, *signals: signal.Signals) -> Strike:
    """As an operator stops it; a few seconds later, if that did not help, more firmly. It starts again."""

    @asynccontextmanager
    async def strike(ground: Ground) -> AsyncIterator[None]:
        async def stop() -> None:
            await asyncio.sleep(0.3)
            for one in signals:
                os.kill(pid, one)
                await asyncio.sleep(2 if one is not signals[-1] else 0)

        pid = ground.rig.pid(process)
        stopping = asyncio.create_task(stop())
        yield
        await stopping
        await ground.rig.restarted(process, pid)

    return strike


def broker_away(seconds: float) -> Strike:
    """It stops in order, and is back after so long."""

    @asynccontextmanager
    async def strike(ground: Ground) -> AsyncIterator[None]:
        async with _without_broker(ground.rig):
            back_at = asyncio.get_running_loop().time() + seconds
            yield
            assert await ground.rig.unfinished(ground.students), "nothing went by way of the broker"
            await asyncio.sleep(max(0.0, back_at - asyncio.get_running_loop().time()))

    return strike


@asynccontextmanager
async def started_without_broker(ground: Ground) -> AsyncIterator[None]:
    """The services start anew while there is no broker: they answer, and are ready when it is there."""
    rig = ground.rig
    async with _without_broker(rig):
        pids = {service: rig.pid(service) for service in SERVICES}
        for pid in pids.values():
            os.kill(pid, signal.SIGTERM)
        for path in ("portal/students", "users/users", "desktop/projects"):
            await eventually(lambda path=path: _reads(ground, f"/api/{path}?limit=1"), what=f"{path} is read")  # type: ignore[misc]
        for service in SERVICES:
            ready = await ground.manager.get(f"{rig.stack.description[service]}/health/ready")
            assert ready.status_code == 503
        yield
    for service, pid in pids.items():
        await rig.restarted(service, pid)


async def _reads(ground: Ground, path: str) -> bool:
    return (await ground.manager.get(path)).status_code == 200


@asynccontextmanager
async def _without_broker(rig: Rig) -> AsyncIterator[None]:
    broker = rig.stack.servers.programs["rabbitmq"]
    at_the_end, broker.program.stop_signal = broker.program.stop_signal, signal.SIGTERM
    await broker.stop()
    try:
        yield
    finally:
        broker.program.stop_signal = at_the_end
        await broker.start()


@asynccontextmanager
async def broker_disk_full(ground: Ground) -> AsyncIterator[None]:
    """RabbitMQ's disk alarm: it blocks who publishes, until there is room again."""
    await ground.rig.rabbitmqctl("set_disk_free_limit", "1000000GB")
    try:
        yield
        await asyncio.sleep(6)  # longer than a publisher waits for a confirm
        assert await ground.rig.unfinished(ground.students), "nothing was blocked"
    finally:
        await ground.rig.rabbitmqctl("set_disk_free_limit", "50MB")


def connections_cut(*services: str) -> Strike:
    """Every connection to PostgreSQL and RabbitMQ, again and again for two seconds, whatever is under way."""

    @asynccontextmanager
    async def strike(ground: Ground) -> AsyncIterator[None]:
        async def cut_all() -> None:
            for _ in range(15):
                for service in services:
                    await ground.rig.wires[service, "database"].cut_all()
                    await ground.rig.wires[service, "amqp"].cut_all()
                await asyncio.sleep(0.13)

        cutting = asyncio.create_task(cut_all())
        yield
        await cutting

    return strike


def late(service: str, key: str) -> Strike:
    """Its commands reach this service when all other steps are done."""

    @asynccontextmanager
    async def strike(ground: Ground) -> AsyncIterator[None]:
        held = hold()
        wire = ground.rig.wires[service, "amqp"]
        fault = wire.at(Delivery.sent(key=key), held)
        try:
            yield
            await fault.happened()
            await eventually(
                lambda: ground.rig.all_but_one_step_done(ground.students), what="the others done"
            )
        finally:
            held.release()
            wire.heal()

    return strike


def overtaken(service: str, key: str) -> Strike:
    """Its commands are lost on the way, and come again, as new messages, when the restore has been done."""

    @asynccontextmanager
    async def strike(ground: Ground) -> AsyncIterator[None]:
        wire = ground.rig.wires[service, "amqp"]
        fault = wire.at(Delivery.sent(key=key, times=1000), swallow)
        try:
            yield
            await ground.rig.ended(ground.students)
            assert fault.struck >= len(ground.students)
        finally:
            wire.heal()
        lost = await sent_about(ground.rig, ground.students, like=f"%{key}")
        await publish_again(ground.rig, lost, new_ids=True)
        await all_taken(ground.rig, ground.students)

    return strike


def messages_again(*, new_ids: bool, newest_first: bool = False) -> Strike:
    """All that was said about it is said again when it is over: nothing changes; a resend is answered."""

    @asynccontextmanager
    async def strike(ground: Ground) -> AsyncIterator[None]:
        rig, students = ground.rig, ground.students
        yield
        await rig.ended(students)
        await rig.quiet()
        said = await sent_about(rig, students)
        asked = await rig.rows("portal", _ASKED, students)
        before = await footprints(ground.manager, students), await rig.rows("portal", _KNOWN, students)
        await publish_again(rig, said[::-1] if newest_first else said, new_ids=new_ids)
        await all_taken(rig, students)

        after = await footprints(ground.manager, students), await rig.rows("portal", _KNOWN, students)
        assert after == before
        answers = len(await sent_about(rig, students)) - len(said)
        assert answers == (len(asked) if new_ids else 0), f"{answers} answers to {len(asked)} commands"

    return strike


# The commands of the last epoch: those of an older one are past, and have no answer any more.
_ASKED = """SELECT o.type
    FROM outbox o JOIN departure d ON d.id::text = o.body->>'departure'
    WHERE d.student_code = ANY($1) AND o.body ? 'requested_by' AND (o.body->>'epoch')::int = d.epoch"""
_KNOWN = """SELECT d.id, d.state, d.version, d.epoch, student.version AS student_version,
    s.step, s.state AS step_state, s.at, s.removed, s.left_over
    FROM departure d JOIN departure_step s ON s.departure_id = d.id
    JOIN student ON student.code = d.student_code
    WHERE d.student_code = ANY($1) ORDER BY d.id, s.step"""


def two_replicas(service: str) -> Strike:
    """Two processes of it at work on one database and queue; the first, which led, is killed meanwhile."""

    @asynccontextmanager
    async def strike(ground: Ground) -> AsyncIterator[None]:
        async with replica_of(ground.rig, service):
            async with killed(service, every=0.3)(ground):
                yield
            await ground.rig.ended(ground.students)

    return strike


@asynccontextmanager
async def second_portal(ground: Ground) -> AsyncIterator[None]:
    """A second process of the portal, which is asked as often as the first."""
    async with replica_of(ground.rig, "portal") as second:
        ground.doors.append(f"{second.url}/departures")
        yield
