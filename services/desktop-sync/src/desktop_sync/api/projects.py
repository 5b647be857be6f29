from collections.abc import Sequence
from datetime import datetime
from typing import Self

from fastapi import APIRouter, Response
from pydantic import BaseModel

from desktop_sync.api.access import Changer, Reader, Work
from desktop_sync.api.refreshes import ShownRefresh
from desktop_sync.features.project_settings import set_departures
from desktop_sync.models import BranchInProject, Departures, Project, Refresh
from desktop_sync.unit_of_work import DesktopUnitOfWork
from shared.clock import SchoolYear, school_year_name
from shared.contracts.ids import BranchId, ProjectId, SchoolId
from shared.contracts.rights import Permission
from shared.runtime.access import Scope
from shared.runtime.input import Input, PathId
from shared.runtime.paging import DEFAULT, Cursor, Keyset, Limit, Page
from shared.runtime.versions import IfMatch


class ChangedProject(Input):
    """What can be set here; the rest of a project comes from the portal."""

    departures: Departures


class ShownProject(BaseModel):
    """`copy_taken_at`: how old the copy of the portal is, of the oldest of these branches.

    `refresh` is the one that is under way, if there is one.
    """

    id: ProjectId
    school: SchoolId
    school_year: str
    name: str
    revision: int
    departures: Departures
    branches: list[BranchId]
    copy_taken_at: datetime
    refresh: ShownRefresh | None

    @classmethod
    def of(cls, project: Project, branches: Sequence[BranchInProject], refresh: Refresh | None) -> Self:
        return cls(
            id=project.id,
            school=project.school_id,
            school_year=school_year_name(SchoolYear(project.school_year)),
            name=project.name,
            revision=project.revision,
            departures=project.departures,
            branches=[branch.branch_id for branch in branches],
            copy_taken_at=min(branch.copy_taken_at for branch in branches),
            refresh=refresh and ShownRefresh.of(refresh),
        )


router = APIRouter(prefix="/projects", tags=["projects"])


@router.get("")
async def list_projects(
    caller: Reader, uow: Work, limit: Limit = DEFAULT, cursor: Cursor = None
) -> Page[ShownProject]:
    """The timetable projects of the caller's branches."""
    keyset, scope = Keyset(limit, cursor, Project.id), caller.scope(Permission.READ_DESKTOP)
    projects = await uow.projects.page(keyset, scope)
    ids = [project.id for project in projects]
    branches = await uow.projects.branches_of(ids, scope)
    refreshes = await uow.refreshes.under_way(ids)
    return keyset.page(
        projects,
        lambda project: ShownProject.of(
            project, [b for b in branches if b.project_id == project.id], refreshes.get(project.id)
        ),
        lambda project: (project.id,),
    )


@router.get("/{project_id}")
async def show_project(caller: Reader, uow: Work, project_id: PathId, response: Response) -> ShownProject:
    """One project; the ETag is its revision."""
    scope = caller.scope(Permission.READ_DESKTOP)
    project = await uow.projects.get(ProjectId(project_id), scope)
    return await _show(uow, project, scope, response)


@router.patch("/{project_id}")
async def change_project(  # noqa: PLR0913, PLR0917 - a change of a version that was seen
    caller: Changer, uow: Work, project_id: PathId, body: ChangedProject, seen: IfMatch, response: Response
) -> ShownProject:
    """Set what a departure does here; from `ask` to `automatic` those who wait go at once."""
    scope = caller.scope(Permission.CHANGE_DESKTOP)
    project = await set_departures(uow, ProjectId(project_id), scope, body.departures, seen)
    return await _show(uow, project, scope, response)


async def _show(uow: DesktopUnitOfWork, project: Project, scope: Scope, response: Response) -> ShownProject:
    tag(response, project)
    branches = await uow.projects.branches_of([project.id], scope)
    refreshes = await uow.refreshes.under_way([project.id])
    return ShownProject.of(project, branches, refreshes.get(project.id))


def tag(response: Response, project: Project) -> None:
    """What is shown is the project as of this revision."""
    response.headers["ETag"] = f'"{project.revision}"'
