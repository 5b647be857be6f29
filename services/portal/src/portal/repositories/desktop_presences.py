"""Who is in the desktop."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from portal.models.desktop_presence import DesktopPresence
from shared.contracts.ids import ProjectId, StudentCode
from shared.database.among import among

_KEY = ("student_code", "project_id")


class DesktopPresences:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def keep_newest(self, rows: Sequence[dict[str, Any]]) -> None:
        """Insert or update, never with an older revision; one row of a student and project."""
        statement = insert(DesktopPresence).values(rows)
        await self._session.execute(
            statement.on_conflict_do_update(
                index_elements=_KEY,
                set_={name: statement.excluded[name] for name in rows[0] if name not in _KEY},
                where=DesktopPresence.revision < statement.excluded.revision,
            )
        )

    async def revisions_of(
        self, students: Collection[StudentCode]
    ) -> dict[tuple[StudentCode, ProjectId], int]:
        """How new the newest word is on each of these students in each project."""
        query = select(DesktopPresence.student_code, DesktopPresence.project_id, DesktopPresence.revision)
        found = await self._session.execute(query.where(among(DesktopPresence.student_code, students)))
        return {(row.student_code, row.project_id): row.revision for row in found}

    async def where_present(self, students: Collection[StudentCode]) -> set[tuple[StudentCode, ProjectId]]:
        """In which desktop projects these students are, as far as the desktop told."""
        query = select(DesktopPresence.student_code, DesktopPresence.project_id).where(
            among(DesktopPresence.student_code, students), DesktopPresence.present
        )
        return {(row.student_code, row.project_id) for row in await self._session.execute(query)}
