"""Departures: preview, request, look, and live progress."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from portal.api.departure_events import follow
from portal.api.departures_shown import (
    DepartureInput,
    DepartureShown,
    DeparturesRequested,
    DeparturesUndone,
    PreviewInput,
    PreviewShown,
    UndoInput,
    show_departure,
    show_outlooks,
    show_undone,
)
from portal.api.depends import Work, settings_of
from portal.api.enrolments_shown import Names
from portal.features.departure import request_departures
from portal.features.departure_outlook import outlooks_in, sight_of
from portal.features.departure_undo import cancel_departure, retry_step, undo_departure, undo_departures
from portal.models.departure import Departure
from shared.contracts.ids import STUDENT_CODE_PATTERN, DepartureId, StudentCode
from shared.contracts.rights import Permission
from shared.contracts.values import DepartureState, Step
from shared.errors import NotFound
from shared.runtime.access import Allowed, Caller
from shared.runtime.idempotency import IdempotencyKey, answer_once
from shared.runtime.paging import DEFAULT, Cursor, Keyset, Limit, Page

router = APIRouter(prefix="/departures", tags=["departures"])

Leaver = Annotated[Caller, Allowed(Permission.DEPART)]


@router.post("/preview")
async def preview(caller: Leaver, uow: Work, request: Request, body: PreviewInput) -> PreviewShown:
    """What a departure would remove in the portal; changes nothing."""
    wish = body.wish()
    sight = await sight_of(uow, set(wish.students), caller.scope(Permission.DEPART))
    outlooks = outlooks_in(sight, wish)
    names = await Names.of(uow, [e for outlook in outlooks for e in outlook.enrolments + outlook.prognoses])
    return show_outlooks(outlooks, names, threshold=settings_of(request).departure_threshold)


@router.post("", status_code=202, response_model=DeparturesRequested)
async def request_departure(  # noqa: PLR0913, PLR0917 - a POST that acts, once
    caller: Leaver,
    uow: Work,
    request: Request,
    response: Response,
    body: DepartureInput,
    key: IdempotencyKey = None,
) -> dict[str, Any]:
    """Let students leave: all of the list, or nothing of it."""

    async def act() -> dict[str, Any]:
        batch, departures = await request_departures(
            uow,
            body.wish(),
            caller.scope(Permission.DEPART),
            requested_by=caller.code,
            threshold=settings_of(request).departure_threshold,
            threshold_confirmed=body.confirm_threshold,
        )
        shown = DeparturesRequested(batch=batch, items=[show_departure(d) for d in departures])
        return shown.model_dump(mode="json")

    reply = await answer_once(request, uow, key, act)
    response.headers["Location"] = f"/departures?batch={reply['batch']}"
    return reply


@router.get("")
async def list_departures(  # noqa: PLR0913, PLR0917 - the filters of the list
    caller: Leaver,
    uow: Work,
    batch: UUID | None = None,
    state: DepartureState | None = None,
    student: Annotated[str | None, Query(pattern=STUDENT_CODE_PATTERN)] = None,
    limit: Limit = DEFAULT,
    cursor: Cursor = None,
) -> Page[DepartureShown]:
    """Departures in the order they were requested."""
    keyset = Keyset(limit, cursor, Departure.id)
    departures = await uow.departures.search(
        caller.scope(Permission.DEPART),
        keyset,
        batch=batch,
        state=state,
        student=StudentCode(student) if student else None,
    )
    return keyset.page(departures, show_departure, lambda departure: (departure.id,))


@router.post("/undo", status_code=202, response_model=DeparturesUndone)
async def undo_many(
    caller: Leaver, uow: Work, request: Request, body: UndoInput, key: IdempotencyKey = None
) -> dict[str, Any]:
    """Take back a whole batch, or a list: each that can be; the others are named with the reason."""

    async def act() -> dict[str, Any]:
        undone, refused = await undo_departures(
            uow,
            caller.scope(Permission.DEPART),
            timedelta(days=settings_of(request).undo_days),
            batch=body.batch,
            departures=[DepartureId(one) for one in body.departures],
        )
        return show_undone(undone, refused).model_dump(mode="json")

    return await answer_once(request, uow, key, act)


async def _known_batch(caller: Leaver, uow: Work, batch: UUID) -> UUID:
    """A stream cannot become a 404 once it has begun."""
    if not await uow.departures.versions(caller.scope(Permission.DEPART), batch=batch):
        raise NotFound
    return batch


@router.get("/events", response_class=EventSourceResponse)
async def follow_batch(
    caller: Leaver, request: Request, batch: Annotated[UUID, Depends(_known_batch, scope="function")]
) -> AsyncIterator[ServerSentEvent]:
    """The departures of a batch as they go on, until all have ended or the token has."""
    scope = caller.scope(Permission.DEPART)
    async for event in follow(request, caller, lambda uow: uow.departures.versions(scope, batch=batch)):
        yield event


@router.get("/{departure_id}")
async def get_departure(caller: Leaver, uow: Work, response: Response, departure_id: UUID) -> DepartureShown:
    """One departure with its checklist."""
    departure = await uow.departures.get(DepartureId(departure_id), caller.scope(Permission.DEPART))
    response.headers["ETag"] = f'"{departure.version}"'
    return show_departure(departure)


async def _known(caller: Leaver, uow: Work, departure_id: UUID) -> DepartureId:
    return (await uow.departures.get(DepartureId(departure_id), caller.scope(Permission.DEPART))).id


@router.get("/{departure_id}/events", response_class=EventSourceResponse)
async def follow_departure(
    caller: Leaver, request: Request, known: Annotated[DepartureId, Depends(_known, scope="function")]
) -> AsyncIterator[ServerSentEvent]:
    """One departure as it goes on: its present state first, ending at a final one."""
    scope = caller.scope(Permission.DEPART)
    async for event in follow(request, caller, lambda uow: uow.departures.versions(scope, departure=known)):
        yield event


@router.post("/{departure_id}/undo", status_code=202, response_model=DepartureShown)
async def undo(
    caller: Leaver, uow: Work, request: Request, departure_id: UUID, key: IdempotencyKey = None
) -> dict[str, Any]:
    """Take a departure back, within the window: everything it removed, as far as it still fits."""

    async def act() -> dict[str, Any]:
        window = timedelta(days=settings_of(request).undo_days)
        scope = caller.scope(Permission.DEPART)
        return _kept(await undo_departure(uow, DepartureId(departure_id), scope, window))

    return await answer_once(request, uow, key, act)


@router.post("/{departure_id}/cancel", response_model=DepartureShown)
async def cancel(
    caller: Leaver, uow: Work, request: Request, departure_id: UUID, key: IdempotencyKey = None
) -> dict[str, Any]:
    """Call off a departure that is planned and not due yet."""

    async def act() -> dict[str, Any]:
        scope = caller.scope(Permission.DEPART)
        return _kept(await cancel_departure(uow, DepartureId(departure_id), scope))

    return await answer_once(request, uow, key, act)


@router.post("/{departure_id}/steps/{step}/retry", status_code=202, response_model=DepartureShown)
async def retry(  # noqa: PLR0913, PLR0917 - a POST that acts, once
    caller: Leaver,
    uow: Work,
    request: Request,
    departure_id: UUID,
    step: Step,
    key: IdempotencyKey = None,
) -> dict[str, Any]:
    """Send the command of one step again, now."""

    async def act() -> dict[str, Any]:
        scope = caller.scope(Permission.DEPART)
        return _kept(await retry_step(uow, DepartureId(departure_id), scope, step))

    return await answer_once(request, uow, key, act)


def _kept(departure: Departure) -> dict[str, Any]:
    return show_departure(departure).model_dump(mode="json")
