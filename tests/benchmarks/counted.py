"""Statements, transactions and messages per service, and a rig whose own looks PostgreSQL does not count."""

import asyncio
from dataclasses import dataclass
from typing import Any

import asyncpg

from tests.support.rig import SERVICES, Rig

IDLE_SECONDS = 10.0

_CALLS = """
SELECT datname, sum(calls) AS statements,
       coalesce(sum(calls) FILTER (WHERE query ILIKE 'commit%'), 0) AS commits
FROM pg_stat_statements AS s JOIN pg_database AS d ON d.oid = s.dbid GROUP BY 1
"""


@dataclass(frozen=True)
class Cost:
    """Of one service: SQL statements, transactions and messages sent."""

    statements: float = 0
    commits: float = 0
    messages: float = 0

    def less(self, idle: "Cost", seconds: float) -> "Cost":
        """About: when the machine is busy, a service looks for work less often than it did idle."""
        return Cost(
            max(self.statements - idle.statements * seconds, 0),
            max(self.commits - idle.commits * seconds, 0),
            self.messages,
        )


@dataclass
class UncountedRig(Rig):
    """Looks as the administrator, who alone may have `pg_stat_statements` look away."""

    async def rows(self, service: str, query: str, *arguments: Any) -> list[asyncpg.Record]:
        database = str(self.stack.description["databases"][service]).rpartition("/")[2]
        return await self.administrator(query, *arguments, database=database)

    async def administrator(self, query: str, *arguments: Any, **where: str) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(
            self.stack.servers.database_url, server_settings={"pg_stat_statements.track": "none"}, **where
        )
        try:
            return list(await connection.fetch(query, *arguments))
        finally:
            await connection.close()


class Counter:
    """What each service did since the last reset, less what it asks when nothing happens."""

    def __init__(self, rig: UncountedRig) -> None:
        self._rig = rig
        self._idle: dict[str, Cost] = {}
        self._sent: dict[str, float] = {}

    async def prepare(self) -> None:
        await self._rig.administrator("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        await self.reset()
        await asyncio.sleep(IDLE_SECONDS)
        self._idle = {
            name: Cost(one.statements / IDLE_SECONDS, one.commits / IDLE_SECONDS)
            for name, one in (await self._costs()).items()
        }

    async def reset(self) -> None:
        self._sent = {name: await self._messages(name) for name in SERVICES}
        await self._rig.administrator("SELECT pg_stat_statements_reset()")

    async def since_reset(self, seconds: float) -> dict[str, Cost]:
        return {name: one.less(self._idle[name], seconds) for name, one in (await self._costs()).items()}

    async def _costs(self) -> dict[str, Cost]:
        found = {row["datname"]: row for row in await self._rig.administrator(_CALLS)}
        costs = {}
        for name in SERVICES:
            row = found.get(str(self._rig.stack.description["databases"][name]).rpartition("/")[2])
            sent = await self._messages(name) - self._sent[name]
            calls = (float(row["statements"]), float(row["commits"])) if row else (0.0, 0.0)
            costs[name] = Cost(*calls, sent)
        return costs

    async def _messages(self, name: str) -> float:
        [row] = await self._rig.rows(name, "SELECT count(*) AS sent FROM outbox")
        return float(row["sent"])
