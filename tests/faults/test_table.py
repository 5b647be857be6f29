"""The fault table: what strikes, while what happens; afterwards every invariant holds.

Nothing is lost and nothing is done twice: tests/support/invariants.py says what that means.
"""

import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from signal import SIGINT, SIGTERM

import httpx
import pytest

from tests.faults import strikes
from tests.faults.ground import (
    CANCEL_WHEN_DUE,
    DELETED_BY_HAND,
    DEPARTURE,
    IMPORTED_AGAIN,
    MOVED,
    ONE_BY_ONE,
    SAME_KEY_AT_ONCE,
    SEVERAL_AT_ONCE,
    UNDO,
    UNDO_AT_ONCE,
    UNDO_WHILE_RUNNING,
    Act,
    Ground,
)
from tests.faults.strikes import MOMENTS, REQUEST, Strike
from tests.support.rig import SERVICES, Rig

IN_FULL = os.environ.get("DOORSTROOM_FAULTS") == "full"
AWAY = 60 if IN_FULL else 8
AWAY_SHOWN = f"{AWAY} s" if IN_FULL else f"{AWAY} s (60 s in make faults)"


@dataclass(frozen=True)
class Scenario:
    """One row of the table."""

    name: str
    strike: Strike
    act: Act
    students: int = 5
    ground: Callable[[Rig, httpx.AsyncClient, int], Awaitable[Ground]] = Ground.taken

    def __str__(self) -> str:
        return f"{self.name}, while {self.act.name}"


def at_moments(act: Act, *services: tuple[str, ...], action: str) -> list[Scenario]:
    return [
        Scenario(f"{action} {moment.name}: {' and '.join(struck)}", strikes.at(moment, struck, action), act)
        for moment in MOMENTS
        for struck in services
    ]


EACH = [(service,) for service in SERVICES]
TABLE = [
    Scenario("kill -9 of each in turn", strikes.killed(*SERVICES, "rabbitmq", every=1), ONE_BY_ONE, 60),
    *[
        Scenario(f"kill -9 of {process}", strikes.killed(process), DEPARTURE, 15)
        for process in (*SERVICES, "rabbitmq", "postgres")
    ],
    *[
        Scenario(f"SIGTERM to {process}", strikes.asked_to_stop(process, SIGTERM), ONE_BY_ONE, 15)
        for process in (*SERVICES, "gateway")
    ],
    Scenario(f"broker away for {AWAY_SHOWN}", strikes.broker_away(AWAY), DEPARTURE),
    Scenario("broker restarted", strikes.broker_away(0), UNDO),
    Scenario("broker's disk full", strikes.broker_disk_full, DEPARTURE),
    Scenario("services started without broker", strikes.started_without_broker, DEPARTURE),
    Scenario(
        "PostgreSQL restarted, smart then fast",
        strikes.asked_to_stop("postgres", SIGTERM, SIGINT),
        ONE_BY_ONE,
        12,
    ),
    Scenario("PostgreSQL restarted, fast", strikes.asked_to_stop("postgres", SIGINT), ONE_BY_ONE, 12),
    Scenario("all connections cut", strikes.connections_cut(*SERVICES), ONE_BY_ONE, 12),
    Scenario("all connections cut", strikes.connections_cut(*SERVICES), UNDO, 10),
    *[
        Scenario(f"cut {moment.name}", strikes.at(moment, ("portal",), "cut"), DEPARTURE)
        for moment in REQUEST
    ],
    Scenario("crash before the request's commit", strikes.at(REQUEST[0], ("portal",), "crash"), DEPARTURE),
    Scenario("users answers last", strikes.late("users", "account"), DEPARTURE),
    Scenario("desktop answers last", strikes.late("desktop_sync", "student"), DEPARTURE),
    Scenario("every message again", strikes.messages_again(new_ids=False), DEPARTURE),
    Scenario("every message again, as a new one", strikes.messages_again(new_ids=True), DEPARTURE),
    Scenario(
        "every message again, as a new one, the newest first",
        strikes.messages_again(new_ids=True, newest_first=True),
        UNDO,
    ),
    Scenario(
        "restore before removal in portal", strikes.overtaken("portal", "s.remove.v1"), UNDO_WHILE_RUNNING
    ),
    Scenario(
        "restore before removal in users",
        strikes.overtaken("users", "account.archive.v1"),
        UNDO_WHILE_RUNNING,
    ),
    Scenario(
        "restore before removal in desktop",
        strikes.overtaken("desktop_sync", "student.delete.v1"),
        UNDO_WHILE_RUNNING,
    ),
    *[
        Scenario(f"two of {service}, one killed", strikes.two_replicas(service), ONE_BY_ONE, 15)
        for service in SERVICES
    ],
    Scenario("two portals", strikes.second_portal, SEVERAL_AT_ONCE),
    Scenario("nothing", strikes.nothing, UNDO, 10),
    Scenario("nothing", strikes.nothing, UNDO_WHILE_RUNNING, 10),
    Scenario("nothing", strikes.nothing, SEVERAL_AT_ONCE),
    Scenario("nothing", strikes.nothing, SAME_KEY_AT_ONCE),
    Scenario("nothing", strikes.nothing, UNDO_AT_ONCE),
    Scenario("nothing", strikes.nothing, CANCEL_WHEN_DUE, 8),
    Scenario("nothing", strikes.nothing, DELETED_BY_HAND, 10),
    Scenario("nothing", strikes.nothing, MOVED, 10),
    Scenario("nothing", strikes.nothing, IMPORTED_AGAIN, 10, Ground.own_school),
    *at_moments(DEPARTURE, *EACH, action="crash"),
    *at_moments(DEPARTURE, *EACH, action="cut"),
    *at_moments(UNDO, *(EACH if IN_FULL else [SERVICES]), action="crash"),
    *at_moments(UNDO, *(EACH if IN_FULL else [SERVICES]), action="cut"),
]


@pytest.mark.parametrize("scenario", TABLE, ids=str)
async def test_fault(rig: Rig, manager: httpx.AsyncClient, scenario: Scenario):
    ground = await scenario.ground(rig, manager, scenario.students)
    if scenario.act.after_departure:
        await DEPARTURE.begin(ground)
        await rig.ended(ground.students)

    async with scenario.strike(ground):
        await scenario.act.begin(ground)

    assert await rig.ended(ground.students, seconds=90) <= scenario.act.ends
    await rig.check(manager, ground.students, ground.before)
