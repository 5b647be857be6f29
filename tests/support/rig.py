"""The whole house as real processes, every line between them through a proxy that can cut it."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import httpx

from local_stack.servers import Servers
from local_stack.stack import Options, Stack
from tests.support.eventually import eventually
from tests.support.proxy import Proxy

SERVICES = ("portal", "users", "desktop_sync")
COMMANDS = (
    "portal.enrolments.remove.v1",
    "portal.prognoses.remove.v1",
    "users.account.archive.v1",
    "desktop.student.delete.v1",
)


@dataclass
class Rig:
    """A running stack with the demo school; tests take students from it that nobody took before."""

    stack: Stack
    wires: dict[tuple[str, str], Proxy]
    _pool: list[str] = field(default_factory=list)

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

    async def take(self, count: int) -> list[str]:
        """Students with an enrolment, a prognosis and placements, whom no other test has."""
        if not self._pool:
            self._pool = [
                row["student_code"]
                for row in await self.rows(
                    "portal",
                    "SELECT student_code FROM enrolment GROUP BY 1 "
                    "HAVING count(DISTINCT school_year) = 2 AND count(DISTINCT school_id) = 1 ORDER BY 1",
                )
                if row["student_code"] != self.stack.description["logins"]["student"]["username"]
            ]
        assert len(self._pool) >= count, "the demo school has no students left for this test"
        taken, self._pool = self._pool[:count], self._pool[count:]
        return taken

    def give_back(self, students: Sequence[str]) -> None:
        """Nothing became of them: another test may take them."""
        self._pool += students

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
        """Wait until nothing waits to be sent or tried again in any service."""

        async def nothing_waits() -> bool:
            for service in SERVICES:
                waiting = await self.rows(
                    service,
                    "SELECT 1 FROM outbox WHERE published_at IS NULL "
                    "UNION ALL SELECT 1 FROM inbox WHERE state = 'retrying'",
                )
                if waiting:
                    return False
            return True

        await eventually(nothing_waits, seconds=seconds, every=0.2, what="quiet")

    async def check(self, client: httpx.AsyncClient, students: Sequence[str]) -> None:
        """The invariants after any fault: footprints empty, each command once, each effect once."""
        await self.quiet()
        for student in students:
            footprint = await client.get(f"/api/students/{student}/footprint")
            assert footprint.json().get("empty") is True, footprint.text
        for service, actions in {
            "portal": ("enrolment.remove", "prognosis.remove"),
            "users": ("account.archive",),
            "desktop_sync": ("student.delete",),
        }.items():
            await self._each_effect_once(service, actions, students)
        await self._each_command_once(students)

    async def _each_effect_once(self, service: str, actions: Sequence[str], students: Sequence[str]) -> None:
        twice = await self.rows(
            service,
            "SELECT action, object_id FROM audit WHERE action = ANY($1) GROUP BY 1, 2 HAVING count(*) > 1",
            list(actions),
        )
        assert not twice, f"{service} did a thing twice: {twice}"
        if service != "portal":
            done = await self.rows(
                service,
                "SELECT DISTINCT object_id FROM audit WHERE action = ANY($1) AND object_id = ANY($2)",
                list(actions),
                list(students),
            )
            assert len(done) == len(students), f"{service} did {len(done)} of {len(students)}"

    async def _each_command_once(self, students: Sequence[str]) -> None:
        sent = await self.rows(
            "portal",
            "SELECT type, body->>'student' AS student, count(*) AS times FROM outbox "
            "WHERE type = ANY($1) AND body->>'student' = ANY($2) GROUP BY 1, 2",
            list(COMMANDS),
            list(students),
        )
        assert len(sent) == len(COMMANDS) * len(students)
        assert {row["times"] for row in sent} == {1}


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
            },
        )
        stack = await opened.enter_async_context(Stack(folder / "stack", options))
        yield Rig(stack, wires)
