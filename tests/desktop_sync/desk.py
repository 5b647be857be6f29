"""Doing things at the desktop, as its door and its queue would."""

import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx
from sqlalchemy import ColumnElement, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from desktop_sync.unit_of_work import DesktopUnitOfWork
from shared.contracts.facts import StudentListed
from shared.contracts.rights import Role
from shared.database.engine import create_engine
from shared.messaging.tables import outbox
from shared.messaging.unit_of_work import Origin
from tests.support.house import House

M = TypeVar("M")


_BACKGROUND = re.compile(r"(FROM|UPDATE) (outbox|inbox|idempotent_reply)|pg_try_advisory_lock|NOTIFY")


def without_the_road(statements: Iterable[str]) -> list[str]:
    """The statements that are not of the relay and the other loops, which run meanwhile."""
    return [statement for statement in statements if not _BACKGROUND.search(statement)]


@dataclass
class Desk:
    client: httpx.AsyncClient
    engine: AsyncEngine
    house: House

    def as_(self, role: Role, *branches: int, code: str = "someone") -> dict[str, str]:
        """Headers of somebody with this role for these branches, or for all."""
        token = self.house.token(code, {role: list(branches) or None})
        return {"Authorization": f"Bearer {token}"}

    async def bring(self, body: dict[str, Any]) -> dict[str, Any]:
        """Import; the counts."""
        answer = await self.client.post("/imports/project", json=body)
        assert answer.status_code == 200, answer.text
        counts: dict[str, Any] = answer.json()
        return counts

    async def react(
        self, reaction: Callable[[DesktopUnitOfWork, Sequence[M]], Awaitable[None]], *messages: M
    ) -> None:
        """A batch of messages in one transaction, as the consumer does it."""
        async with self.work() as uow:
            await reaction(uow, messages)
            await uow.commit()

    def work(self) -> DesktopUnitOfWork:
        """A transaction of its own."""
        return DesktopUnitOfWork.open(self.engine, Origin("desktop", "test"))

    async def said(self) -> list[dict[str, Any]]:
        """The bodies of all answers sent, in order."""
        return await self._sent(outbox.c.type != StudentListed.type)

    async def told_listed(self) -> list[tuple[str, int, int, bool]]:
        """Who was said to be in a project or gone from it: student, project, its revision, present."""
        facts = await self._sent(outbox.c.type == StudentListed.type)
        return [(fact["student"], fact["project"], fact["revision"], fact["present"]) for fact in facts]

    async def _sent(self, which: ColumnElement[bool]) -> list[dict[str, Any]]:
        async with self.engine.connect() as database:
            return list(await database.scalars(select(outbox.c.body).where(which).order_by(outbox.c.id)))

    async def count(self, table: str, where: str = "true") -> int:
        async with self.engine.connect() as database:
            return await database.scalar(text(f"SELECT count(*) FROM {table} WHERE {where}")) or 0

    async def rows(self, query: str) -> list[Any]:
        async with self.engine.connect() as database:
            return list((await database.execute(text(query))).all())

    async def analyze(self) -> None:
        """Let PostgreSQL learn how large the tables are now."""
        owner = create_engine(self.house.owner_url("desktop_sync"), size=1)
        async with owner.begin() as database:
            await database.execute(text("ANALYZE"))
        await owner.dispose()

    async def get(self, path: str, **more: Any) -> Any:
        answer = await self.client.get(path, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()
