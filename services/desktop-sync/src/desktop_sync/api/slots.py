from fastapi import APIRouter, Response

from desktop_sync.api.access import Reader, Work
from desktop_sync.api.lessons import ShownSlot
from desktop_sync.api.projects import tag
from desktop_sync.models import Slot
from shared.contracts.ids import BranchId, ProjectId
from shared.contracts.rights import Permission
from shared.runtime.input import PathId
from shared.runtime.paging import DEFAULT, Cursor, Keyset, Limit, Page


class ShownBranchSlot(ShownSlot):
    branch: BranchId


router = APIRouter(prefix="/projects/{project_id}/slots", tags=["groups"])


@router.get("")
async def list_slots(  # noqa: PLR0913, PLR0917 - a list has a page
    caller: Reader,
    uow: Work,
    project_id: PathId,
    response: Response,
    limit: Limit = DEFAULT,
    cursor: Cursor = None,
) -> Page[ShownBranchSlot]:
    """The slots in the week of each of the caller's branches, in their order."""
    scope = caller.scope(Permission.READ_DESKTOP)
    project = await uow.projects.get(ProjectId(project_id), scope)
    keyset = Keyset(limit, cursor, Slot.branch_id, Slot.day, Slot.period, Slot.id)
    slots = await uow.timetables.slots(keyset, project.id, scope)
    tag(response, project)
    return keyset.page(
        slots,
        lambda slot: ShownBranchSlot(
            id=slot.id, branch=slot.branch_id, week=slot.week, day=slot.day, period=slot.period
        ),
        lambda slot: (slot.branch_id, slot.day, slot.period, slot.id),
    )
