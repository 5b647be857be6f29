"""`create_service`: settings + routers + subscriptions = a service."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.contracts.rights import Permission
from shared.messaging.metrics import measure_depths
from shared.messaging.subscriptions import Subscriptions
from shared.messaging.unit_of_work import UnitOfWork
from shared.runtime import operators, problems
from shared.runtime.access import Allowed, Caller, SessionVersion, Tokens, check_permissions, read_keys
from shared.runtime.described import describe_refusals
from shared.runtime.limits import BodyLimits
from shared.runtime.road import Loop, Road
from shared.runtime.timing import Timing
from shared.settings import ServiceSettings

PUBLIC = frozenset({"/health/live", "/health/ready", "/metrics"})

STOP_SECONDS = 5.0

Measure = Callable[[AsyncConnection], Awaitable[None]]


def create_service(  # noqa: PLR0913 - the parts a service is made of
    settings: ServiceSettings,
    *,
    title: str,
    unit_of_work: type[UnitOfWork],
    subscriptions: Subscriptions[Any],
    routers: Sequence[APIRouter],
    alive_from: Callable[[AsyncEngine], SessionVersion],
    loops: Sequence[Loop] = (),
    measures: Sequence[Measure] = (),
    public: frozenset[str] = frozenset(),
    larger_bodies: Mapping[str, int] | None = None,
    forms: frozenset[str] = frozenset(),
) -> FastAPI:
    """The service. Raises RuntimeError when a route declares no permission and is not `public`."""
    road = Road(settings, unit_of_work, subscriptions)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        running = asyncio.create_task(road.run(loops))
        yield
        running.cancel()
        await asyncio.wait([running], timeout=STOP_SECONDS)

    app = FastAPI(title=title, lifespan=lifespan, openapi_url=None)
    app.state.road = road
    app.state.settings = settings
    app.state.tokens = Tokens(read_keys(settings.jwks_file), settings.issuer, alive_from(road.engine))
    app.add_middleware(BodyLimits, larger=larger_bodies, forms=forms)
    app.add_middleware(Timing)
    problems.install(app)
    app.include_router(operators.router)
    app.include_router(_watching(road, measures))
    app.include_router(_described(app))
    for router in routers:
        app.include_router(router)
    check_permissions(app, PUBLIC | public)
    describe_refusals(app)
    return app


def _described(app: FastAPI) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/openapi.json")
    async def openapi(_: Annotated[Caller, Allowed(Permission.READ_OWN)]) -> dict[str, Any]:
        return app.openapi()

    return router


def _watching(road: Road, measures: Sequence[Measure]) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/health/live")
    async def live() -> dict[str, str]:
        return {"status": "live"}

    @router.get("/health/ready")
    async def ready(response: Response) -> dict[str, str]:
        is_ready = await road.is_ready()
        response.status_code = 200 if is_ready else 503
        return {"status": "ready" if is_ready else "not_ready"}

    @router.get("/metrics")
    async def metrics() -> Response:
        async with road.engine.connect() as database:
            for measure in (measure_depths, *measures):
                await measure(database)
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return router
