"""Who is who in the files that were imported."""

from collections.abc import Mapping

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.contracts.ids import UserCode
from shared.database.set_based import insert_rows, table_of
from users.models import ImportedPerson


class ImportedPeople:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def wait_turn(self) -> None:
        """One at a time makes new accounts: two would give out the same code."""
        await self._session.execute(
            text("SELECT pg_advisory_xact_lock(hashtextextended('people import', 0))")
        )

    async def of_source(self, source: str) -> dict[str, UserCode]:
        """The code of each external id of this source."""
        query = select(ImportedPerson.external_id, ImportedPerson.user)
        rows = await self._session.execute(query.where(ImportedPerson.source == source))
        return dict(rows.all())

    async def add(self, source: str, codes: Mapping[str, UserCode]) -> None:
        """Remember the codes of these external ids."""
        if codes:
            rows = [{"source": source, "external_id": key, "user": code} for key, code in codes.items()]
            await insert_rows(self._session, table_of(ImportedPerson), rows)
