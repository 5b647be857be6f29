from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Select, any_, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from desktop_sync.models import PlacementStep, Student
from shared.contracts.ids import ProjectId
from shared.errors import NotFound
from shared.runtime.access import Scope
from shared.runtime.paging import NewestFirst


class PlacementSteps:
    """Steps of a project; who does not have all students of one in his scope does not see it."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def page(self, keyset: NewestFirst, project: ProjectId, scope: Scope) -> Sequence[PlacementStep]:
        return (await self._session.scalars(keyset.apply(_seen(project, scope)))).all()

    async def get(self, project: ProjectId, step: UUID, scope: Scope) -> PlacementStep:
        """Raises NotFound."""
        found = await self._session.scalar(_seen(project, scope).where(PlacementStep.id == step))
        if found is None:
            raise NotFound
        return found

    async def last(self, project: ProjectId, scope: Scope) -> PlacementStep | None:
        """The newest that is not undone."""
        query = _seen(project, scope).where(PlacementStep.undone_at.is_(None))
        return await self._session.scalar(query.order_by(PlacementStep.revision.desc()).limit(1))

    def add(self, step: PlacementStep) -> None:
        self._session.add(step)


def _seen(project: ProjectId, scope: Scope) -> Select[PlacementStep]:
    return select(PlacementStep).where(PlacementStep.project_id == project, ~_names_another(scope))


def _names_another(scope: Scope) -> ColumnElement[bool]:
    return exists().where(
        Student.project_id == PlacementStep.project_id,
        Student.code == any_(PlacementStep.students),
        ~scope.covers(Student.branch_id),
    )
