"""The gateway: one door to the services, a merged footprint, and imports. It has no database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from gateway.api import exports, footprints, health, imports, preview, proxy, welcome
from gateway.bodies import hang_up
from gateway.errors import TooLarge
from gateway.project_import.jobs import ImportJobs
from gateway.services import Services
from gateway.settings import GatewaySettings
from shared.contracts.ids import UserCode
from shared.runtime import problems
from shared.runtime.access import Tokens, check_permissions, read_keys
from shared.runtime.described import describe_refusals

CHECKED_BY_SERVICES = proxy.PATHS | {footprints.PATH, preview.PATH}
"""Here the caller's token is passed on, and the services say what it allows."""
OWN_API = "/api/openapi.json"
PUBLIC = health.PATHS | {welcome.PATH, OWN_API}


async def _alive_from(_: UserCode) -> int:
    """Whether an account was archived since is known to the services, which every import asks."""
    return 0


def create_app(settings: GatewaySettings) -> FastAPI:
    """The gateway, not yet running. Raises RuntimeError when a route is open by mistake."""
    services, jobs = Services(settings), ImportJobs()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with services:
            yield
            await jobs.stop()

    app = FastAPI(
        title="Doorstroom",
        lifespan=lifespan,
        openapi_url=OWN_API,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.settings, app.state.services, app.state.imports = settings, services, jobs
    app.state.tokens = Tokens(read_keys(settings.jwks_file), settings.issuer, _alive_from)
    problems.install(app)
    app.add_exception_handler(TooLarge, hang_up)
    # The proxy last: it takes whatever of the services' paths the door does not answer itself.
    for part in (welcome, health, footprints, preview, imports, exports, proxy):
        app.include_router(part.router)
    check_permissions(app, PUBLIC | CHECKED_BY_SERVICES)
    describe_refusals(app, CHECKED_BY_SERVICES)
    return app
