"""The copy of names."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.models.student import Person
from shared.contracts.ids import StudentCode
from shared.database.among import among
from shared.database.set_based import inserting, table_of
from shared.runtime.revocation import account


class People:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def named(self, codes: Collection[StudentCode]) -> dict[str, Person]:
        found = await self._session.scalars(select(Person).where(among(Person.user, codes)))
        return {person.user: person for person in found}

    async def keep_newest(self, rows: Sequence[dict[str, Any]]) -> None:
        """Insert or update persons, never with an older version."""
        statement = inserting(table_of(Person), rows)
        await self._session.execute(
            statement.on_conflict_do_update(
                index_elements=["user"],
                set_={name: statement.excluded[name] for name in rows[0] if name != "user"},
                where=Person.version < statement.excluded.version,
            )
        )

    async def has_account(self, code: StudentCode) -> bool:
        """Whether he can log in, as far as users has told."""
        query = select(account.c.archived).where(account.c.user == code)
        return not await self._session.scalar(query)

    async def archived_among(self, codes: Collection[StudentCode]) -> set[StudentCode]:
        """Those of these whose account is archived, as far as users has told."""
        query = select(account.c.user).where(among(account.c.user, codes), account.c.archived)
        return set(await self._session.scalars(query))
