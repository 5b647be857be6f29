"""Who is in the desktop."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from portal.models.desktop_presence import DesktopPresence

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
