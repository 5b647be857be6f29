"""RFC 9457 problems: a stable `code`, English text, and never an echo of what was sent."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from asyncpg import PostgresError
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from shared.database.engine import database_is_away, lost_a_race
from shared.errors import InvalidInput, NotFound, Refusal, TryLater

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"

_CODES = {
    400: "malformed",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "wrong_media_type",
}


class Problem(BaseModel):
    """Why something was refused (RFC 9457): `code` is stable, `params` are its particulars."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    params: dict[str, Any]


def problem(
    status: int, code: str, title: str, detail: str = "", params: Mapping[str, Any] | None = None
) -> JSONResponse:
    """A problem response."""
    body = Problem(
        type=f"urn:doorstroom:problem:{code}",
        title=title,
        status=status,
        code=code,
        detail=detail or title,
        params=dict(params or {}),
    )
    headers = {"Retry-After": "2"} if status == TryLater.status else {}
    if status == 401:  # noqa: PLR2004 - RFC 9110 section 15.5.2
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(body.model_dump(), status_code=status, media_type=MEDIA_TYPE, headers=headers)


def refuse(refusal: Refusal) -> JSONResponse:
    """A refusal of the business as a problem."""
    return problem(refusal.status, refusal.code, refusal.title, refusal.detail, refusal.params)


async def _refused(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Refusal)  # noqa: S101 - narrows for the type checker
    return refuse(error)


async def _invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    errors = error.errors()
    if any(e["type"] == "json_invalid" for e in errors):
        return problem(400, "malformed", "The body is not valid JSON")
    if any(e["loc"][0] == "path" for e in errors):
        return refuse(NotFound())
    # Places and kinds, never the input: pydantic's own errors would repeat it.
    places = [{"place": ".".join(map(str, _place(e))), "kind": e["type"]} for e in errors]
    return refuse(InvalidInput("See params.errors", errors=places))


def _place(error: Mapping[str, Any]) -> Sequence[Any]:
    """Where it is; the name of an unknown field is input too."""
    return error["loc"][:-1] if error["type"] == "extra_forbidden" else error["loc"]  # type: ignore[no-any-return]


async def _http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101
    code = _CODES.get(error.status_code, "http_error")
    answer = problem(error.status_code, code, str(error.detail))
    answer.headers.update(error.headers or {})  # a 405's Allow
    return answer


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    if database_is_away(error):
        return refuse(TryLater("The database is not available now"))
    if lost_a_race(error):
        return refuse(TryLater("Somebody else changed the same things at that moment"))
    route = request.scope.get("route")
    log.error("unexpected error", extra={"route": getattr(route, "path", None)}, exc_info=error)
    return problem(500, "unexpected", "Something went wrong; it has been logged")


def install(app: FastAPI) -> None:
    """Let the app answer every error as a problem."""
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    # These are answered; what only `Exception` catches is raised on, and logged by the server once more.
    for away in (SQLAlchemyError, PostgresError, OSError):
        app.add_exception_handler(away, _unexpected)
    app.add_exception_handler(Exception, _unexpected)
