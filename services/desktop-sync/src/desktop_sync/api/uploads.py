"""Uploads of placements: begin one, see what became of each row, follow it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import AwareDatetime, BaseModel, Field

from desktop_sync.api.access import Changer, Reader, Work
from desktop_sync.api.connector import Departments, Revision, ShownGroupCode
from desktop_sync.features.upload import Take, upload_placements
from desktop_sync.models.upload import Upload, UploadedRow, UploadState
from desktop_sync.unit_of_work import DesktopUnitOfWork
from shared.contracts.ids import AStudentCode, DepartmentId, GroupId, ProjectId, StudentCode, UserCode
from shared.contracts.rights import Permission
from shared.contracts.values import UploadResult
from shared.runtime.access import Scope, Tokens
from shared.runtime.idempotency import IdempotencyKey, answer_once
from shared.runtime.input import SPELLED, Input, PathId
from shared.runtime.paging import DEFAULT, Cursor, Keyset, Limit
from shared.runtime.work import origin_of

_LOOK_SECONDS = 0.25
_MOST_CHOICES = 1000


class Choice(Input):
    """Of a student who changed in the portal: whose placements count."""

    student: AStudentCode
    take: Take


class UploadInput(Input):
    """`revision` and `copy_taken_at` are those of the differences that were looked at."""

    departments: Departments
    revision: Revision
    copy_taken_at: Annotated[AwareDatetime, SPELLED] | None = None
    choices: Annotated[list[Choice], Field(max_length=_MOST_CHOICES)] = Field(default_factory=list)


class UploadCounts(BaseModel):
    """Rows by what became of them; `open`: not answered yet."""

    open: int
    applied: int
    equal: int
    changed: int
    refused: int


class ShownUpload(BaseModel):
    id: UUID
    project: ProjectId
    state: UploadState
    counts: UploadCounts
    departments: list[DepartmentId]
    started_by: UserCode
    started_at: datetime
    ended_at: datetime | None
    error: str | None
    """Why it failed: an operator must look at the portal, or it was silent for too long."""

    @classmethod
    async def of(cls, uow: DesktopUnitOfWork, upload: Upload, scope: Scope) -> Self:
        """With the counts of the branches of the scope."""
        counts = await uow.uploads.counts(upload.id, scope)
        return cls(
            id=upload.id,
            project=upload.project_id,
            state=upload.state,
            counts=UploadCounts(
                open=counts.get(None, 0), **{result: counts.get(result, 0) for result in UploadResult}
            ),
            departments=upload.departments,
            started_by=upload.started_by,
            started_at=upload.started_at,
            ended_at=upload.ended_at,
            error=upload.error,
        )


class ShownSeating(BaseModel):
    home_class: ShownGroupCode | None
    groups: list[ShownGroupCode]

    @classmethod
    def of(cls, told: Mapping[str, Any], codes: Mapping[GroupId, str]) -> Self:
        """Of a group that was made since the copy was taken only the id is known."""

        def group(one: GroupId) -> ShownGroupCode:
            return ShownGroupCode(id=one, code=codes.get(one, str(one)))

        home_class = told["home_class"]
        return cls(
            home_class=None if home_class is None else group(home_class),
            groups=[group(one) for one in told["groups"]],
        )


class ShownRow(BaseModel):
    """What was asked of a student, what became of it, and what the portal has `now`."""

    student: StudentCode
    department: DepartmentId
    result: UploadResult | None
    code: str | None
    before: ShownSeating
    after: ShownSeating
    now: ShownSeating | None

    @classmethod
    def of(cls, row: UploadedRow, codes: Mapping[GroupId, str]) -> Self:
        return cls(
            student=row.student_code,
            department=row.department_id,
            result=row.result,
            code=row.code,
            before=ShownSeating.of(row.before, codes),
            after=ShownSeating.of(row.after, codes),
            now=None if row.now is None else ShownSeating.of(row.now, codes),
        )


class UploadWithRows(ShownUpload):
    items: list[ShownRow]
    next: str | None


router = APIRouter(prefix="/projects/{project_id}", tags=["connector"])


@router.post("/placements/upload", status_code=202, response_model=ShownUpload)
async def begin_upload(  # noqa: PLR0913, PLR0917 - a POST that acts, once
    caller: Changer,
    uow: Work,
    request: Request,
    project_id: PathId,
    body: UploadInput,
    key: IdempotencyKey = None,
) -> dict[str, Any]:
    """Send the placements of these departments to the portal, as they were looked at."""

    async def act() -> dict[str, Any]:
        scope = caller.scope(Permission.CHANGE_DESKTOP)
        upload = await upload_placements(
            uow,
            ProjectId(project_id),
            set(body.departments),
            scope,
            revision=body.revision,
            copy_taken_at=body.copy_taken_at,
            choices={choice.student: choice.take for choice in body.choices},
        )
        return (await ShownUpload.of(uow, upload, scope)).model_dump(mode="json")

    return await answer_once(request, uow, key, act)


@router.get("/uploads/{upload_id}")
async def show_upload(  # noqa: PLR0913, PLR0917 - a list has filters and a page
    caller: Reader,
    uow: Work,
    project_id: PathId,
    upload_id: UUID,
    response: Response,
    result: UploadResult | None = None,
    limit: Limit = DEFAULT,
    cursor: Cursor = None,
) -> UploadWithRows:
    """An upload, and what became of each student, by code."""
    keyset = Keyset(limit, cursor, UploadedRow.student_code)
    scope = caller.scope(Permission.READ_DESKTOP)
    project = await uow.projects.get(ProjectId(project_id), scope)
    upload = await uow.uploads.get(project.id, upload_id, scope)
    rows = await uow.uploads.page(keyset, upload.id, result, scope)
    codes = await uow.comparisons.codes(project.id)
    page = keyset.page(rows, lambda row: ShownRow.of(row, codes), lambda row: (row.student_code,))
    response.headers["ETag"] = f'"{upload.version}"'
    job = await ShownUpload.of(uow, upload, scope)
    return UploadWithRows(**job.model_dump(), items=page.items, next=page.next)


async def _known(caller: Reader, uow: Work, project_id: PathId, upload_id: UUID) -> Upload:
    """A stream cannot become a 404 once it has begun."""
    scope = caller.scope(Permission.READ_DESKTOP)
    project = await uow.projects.get(ProjectId(project_id), scope)
    return await uow.uploads.get(project.id, upload_id, scope)


@router.get("/uploads/{upload_id}/events", response_class=EventSourceResponse)
async def follow_upload(
    caller: Reader, request: Request, known: Annotated[Upload, Depends(_known, scope="function")]
) -> AsyncIterator[ServerSentEvent]:
    """The upload as it goes on: its present state first, ending when it is over or the token is.

    No database session is held between two looks.
    """
    seen, scope = 0, caller.scope(Permission.READ_DESKTOP)
    tokens: Tokens = request.app.state.tokens
    while await tokens.is_alive(caller):
        async with request.app.state.road.open_work(origin_of(request)) as uow:
            upload = await uow.uploads.get(known.project_id, known.id, scope)
            job = await ShownUpload.of(uow, upload, scope) if upload.version != seen else None
        if job is not None:
            seen = upload.version
            yield ServerSentEvent(event="upload", id=str(seen), data=job)
        if upload.state is not UploadState.RUNNING:
            return
        await asyncio.sleep(_LOOK_SECONDS)
