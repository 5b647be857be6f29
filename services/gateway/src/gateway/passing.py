"""Passing a request to a service and its answer back, without changing either."""

from collections.abc import AsyncIterator

import httpx
from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from gateway.bodies import read_body
from gateway.errors import ServiceAway
from gateway.headers import to_caller, to_service
from gateway.paths import path_at_service
from gateway.services import Service
from shared.errors import NotFound

_EVENTS = "text/event-stream"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


async def pass_on(request: Request, service: Service) -> Response:
    """The service's own answer, as it comes. Raises NotFound, TooLarge, ServiceAway."""
    asked = httpx.Request(
        request.method,
        _url(request, service),
        headers=to_service(request),
        content=await read_body(request) or None,
        extensions={"timeout": service.timeout.as_dict()},
    )
    try:
        answer = await service.client.send(asked, stream=True)
    except httpx.HTTPError as error:
        detail = None if request.method in _SAFE else "No answer came: whether it was done is not known"
        raise ServiceAway(detail, service=service.name) from error
    response = StreamingResponse(_body(answer), answer.status_code)
    response.raw_headers = to_caller(answer.headers.raw, service.base_url, service.prefix)
    return response


def _url(request: Request, service: Service) -> httpx.URL:
    path = path_at_service(request.scope["raw_path"], service.prefix)
    if path is None:
        raise NotFound
    query = request.scope["query_string"].decode("latin-1")
    try:
        return httpx.URL(service.base_url + path + (f"?{query}" if query else ""))
    except httpx.InvalidURL as error:
        raise NotFound from error


async def _body(answer: httpx.Response) -> AsyncIterator[bytes]:
    """Chunk by chunk. Events may be silent for long, and their listener connects again by himself."""
    is_events = answer.headers.get("content-type", "").startswith(_EVENTS)
    if is_events:
        answer.request.extensions["timeout"]["read"] = None
    try:
        async for chunk in answer.aiter_raw():
            yield chunk
    except httpx.HTTPError:
        if not is_events:
            raise
    finally:
        await answer.aclose()
