"""Lines that are cut, and messages that come late, again, or in another order."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.faults.ground import Ground
from tests.faults.strikes.strike import Strike
from tests.support.again import all_taken, publish_again, sent_about
from tests.support.eventually import eventually
from tests.support.invariants import footprints
from tests.support.proxy import Delivery, hold, swallow


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
