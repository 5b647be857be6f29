from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel

from desktop_sync.features.project_import import import_branch
from desktop_sync.models.imported_branch import ImportedBranch
from desktop_sync.unit_of_work import DesktopUnitOfWork
from shared.contracts.ids import StudentCode
from shared.contracts.rights import Permission
from shared.runtime.access import Allowed, Caller
from shared.runtime.work import work

PATH = "/imports/project"


class ShownImport(BaseModel):
    """Counts of rows; `departed` are students who left meanwhile and were not brought back."""

    created: int
    updated: int
    removed: int
    unchanged: int
    revision: int
    departed: list[StudentCode]


router = APIRouter(tags=["imports"])


@router.post(PATH)
async def import_project(
    caller: Annotated[Caller, Allowed(Permission.IMPORT_PROJECTS)],
    uow: Annotated[DesktopUnitOfWork, work(DesktopUnitOfWork)],
    body: ImportedBranch,
) -> ShownImport:
    """Bring one branch of a project, all or nothing; the same body again changes nothing."""
    done = await import_branch(uow, body, caller.scope(Permission.IMPORT_PROJECTS))
    return ShownImport(**done.tally._asdict(), revision=done.revision, departed=done.departed)
