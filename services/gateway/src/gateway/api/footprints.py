"""`GET /api/students/{code}/footprint`: before a departure the preview, after it the proof."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from gateway.api.answers import as_it_is
from gateway.errors import FootprintIncomplete
from gateway.footprints import NotPermitted, NotTold, footprint_of
from gateway.services import on_behalf_of, services_of
from shared.errors import NotFound
from shared.runtime.input import PathStudent

PATH = "/api/students/{code}/footprint"

router = APIRouter(tags=["footprint"])


@router.get(PATH, response_model=dict[str, Any])
async def get_footprint(request: Request, code: PathStudent) -> Response:
    """What portal, users and desktop still hold; 503 when one of them cannot be asked, never "empty"."""
    try:
        footprint = await footprint_of(services_of(request), code, on_behalf_of(request))
    except NotPermitted as refused:
        return as_it_is(refused.answer)
    except NotTold as silent:
        raise FootprintIncomplete(service=silent.service) from silent
    if footprint is None:
        raise NotFound
    return JSONResponse(footprint)
