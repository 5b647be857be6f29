"""Where the portal says students are."""

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.contracts.ids import ProjectId, UserCode
from shared.database.among import among
from shared.database.set_based import inserting, table_of
from users.models import PlacementCopy


class PlacementCopies:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def of(self, codes: Collection[UserCode]) -> dict[UserCode, PlacementCopy]:
        query = select(PlacementCopy).where(among(PlacementCopy.student, codes))
        return {UserCode(copy.student): copy for copy in await self._session.scalars(query)}

    async def in_projects(self, projects: Collection[ProjectId]) -> Sequence[PlacementCopy]:
        """The students of any of these projects."""
        query = select(PlacementCopy).where(PlacementCopy.projects.overlap([*projects]))
        return (await self._session.scalars(query.order_by(PlacementCopy.student))).all()

    async def learn(self, copies: Sequence[PlacementCopy]) -> set[UserCode]:
        """Keep those that are newer than what we have; returns whose they are. One copy a student."""
        rows = [
            {
                "student": copy.student,
                "version": copy.version,
                "school_id": copy.school_id,
                "branch_id": copy.branch_id,
                "branches": copy.branches,
                "projects": copy.projects,
            }
            for copy in sorted(copies, key=lambda copy: copy.student)
        ]
        newer = inserting(table_of(PlacementCopy), rows)
        learnt = newer.on_conflict_do_update(
            index_elements=[PlacementCopy.student],
            set_={name: newer.excluded[name] for name in rows[0] if name != "student"},
            where=PlacementCopy.version < newer.excluded.version,
        ).returning(PlacementCopy.student)
        return {UserCode(student) for student in await self._session.scalars(learnt)}
