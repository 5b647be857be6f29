from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from desktop_sync.models import Refresh, RefreshState, SnapshotPart
from shared.contracts.copies import SnapshotSent
from shared.contracts.ids import ProjectId
from shared.database.among import among
from shared.database.set_based import inserting, table_of
from shared.errors import NotFound


class Refreshes:
    """Refreshes of projects, and the parts of snapshots that wait for each other."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get(self, project: ProjectId, refresh: UUID) -> Refresh:
        """Raises NotFound."""
        query = select(Refresh).where(Refresh.id == refresh, Refresh.project_id == project)
        found = await self._session.scalar(query)
        if found is None:
            raise NotFound
        return found

    async def under_way(self, projects: Collection[ProjectId]) -> dict[ProjectId, Refresh]:
        """By project, what is asked and not answered yet."""
        query = select(Refresh).where(
            among(Refresh.project_id, projects), Refresh.state == RefreshState.ASKED
        )
        return {refresh.project_id: refresh for refresh in await self._session.scalars(query)}

    async def lock_under_way(self, project: ProjectId) -> Refresh | None:
        """That of one project, until the end of the transaction."""
        query = select(Refresh).where(Refresh.project_id == project, Refresh.state == RefreshState.ASKED)
        return await self._session.scalar(query.with_for_update().execution_options(populate_existing=True))

    async def lock_asked(self, refreshes: Iterable[UUID] | None = None) -> Sequence[Refresh]:
        """Those of these, or of all, that are not answered yet; until the end of the transaction.

        Who brings a piece takes the lock first, and so sees what others brought before.
        """
        query = select(Refresh).where(Refresh.state == RefreshState.ASKED).order_by(Refresh.id)
        if refreshes is not None:
            query = query.where(among(Refresh.id, set(refreshes)))
        query = query.with_for_update().execution_options(populate_existing=True)
        return (await self._session.scalars(query)).all()

    async def begin(self, refresh: Refresh) -> bool:
        """Write it, unless one of the same project is under way, which somebody began at the same moment."""
        table = table_of(Refresh)
        row = {c.key: getattr(refresh, c.key) for c in table.c}
        statement = inserting(table, [row]).on_conflict_do_nothing().returning(table.c.id)
        return await self._session.scalar(statement) is not None

    async def keep_parts(self, parts: Sequence[SnapshotSent]) -> None:
        """Let these wait; one that is there already stays as it is."""
        if parts:
            rows = [
                {"refresh_id": one.refresh, "part": one.part, "body": one.model_dump(mode="json")}
                for one in parts
            ]
            await self._session.execute(inserting(table_of(SnapshotPart), rows).on_conflict_do_nothing())

    async def count_parts(self, refreshes: Collection[UUID]) -> dict[UUID, int]:
        query = select(SnapshotPart.refresh_id, func.count()).where(among(SnapshotPart.refresh_id, refreshes))
        rows = await self._session.execute(query.group_by(SnapshotPart.refresh_id))
        return {row[0]: row[1] for row in rows}

    async def take_parts(self, refresh: UUID) -> list[SnapshotSent]:
        """Its parts, which wait no longer."""
        statement = delete(SnapshotPart).where(SnapshotPart.refresh_id == refresh)
        bodies = (await self._session.scalars(statement.returning(SnapshotPart.body))).all()
        parts = [SnapshotSent.model_validate(body) for body in bodies]
        return sorted(parts, key=lambda part: part.part)
