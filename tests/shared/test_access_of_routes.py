from typing import Annotated

import pytest
from fastapi import APIRouter, FastAPI

from shared.contracts.rights import Permission
from shared.runtime.access import Allowed, Caller, check_permissions

inner, outer = APIRouter(prefix="/inner"), APIRouter(prefix="/outer")


@inner.get("/free")
async def free() -> None: ...


@outer.get("/kept")
async def kept(_: Annotated[Caller, Allowed(Permission.DEPART)]) -> None: ...


def app_of(*routers: APIRouter) -> FastAPI:
    app = FastAPI(openapi_url=None)
    for router in routers:
        app.include_router(router)
    return app


def test_a_route_without_a_permission_is_found_wherever_it_is_included():
    check_permissions(app_of(outer), frozenset())
    with pytest.raises(RuntimeError, match="/inner/free"):
        check_permissions(app_of(outer, inner), frozenset())
    nested = APIRouter(prefix="/nest")
    nested.include_router(inner)
    with pytest.raises(RuntimeError, match="/nest/inner/free"):
        check_permissions(app_of(nested), frozenset())
    check_permissions(app_of(nested), frozenset({"/nest/inner/free"}))
