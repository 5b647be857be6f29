"""`POST /api/portal/departures/preview`: the portal's outlook, with what users and desktop hold.

The portal judges the request first; the others are asked about the students it knows.
"""

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from gateway.api.answers import as_it_is
from gateway.bodies import read_json
from gateway.errors import PreviewIncomplete, TooManyStudents
from gateway.footprints import NOTHING, Json, NotPermitted, NotTold, held_by
from gateway.services import Service, Services, on_behalf_of, services_of

PATH = "/api/portal/departures/preview"
MOST_STUDENTS = 200
_AT_ONCE = 16

router = APIRouter(tags=["departures"])


@router.post(PATH, response_model=dict[str, Any])
async def preview(request: Request) -> Response:
    """What a departure would remove, in every service; changes nothing."""
    body, caller, services = await read_json(request), on_behalf_of(request), services_of(request)
    json_type = {"Content-Type": "application/json"}
    answer = await services.portal.ask("POST", "/departures/preview", caller | json_type, content=body)
    if answer.status_code != HTTPStatus.OK:
        return as_it_is(answer)
    previewed = answer.json()
    students = {item["student"] for item in previewed["items"]}
    if len(students) > MOST_STUDENTS:
        raise TooManyStudents(most=MOST_STUDENTS)
    try:
        held = await _held(services, students, caller)
    except NotPermitted as refused:
        return as_it_is(refused.answer)
    except NotTold as silent:
        raise PreviewIncomplete(service=silent.service) from silent
    for item in previewed["items"]:
        item |= {service: held[service, item["student"]] for service in ("users", "desktop")}
    return JSONResponse(previewed)


async def _held(
    services: Services, students: set[str], caller: Mapping[str, str]
) -> dict[tuple[str, str], Json]:
    """By service and student; the first that cannot be had ends it."""
    turn = asyncio.Semaphore(_AT_ONCE)
    held: dict[tuple[str, str], Json] = {}

    async def ask(service: Service, student: str) -> None:
        async with turn:
            told = await held_by(service, student, caller)
        if told is None and service is services.users:
            # As in the footprint: whom the portal knows has an account, shown or not.
            raise NotTold(service.name)
        held[service.name, student] = told or NOTHING[service.name]

    try:
        async with asyncio.TaskGroup() as asking:
            for service in (services.users, services.desktop):
                for student in students:
                    asking.create_task(ask(service, student))
    except* (NotTold, NotPermitted) as group:
        first = group.exceptions[0]
    else:
        return held
    raise first
