"""Whether this process lives, and whether all behind it is ready."""

import asyncio

from fastapi import APIRouter, Request, Response

from gateway.errors import ServiceAway
from gateway.services import Service, services_of

PATHS = frozenset({"/health/live", "/health/ready"})
_SECONDS = 5.0

router = APIRouter(prefix="/health", include_in_schema=False)


@router.get("/live")
async def live() -> dict[str, str]:
    return {"status": "live"}


@router.get("/ready")
async def ready(request: Request, response: Response) -> dict[str, str]:
    """503 until all three services answer that they are."""
    answers = await asyncio.gather(*(_is_ready(service) for service in services_of(request).all))
    response.status_code = 200 if all(answers) else 503
    return {"status": "ready" if all(answers) else "not_ready"}


async def _is_ready(service: Service) -> bool:
    try:
        return (await service.ask("GET", "/health/ready", {}, seconds=_SECONDS)).is_success
    except ServiceAway:
        return False
