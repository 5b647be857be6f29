"""The connector (Koppeling): differences of placements between copy and project, and the download."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Self

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from desktop_sync.api.access import Changer, Reader, Work
from desktop_sync.api.clashes import ShownClash
from desktop_sync.api.projects import tag
from desktop_sync.api.students import ShownStudent, shown
from desktop_sync.features.download import Downloaded, download_home_classes
from desktop_sync.models.comparison import (
    Cell,
    CellState,
    ComparedDepartment,
    ComparedStudent,
    Comparison,
    Incomparable,
)
from desktop_sync.repositories.students import BY_NAME
from shared.contracts.facts import Difference
from shared.contracts.ids import DepartmentId, GroupId, ProjectId, StudentCode
from shared.contracts.rights import Permission
from shared.contracts.values import Authority
from shared.runtime.idempotency import IdempotencyKey, answer_once
from shared.runtime.input import MAX_BIGINT, OF_ID, CleanText, Input, PathId, QueryId
from shared.runtime.paging import DEFAULT, Cursor, Limit, PersonKeyset

Departments = Annotated[list[Annotated[DepartmentId, OF_ID]], Field(min_length=1, max_length=500)]
Revision = Annotated[int, Field(strict=True, ge=0, le=MAX_BIGINT)]
HOME_CLASS, CLUSTER = "home_class", "cluster"


class ShownGroupCode(BaseModel):
    id: GroupId
    code: str


class ShownCell(BaseModel):
    """A student in a group: `equal`, only in the `desktop`, or only in the `portal`.

    Where the portal leads the home class does not go up, and is not `uploadable`.
    """

    group: ShownGroupCode
    kind: str
    state: CellState
    uploadable: bool


class ComparedRow(ShownStudent):
    cells: list[ShownCell]


class DepartmentCounts(BaseModel):
    """Cells of a department by state, and which side leads its home classes."""

    department: DepartmentId
    code: str
    led_by: Authority
    equal: int
    desktop: int
    portal: int


class NotCompared(BaseModel):
    """The data check must settle him first; he is neither uploaded nor downloaded."""

    student: StudentCode
    department: DepartmentId
    why: Incomparable
    look_in: str = "data_check"


class PlacementDiff(BaseModel):
    revision: int
    copy_taken_at: datetime
    departments: list[DepartmentCounts]
    not_comparable: list[NotCompared]
    items: list[ComparedRow]
    next: str | None


class DownloadInput(Input):
    """Of these departments, which the portal leads."""

    departments: Departments
    revision: Revision | None = None


class DownloadedRow(BaseModel):
    student: StudentCode
    changes: list[Difference]
    clashes: list[ShownClash]


class ShownDownload(BaseModel):
    """Whose home class changed, by what, and where two of his lesson groups are at once now."""

    project: ProjectId
    revision: int
    items: list[DownloadedRow]
    not_comparable: dict[StudentCode, Incomparable]

    @classmethod
    def of(cls, done: Downloaded) -> Self:
        return cls(
            project=done.project.id,
            revision=done.project.revision,
            items=[
                DownloadedRow(
                    student=code,
                    changes=done.differences.get(code, []),
                    clashes=[ShownClash.of(clash) for clash in change.clashes],
                )
                for code, change in done.changes.items()
            ],
            not_comparable=dict(done.incomparable),
        )


router = APIRouter(prefix="/projects/{project_id}/placements", tags=["connector"])


@router.get("/diff")
async def compare_placements(  # noqa: PLR0913, PLR0917 - a list has filters and a page
    caller: Reader,
    uow: Work,
    project_id: PathId,
    response: Response,
    department: QueryId | None = None,
    state: CellState | None = None,
    q: Annotated[CleanText, Query(max_length=100)] = "",
    all: bool = False,  # noqa: A002, FBT001, FBT002 - a query parameter
    limit: Limit = DEFAULT,
    cursor: Cursor = None,
) -> PlacementDiff:
    """Placements in the copy of the portal and in the project, by student: those that differ, or `all`."""
    scope = caller.scope(Permission.READ_DESKTOP)
    project = await uow.projects.get(ProjectId(project_id), scope)
    branches = await uow.projects.branches_of([project.id], scope)
    comparison = await uow.comparisons.of(project.id, scope)
    wanted = {
        code: one
        for code, one in comparison.students.items()
        if department in {None, one.department.id} and _is_wanted(one, state, everyone=all)
    }
    keyset = PersonKeyset(limit, cursor, *BY_NAME)
    rows = await uow.students.page(keyset, project.id, scope, search=q, codes=list(wanted))
    codes = await uow.comparisons.codes(project.id)
    page = keyset.page(
        rows,
        lambda row: ComparedRow(**shown(row), cells=_cells(wanted[row.code], codes)),
        lambda row: (row.code,),
    )
    tag(response, project)
    return PlacementDiff(
        revision=project.revision,
        copy_taken_at=min(branch.copy_taken_at for branch in branches),
        departments=_departments(comparison, department),
        not_comparable=[
            NotCompared(student=code, department=here, why=why)
            for code, (here, why) in sorted(comparison.incomparable.items())
            if department in {None, here}
        ],
        items=page.items,
        next=page.next,
    )


@router.post("/download", response_model=ShownDownload)
async def download(  # noqa: PLR0913, PLR0917 - a POST that acts, once
    caller: Changer,
    uow: Work,
    request: Request,
    project_id: PathId,
    body: DownloadInput,
    key: IdempotencyKey = None,
) -> dict[str, Any]:
    """Home classes that the portal leads come from the copy; bound lesson groups follow."""

    async def act() -> dict[str, Any]:
        scope = caller.scope(Permission.CHANGE_DESKTOP)
        done = await download_home_classes(
            uow, ProjectId(project_id), set(body.departments), scope, body.revision
        )
        return ShownDownload.of(done).model_dump(mode="json")

    return await answer_once(request, uow, key, act)


def _is_wanted(one: ComparedStudent, state: CellState | None, *, everyone: bool) -> bool:
    if state is not None:
        return any(cell.state is state for cell in one.cells())
    return everyone or any(cell.state is not CellState.EQUAL for cell in one.cells())


def _cells(one: ComparedStudent, codes: Mapping[GroupId, str]) -> list[ShownCell]:
    return [_cell(cell, one.department, codes) for cell in one.cells()]


def _cell(cell: Cell, department: ComparedDepartment, codes: Mapping[GroupId, str]) -> ShownCell:
    return ShownCell(
        group=ShownGroupCode(id=cell.group, code=codes.get(cell.group, str(cell.group))),
        kind=HOME_CLASS if cell.is_home_class else CLUSTER,
        state=cell.state,
        uploadable=department.takes_home_classes or not cell.is_home_class,
    )


def _departments(comparison: Comparison, department: int | None) -> list[DepartmentCounts]:
    counts = comparison.counts()
    return [
        DepartmentCounts(
            department=one.id,
            code=one.code,
            led_by=one.led_by,
            **{state.value: count for state, count in counts[one.id].items()},
        )
        for one in comparison.departments.values()
        if department in {None, one.id}
    ]
