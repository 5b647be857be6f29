"""Open, refresh, and look on while it goes; no database session is held between two looks."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel

from desktop_sync.api.access import Reader, Work
from desktop_sync.features.refresh import ask_for_refresh
from desktop_sync.models import Refresh, RefreshKind, RefreshState
from shared.contracts.ids import ProjectId, UserCode
from shared.contracts.rights import Permission
from shared.runtime.access import Tokens
from shared.runtime.idempotency import IdempotencyKey, answer_once
from shared.runtime.input import PathId
from shared.runtime.work import origin_of

LOOK_SECONDS = 0.25


class ShownParts(BaseModel):
    """Of the portal's snapshot; `of` is None until the first has come."""

    arrived: int
    of: int | None


class ShownRefresh(BaseModel):
    """How far it is. `portal_at` and `users_at`: as of when each of them answered."""

    id: UUID
    project: ProjectId
    kind: RefreshKind
    state: RefreshState
    portal_at: datetime | None
    users_at: datetime | None
    parts: ShownParts
    requested_by: UserCode
    started_at: datetime
    ended_at: datetime | None
    copy_taken_at: datetime | None
    error: str | None

    @classmethod
    def of(cls, refresh: Refresh) -> Self:
        return cls(
            id=refresh.id,
            project=refresh.project_id,
            kind=refresh.kind,
            state=refresh.state,
            portal_at=refresh.portal_at,
            users_at=refresh.users_at,
            parts=ShownParts(arrived=refresh.parts_arrived, of=refresh.parts_of),
            requested_by=refresh.requested_by,
            started_at=refresh.started_at,
            ended_at=refresh.ended_at,
            copy_taken_at=refresh.copy_taken_at,
            error=refresh.error,
        )


router = APIRouter(prefix="/projects/{project_id}", tags=["refresh"])


@router.post("/open", status_code=202, response_model=ShownRefresh)
async def open_project(
    caller: Reader, uow: Work, request: Request, project_id: PathId, key: IdempotencyKey = None
) -> dict[str, Any]:
    """Open a project (openen): its copy is brought up to date."""
    return await answer_once(request, uow, key, _asking(caller, uow, project_id, RefreshKind.OPEN))


@router.post("/refresh", status_code=202, response_model=ShownRefresh)
async def refresh_project(
    caller: Reader, uow: Work, request: Request, project_id: PathId, key: IdempotencyKey = None
) -> dict[str, Any]:
    """Take the latest portal data (verversen); one that is under way is joined."""
    return await answer_once(request, uow, key, _asking(caller, uow, project_id, RefreshKind.REFRESH))


@router.get("/refreshes/{refresh_id}")
async def show_refresh(caller: Reader, uow: Work, project_id: PathId, refresh_id: UUID) -> ShownRefresh:
    """One refresh, under way or ended."""
    project = await uow.projects.get(ProjectId(project_id), caller.scope(Permission.READ_DESKTOP))
    return ShownRefresh.of(await uow.refreshes.get(project.id, refresh_id))


async def _known(caller: Reader, uow: Work, project_id: PathId, refresh_id: UUID) -> ProjectId:
    """The project, if it and the refresh can be seen: before the stream begins. Raises NotFound."""
    project = await uow.projects.get(ProjectId(project_id), caller.scope(Permission.READ_DESKTOP))
    await uow.refreshes.get(project.id, refresh_id)
    return project.id


@router.get("/refreshes/{refresh_id}/events", response_class=EventSourceResponse)
async def follow_refresh(
    caller: Reader,
    request: Request,
    refresh_id: UUID,
    project: Annotated[ProjectId, Depends(_known, scope="function")],
) -> AsyncIterator[ServerSentEvent]:
    """One refresh as it goes on: its present state first, ending at a final one."""
    tokens: Tokens = request.app.state.tokens
    seen = 0
    while await tokens.is_alive(caller):
        async with request.app.state.road.open_work(origin_of(request)) as uow:
            refresh = await uow.refreshes.get(project, refresh_id)
        if refresh.version != seen:
            seen = refresh.version
            yield ServerSentEvent(event="refresh", id=str(seen), data=ShownRefresh.of(refresh))
        if refresh.state is not RefreshState.ASKED:
            return
        await asyncio.sleep(LOOK_SECONDS)


def _asking(
    caller: Reader, uow: Work, project_id: int, kind: RefreshKind
) -> Callable[[], Awaitable[dict[str, Any]]]:
    async def act() -> dict[str, Any]:
        scope = caller.scope(Permission.READ_DESKTOP)
        refresh = await ask_for_refresh(uow, ProjectId(project_id), scope, kind)
        return ShownRefresh.of(refresh).model_dump(mode="json")

    return act
