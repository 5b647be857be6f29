"""Request bodies, read whole and within a limit.

A body is small here (64 KiB), so it is read before a service is asked: a slow sender then holds no
connection to a service, and what is too large reaches none.
"""

from codecs import BOM_UTF8
from typing import Any

from fastapi import Request, Response

from gateway.errors import TooLarge, WrongMediaType
from shared.errors import Refusal
from shared.runtime.problems import refuse

MAX_BODY = 64 * 1024
JSON_BODY: dict[str, Any] = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}
}
"""What OpenAPI is told of a body that a route reads by itself."""
_XML = ("application/xml", "text/xml")
PROJECT_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": JSON_BODY["requestBody"]["content"]
        | {kind: {"schema": {"type": "string", "format": "binary"}} for kind in _XML},
    }
}
_TABLES = (
    "text/csv",
    "application/csv",
    "application/vnd.ms-excel",  # what browsers on Windows call a CSV
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
)
TABLE_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in _TABLES},
    }
}
_HEARD_OUT = 1024 * 1024


async def read_body(request: Request, most: int = MAX_BODY) -> bytes:
    """Raises TooLarge.

    What is a little too large is heard out, unkept: most clients read no answer before they have sent all.
    """
    announced = request.headers.get("content-length", "0")
    if announced.isdigit() and int(announced) > most + _HEARD_OUT:
        raise TooLarge
    body, size = bytearray(), 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= most:
            body += chunk
        elif size > most + _HEARD_OUT:
            break
    if size > most:
        raise TooLarge
    return bytes(body)


async def read_json(request: Request, most: int = MAX_BODY) -> bytes:
    """The bytes of what says it is JSON. Raises WrongMediaType, TooLarge."""
    if _media_type(request) != "application/json":
        raise WrongMediaType("Send application/json")
    return await read_body(request, most)


async def read_project_body(request: Request, most: int = MAX_BODY) -> bytes:
    """The bytes of what says it is JSON or XML. Raises WrongMediaType, TooLarge."""
    if _media_type(request) not in {"application/json", *_XML}:
        raise WrongMediaType("Send application/json or application/xml")
    return await read_body(request, most)


def is_xml(request: Request, raw: bytes) -> bool:
    """By what it says, or by how it begins: no JSON that we take begins so."""
    return _media_type(request) in _XML or raw.removeprefix(BOM_UTF8).lstrip().startswith(b"<")


async def read_table(request: Request, most: int = MAX_BODY) -> bytes:
    """The bytes of what says it is CSV or a spreadsheet. Raises WrongMediaType, TooLarge."""
    if _media_type(request) not in _TABLES:
        raise WrongMediaType("Send text/csv, or an xlsx by its media type")
    return await read_body(request, most)


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def hang_up(_: Request, error: Exception) -> Response:
    """Say it is too large and close, or the caller would go on sending what nobody reads."""
    assert isinstance(error, Refusal)  # noqa: S101 - narrows for the type checker
    response = refuse(error)
    response.headers["Connection"] = "close"
    return response
