"""Changes of department: preview, one, a list, and what is still to be done after each."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from portal.api.department_changes_shown import (
    DepartmentChangeShown,
    DepartmentPreview,
    DepartmentsChangedShown,
    OneDepartmentChanged,
    show_changed,
    show_changes,
)
from portal.api.depends import Work, settings_of
from portal.features.department_change import change_department, change_departments, preview_department
from portal.features.department_outlook import DepartmentWish
from portal.models.department_change import ChangeState, DepartmentChange
from shared.contracts.ids import STUDENT_CODE_PATTERN, DepartmentId, EnrolmentId, GroupId, StudentCode
from shared.contracts.rights import Permission
from shared.contracts.values import PackagePolicy
from shared.runtime.access import Allowed, Caller
from shared.runtime.idempotency import IdempotencyKey, answer_once
from shared.runtime.input import Id, Input, PathId, QueryId
from shared.runtime.paging import DEFAULT, Cursor, Keyset, Limit, Page
from shared.runtime.versions import IfMatchGiven

router = APIRouter(tags=["department changes"])

MOST_IN_A_BODY = 500
"""So many fit into 64 KiB."""

Placer = Annotated[Caller, Allowed(Permission.CHANGE_PLACEMENTS)]
Reader = Annotated[Caller, Allowed(Permission.READ_STUDENTS)]


class DepartmentInput(Input):
    """`choice_package` must be given where there is one; `home_class` may be, where the portal leads."""

    department: Id
    choice_package: PackagePolicy | None = None
    home_class: Id | None = None

    def wish(self, enrolment: int) -> DepartmentWish:
        return DepartmentWish(
            enrolment=EnrolmentId(enrolment),
            department=DepartmentId(self.department),
            choice_package=self.choice_package,
            home_class=GroupId(self.home_class) if self.home_class is not None else None,
        )


class ListedDepartment(DepartmentInput):
    enrolment: Id


class DepartmentsInput(Input):
    changes: Annotated[list[ListedDepartment], Field(min_length=1, max_length=MOST_IN_A_BODY)]


@router.post("/enrolments/{enrolment_id}/department/preview")
async def preview(
    caller: Placer, uow: Work, request: Request, enrolment_id: PathId, body: DepartmentInput
) -> DepartmentPreview:
    """What a change of department would do; changes nothing."""
    scope = caller.scope(Permission.CHANGE_PLACEMENTS)
    refuse_full = settings_of(request).refuses_full
    sight, outlook = await preview_department(uow, body.wish(enrolment_id), scope, refuse_full=refuse_full)
    return DepartmentPreview.of(outlook, sight.students[outlook.enrolment.student_code].version)


@router.put("/enrolments/{enrolment_id}/department")
async def put_department(  # noqa: PLR0913, PLR0917 - a PUT that may name what it saw
    caller: Placer,
    uow: Work,
    request: Request,
    response: Response,
    enrolment_id: PathId,
    body: DepartmentInput,
    seen: IfMatchGiven,
) -> OneDepartmentChanged:
    """Another department: a new enrolment replaces this one; the answer names what went and what follows."""
    done = await change_department(
        uow,
        body.wish(enrolment_id),
        caller.scope(Permission.CHANGE_PLACEMENTS),
        seen,
        refuse_full=settings_of(request).refuses_full,
    )
    [shown] = await show_changed(uow, done)
    response.headers["ETag"] = f'"{shown.version}"'
    return OneDepartmentChanged(**dict(shown), warnings=done.warnings)


@router.post("/department-changes", response_model=DepartmentsChangedShown)
async def post_departments(
    caller: Placer, uow: Work, request: Request, body: DepartmentsInput, key: IdempotencyKey = None
) -> dict[str, Any]:
    """Other departments for a list of enrolments: all of it, or nothing."""

    async def act() -> dict[str, Any]:
        done = await change_departments(
            uow,
            [one.wish(one.enrolment) for one in body.changes],
            caller.scope(Permission.CHANGE_PLACEMENTS),
            refuse_full=settings_of(request).refuses_full,
        )
        shown = DepartmentsChangedShown(items=await show_changed(uow, done), warnings=done.warnings)
        return shown.model_dump(mode="json")

    return await answer_once(request, uow, key, act)


@router.get("/department-changes")
async def list_changes(  # noqa: PLR0913, PLR0917 - the filters of the list
    caller: Reader,
    uow: Work,
    student: Annotated[str | None, Query(pattern=STUDENT_CODE_PATTERN)] = None,
    state: ChangeState | None = None,
    department: QueryId | None = None,
    limit: Limit = DEFAULT,
    cursor: Cursor = None,
) -> Page[DepartmentChangeShown]:
    """Changes of department in the order in which they were made, with what is still to be done."""
    keyset = Keyset(limit, cursor, DepartmentChange.id)
    changes = await uow.department_changes.search(
        caller.scope(Permission.READ_STUDENTS),
        keyset,
        student=StudentCode(student) if student else None,
        state=state,
        department=DepartmentId(department) if department else None,
    )
    shown = {one.id: one for one in await show_changes(uow, changes)}
    return keyset.page(changes, lambda change: shown[change.id], lambda change: (change.id,))


@router.get("/department-changes/{change_id}")
async def get_change(caller: Reader, uow: Work, change_id: UUID) -> DepartmentChangeShown:
    """One change of department with its steps."""
    change = await uow.department_changes.get(change_id, caller.scope(Permission.READ_STUDENTS))
    [shown] = await show_changes(uow, [change])
    return shown
