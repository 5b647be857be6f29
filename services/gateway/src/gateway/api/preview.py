"""`POST /api/portal/departures/preview`: the portal's outlook, with what users and desktop hold.

The portal judges the request first; the others are asked about the students it knows, each once.
"""

import asyncio
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from gateway.api.answers import as_it_is
from gateway.bodies import JSON_BODY, read_json
from gateway.errors import PreviewIncomplete
from gateway.footprints import NOTHING, Json, NotPermitted, NotTold, all_held_by
from gateway.services import on_behalf_of, services_of
from shared.contracts.values import Step

PATH = "/api/portal/departures/preview"

router = APIRouter(tags=["departures"])


@router.post(PATH, response_model=dict[str, Any], openapi_extra=JSON_BODY)
async def preview(request: Request) -> Response:
    """What a departure would remove, in every service; changes nothing.

    `users.guardians`: whom the students of this list who leave would together leave without an active child.
    """
    body, caller, services = await read_json(request), on_behalf_of(request), services_of(request)
    json_type = {"Content-Type": "application/json"}
    answer = await services.portal.ask("POST", "/departures/preview", caller | json_type, content=body)
    if answer.status_code != HTTPStatus.OK:
        return as_it_is(answer)
    previewed = answer.json()
    students = [item["student"] for item in previewed["items"]]
    leaving = [item["student"] for item in previewed["items"] if _account_goes(item)]
    try:
        users, desktop = await asyncio.gather(
            all_held_by(services.users, students, caller, leaving=leaving),
            all_held_by(services.desktop, students, caller),
        )
    except NotPermitted as refused:
        return as_it_is(refused.answer)
    except NotTold as silent:
        raise PreviewIncomplete(service=silent.service) from silent
    for item in previewed["items"]:
        if item["student"] not in users:
            # As in the footprint: whom the portal knows has an account, shown or not.
            raise PreviewIncomplete(service=services.users.name)
        item["users"] = users[item["student"]]
        item["desktop"] = desktop.get(item["student"], NOTHING["desktop"])
    return JSONResponse(previewed)


def _account_goes(item: Json) -> bool:
    """Whether the account would be archived: nothing refuses the departure, nor keeps the account."""
    return item.get("refusal") is None and Step.ACCOUNT not in item.get("kept", {})
