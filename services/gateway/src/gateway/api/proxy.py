"""`/api/portal/…`, `/api/users/…`, `/api/desktop/…`: the services' own routes. They check the caller."""

from fastapi import APIRouter, Request, Response

from gateway.passing import pass_on
from gateway.services import services_of

PATHS = frozenset({"/api/portal/{path:path}", "/api/users/{path:path}", "/api/desktop/{path:path}"})
_METHODS = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"]

router = APIRouter(prefix="/api", include_in_schema=False)


@router.api_route("/portal/{path:path}", methods=_METHODS)
async def portal(request: Request) -> Response:
    return await pass_on(request, services_of(request).portal)


@router.api_route("/users/{path:path}", methods=_METHODS)
async def users(request: Request) -> Response:
    return await pass_on(request, services_of(request).users)


@router.api_route("/desktop/{path:path}", methods=_METHODS)
async def desktop(request: Request) -> Response:
    return await pass_on(request, services_of(request).desktop)
