"""The whole house as real processes, every line between them through a proxy that can cut it."""

import asyncio
from asyncio.subprocess import DEVNULL, PIPE, STDOUT
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aio_pika
import asyncpg
import httpx

from local_stack.rabbitmq import RabbitMQ
from local_stack.servers import Servers
from local_stack.stack import Options, Stack
from shared import clock
from shared.contracts.values import Party
from shared.messaging.topology import queue_of
from tests.support import invariants
from tests.support.eventually import eventually
from tests.support.proxy import Proxy

SERVICES = ("portal", "users", "desktop_sync")
PARTIES = (Party.PORTAL, Party.USERS, Party.DESKTOP)
COMMANDS = invariants.REMOVALS
SET_ASIDE = 40
OWN_SCHOOL = "own-"  # so begin the codes of schools that belong to one test


@dataclass
class Rig:
    """A running stack with the demo school; tests take students from it that nobody took before."""

    stack: Stack
    wires: dict[tuple[str, str], Proxy]
    _pools: dict[str | None, list[str]] = field(default_factory=dict)
    _taken: dict[str, str | None] = field(default_factory=dict)

    @property
    def gateway(self) -> str:
        return str(self.stack.description["gateway"])

    def pid(self, process: str) -> int:
        """Of the process as it is now: a restarted one has another."""
        pid: int = self.stack.description["processes"][process]
        return pid

    @asynccontextmanager
    async def client(self, login: str = "application_manager") -> AsyncIterator[httpx.AsyncClient]:
        """A client at the gateway, logged in as one of the demo's logins."""
        async with httpx.AsyncClient(base_url=self.gateway, timeout=30) as client:
            token = await self.token(client, **self.stack.description["logins"][login])
            client.headers["Authorization"] = f"Bearer {token}"
            yield client

    async def token(self, client: httpx.AsyncClient, username: str, password: str) -> str:
        form = {"grant_type": "password", "username": username, "password": password}
        answer = await client.post("/api/users/oauth/token", data=form)
        assert answer.status_code == 200, answer.text
        token: str = answer.json()["access_token"]
        return token

    async def take(self, count: int, *, led_by: str | None = None) -> list[str]:
        """Students with an enrolment, a prognosis and placements, whom no other test has.

        With `led_by` some of the demo timetabler's branches, whose home class that side leads.
        """
        if not self._pools:
            await self._fill_pools()
        pool = self._pools[led_by]
        assert len(pool) >= count, "the demo school has no students left for this test"
        taken, self._pools[led_by] = pool[:count], pool[count:]
        self._taken |= dict.fromkeys(taken, led_by)
        return taken

    async def _fill_pools(self) -> None:
        """A few are set aside by who leads their class, of branches that have several such departments."""
        timetabler = self.stack.description["logins"]["timetabler"]["username"]
        roles = await self.rows(
            "users",
            """SELECT r.branch_id FROM role_assignment r JOIN "user" u ON u.code = r."user"
            WHERE u.username = $1""",
            timetabler,
        )
        found = await self.rows(
            "portal",
            "SELECT student_code, min(home_class_authority) FILTER (WHERE school_year = $1) AS led_by, "
            "min(d.branch_id) FILTER (WHERE school_year = $1) AS branch "
            "FROM enrolment JOIN school ON school.id = school_id JOIN department d ON d.id = department_id "
            f"WHERE school.code NOT LIKE '{OWN_SCHOOL}%' GROUP BY 1 "
            "HAVING count(DISTINCT school_year) = 2 AND count(DISTINCT school_id) = 1 ORDER BY 1",
            clock.school_year_of(clock.today()),
        )
        own = self.stack.description["logins"]["student"]["username"]
        branches = {row["branch_id"] for row in roles}
        students = {row["student_code"]: row for row in found if row["student_code"] != own}
        for side in ("portal", "desktop"):
            led = [
                code
                for code, row in students.items()
                if (row["led_by"], row["branch"] in branches) == (side, True)
            ]
            self._pools[side] = led[-SET_ASIDE:] if side == "portal" else led[:SET_ASIDE]
        aside = {code for pool in self._pools.values() for code in pool}
        self._pools[None] = [code for code in students if code not in aside]

    def give_back(self, students: Sequence[str]) -> None:
        """Nothing became of them: another test may take them."""
        for student in students:
            self._pools[self._taken.pop(student)].append(student)

    async def rows(self, service: str, query: str, *arguments: Any) -> list[asyncpg.Record]:
        """Read a service's database, past the service and past the proxies."""
        connection = await asyncpg.connect(self.stack.description["databases"][service])
        try:
            rows: list[asyncpg.Record] = await connection.fetch(query, *arguments)
            return rows
        finally:
            await connection.close()

    async def completed(self, batch: str, *, seconds: float = 60) -> None:
        """Wait until every departure of a batch is completed."""

        async def all_completed() -> bool:
            query = "SELECT id FROM departure WHERE batch = $1 AND state <> 'completed'"
            try:
                return not await self.rows("portal", query, batch)
            except (OSError, asyncpg.PostgresError):
                return False  # PostgreSQL is what was killed

        await eventually(all_completed, seconds=seconds, every=0.2, what="the departures completed")

    async def quiet(self, *, seconds: float = 30) -> None:
        """Wait until nothing waits to be sent, to be taken or to be tried again in any service."""

        async def nothing_waits() -> bool:
            for service in SERVICES:
                waiting = await self.rows(
                    service,
                    "SELECT 1 FROM outbox WHERE published_at IS NULL "
                    "UNION ALL SELECT 1 FROM inbox WHERE state = 'retrying'",
                )
                if waiting:
                    return False
            return await self._queues_are_empty()

        await eventually(nothing_waits, seconds=seconds, every=0.2, what="quiet")

    async def _queues_are_empty(self) -> bool:
        async with await aio_pika.connect(self.stack.description["amqp"]) as connection:
            channel = await connection.channel()
            queues = [await channel.declare_queue(queue_of(party), passive=True) for party in PARTIES]
        return not any(queue.declaration_result.message_count for queue in queues)

    async def ended(self, students: Sequence[str], *, seconds: float = 60) -> set[str]:
        """Wait until no departure of these students is on its way; returns the states they ended in."""

        async def all_ended() -> set[str]:
            query = "SELECT DISTINCT state FROM departure WHERE student_code = ANY($1)"
            try:
                states = {row["state"] for row in await self.rows("portal", query, list(students))}
            except (OSError, asyncpg.PostgresError):
                return set()
            return states if states <= invariants.FINAL else set()

        return await eventually(all_ended, seconds=seconds, every=0.1, what="the departures ended")

    async def unfinished(self, students: Sequence[str]) -> bool:
        """Whether each of these students has a departure that is on its way."""
        query = (
            "SELECT DISTINCT student_code FROM departure WHERE student_code = ANY($1) AND NOT state = ANY($2)"
        )
        return len(await self.rows("portal", query, list(students), list(invariants.FINAL))) == len(students)

    async def all_but_one_step_done(self, students: Sequence[str]) -> bool:
        query = (
            "SELECT d.id FROM departure_step s JOIN departure d ON d.id = s.departure_id "
            "WHERE d.student_code = ANY($1) GROUP BY 1 HAVING count(*) FILTER (WHERE s.state = 'done') = 3"
        )
        return len(await self.rows("portal", query, list(students))) == len(students)

    async def rabbitmqctl(self, *arguments: str) -> None:
        broker = self.stack.servers.programs["rabbitmq"].program
        assert isinstance(broker, RabbitMQ)
        assert broker.software
        command = [str(broker.software.server.with_name("rabbitmqctl")), *arguments]
        process = await asyncio.create_subprocess_exec(
            *command, env=broker._environment(), stdin=DEVNULL, stdout=PIPE, stderr=STDOUT
        )
        said, _ = await process.communicate()
        assert process.returncode == 0, said.decode()

    async def check(
        self,
        client: httpx.AsyncClient,
        students: Sequence[str],
        before: Mapping[str, invariants.Footprint] | None = None,
    ) -> None:
        """The invariants after any fault (tests/support/invariants.py)."""
        await invariants.check(self, client, students, before or {})

    async def restarted(self, process: str, pid: int, *, seconds: float = 60) -> None:
        """Wait until the process that was `pid` has been started anew, and serves."""

        async def is_another() -> bool:
            return self.pid(process) != pid

        await eventually(is_another, seconds=seconds, what=f"another {process}")
        await self.stack.wait_ready(process)


@asynccontextmanager
async def running_rig(folder: Path) -> AsyncIterator[Rig]:
    """Servers, proxies, the four services, and the demo school loaded through the gateway."""
    async with AsyncExitStack() as opened:
        servers = await opened.enter_async_context(Servers(folder / "servers", fresh=True))
        wires = {}
        for service in SERVICES:
            for what, url, kind in (
                ("database", servers.database_url, Proxy.postgres),
                ("amqp", servers.amqp_url, Proxy.amqp),
            ):
                parts = urlsplit(url)
                wire = kind(str(parts.hostname), int(parts.port or 0))
                wires[service, what] = await opened.enter_async_context(wire)

        def route(service: str, what: str, url: str) -> str:
            wire = wires.get((service, what))
            return wire.through(url) if wire else url

        options = Options(
            fresh=True,
            servers=servers,
            route=route,
            settings={
                "DOORSTROOM_STEP_RESEND_SECONDS": "0",  # a lost message must show, not be healed
                "DOORSTROOM_ACCESS_TOKEN_SECONDS": "900",
                "DOORSTROOM_DIGEST_SECONDS": "1",
            },
        )
        stack = await opened.enter_async_context(Stack(folder / "stack", options))
        yield Rig(stack, wires)
