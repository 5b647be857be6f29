"""The class grid of a department: whether each student would fit in each home class, and else why not."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from desktop_sync.api.access import Reader, Work
from desktop_sync.api.options import MOST_CLASHES
from desktop_sync.api.students import ShownStudent, shown
from desktop_sync.features.class_grid import class_grid_of
from desktop_sync.options.explanation import Reason
from desktop_sync.options.grid import MAX_CLASHES, Cell, Verdict
from desktop_sync.options.timetable import HomeClass
from shared.contracts.ids import DepartmentId, GroupId, ProjectId
from shared.contracts.rights import Permission
from shared.contracts.values import Authority
from shared.runtime.input import PathId

router = APIRouter(prefix="/projects/{project_id}/departments/{department_id}/class-grid", tags=["options"])


class GridClass(BaseModel):
    id: GroupId
    code: str
    size: int
    soft_max: int
    hard_max: int


class GridCell(BaseModel):
    """`clashes`: the fewest with which he fits. `full`: with a seat more he would. `own`: he is in it."""

    verdict: Verdict
    clashes: int
    reason: Reason | None
    own: bool


class GridRow(ShownStudent):
    """`cells` stand in the order of the classes."""

    cells: list[GridCell]


class ShownGrid(BaseModel):
    """`classes` by code, `students` by name."""

    revision: int
    department: DepartmentId
    home_class_led_by: Authority | None
    max_clashes: int
    classes: list[GridClass]
    students: list[GridRow]


@router.get("")
async def show_class_grid(  # noqa: PLR0913, PLR0917 - where, and what may be asked
    caller: Reader,
    uow: Work,
    project_id: PathId,
    department_id: PathId,
    response: Response,
    max_clashes: Annotated[int, Query(ge=0, le=MOST_CLASHES)] = MAX_CLASHES,
) -> ShownGrid:
    """Who fits in which class, with at most so many clashes; where the portal leads, only in his own."""
    scope = caller.scope(Permission.READ_DESKTOP)
    told = await class_grid_of(uow, ProjectId(project_id), DepartmentId(department_id), max_clashes, scope)
    response.headers["ETag"] = f'"{told.look.version.revision}"'
    classes = sorted(told.department.classes.values(), key=lambda one: one.code)
    return ShownGrid(
        revision=told.look.version.revision,
        department=told.look.department,
        home_class_led_by=told.look.led_by,
        max_clashes=max_clashes,
        classes=[_class(one) for one in classes],
        students=[
            GridRow(**shown(row), cells=[_cell(told.grid[code], one) for one in classes])
            for code, row in told.people.items()
        ],
    )


def _class(one: HomeClass) -> GridClass:
    return GridClass(
        id=GroupId(one.id), code=one.code, size=one.size, soft_max=one.soft_max, hard_max=one.hard_max
    )


def _cell(cells: Mapping[int | None, Cell], home_class: HomeClass) -> GridCell:
    cell = cells[home_class.id]
    return GridCell(verdict=cell.verdict, clashes=cell.clashes, reason=cell.reason, own=cell.own)
