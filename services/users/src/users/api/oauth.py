"""`POST /oauth/token` (RFC 6749, JSON errors of its section 5.2) and the public keys."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from shared.clock import now
from users.api.parts import Work
from users.features.login import Login, log_in, refresh
from users.signing import AccessTokens

TOKEN_PATH, KEYS_PATH = "/oauth/token", "/.well-known/jwks.json"

router = APIRouter(tags=["oauth"])

Field = Annotated[str | None, Form(max_length=1000)]

_ERRORS = {
    "invalid_request": "A parameter is missing",
    "invalid_grant": "Wrong user name or password, or a token that is no longer good",
    "unsupported_grant_type": "Use grant_type=password or refresh_token",
}


class Granted(BaseModel):
    access_token: str
    token_type: Literal["Bearer"]
    expires_in: int
    refresh_token: str


class NotGranted(BaseModel):
    """As RFC 6749 has it in section 5.2, not as a problem."""

    error: str
    error_description: str


@router.post(TOKEN_PATH, responses={200: {"model": Granted}, 400: {"model": NotGranted}})
async def token(  # noqa: PLR0913, PLR0917 - the parameters RFC 6749 names
    request: Request,
    uow: Work,
    grant_type: Field = None,
    username: Field = None,
    password: Field = None,
    refresh_token: Field = None,
) -> JSONResponse:
    """Log in, or stay logged in."""
    match grant_type, username, password, refresh_token:
        case "password", str(), str(), None:
            login = await log_in(uow, _storable(username), password)
        case "refresh_token", None, None, str():
            login = await refresh(uow, refresh_token)
        case (("password" | "refresh_token" | None), _, _, _):
            return _refuse("invalid_request")
        case _:
            return _refuse("unsupported_grant_type")
    return _refuse("invalid_grant") if login is None else _grant(login, request.app.state.access_tokens)


@router.get(KEYS_PATH)
async def public_keys(request: Request) -> dict[str, Any]:
    """The keys access tokens are checked with (RFC 7517)."""
    tokens: AccessTokens = request.app.state.access_tokens
    return tokens.public_keys


def _grant(login: Login, tokens: AccessTokens) -> JSONResponse:
    return _no_store(
        {
            "access_token": tokens.sign(login.user, login.session_version, login.roles, now()),
            "token_type": "Bearer",
            "expires_in": int(tokens.lifetime.total_seconds()),
            "refresh_token": login.refresh_token,
        }
    )


def _refuse(error: str) -> JSONResponse:
    return _no_store({"error": error, "error_description": _ERRORS[error]}, status=400)


def _no_store(body: dict[str, Any], status: int = 200) -> JSONResponse:
    return JSONResponse(body, status, {"Cache-Control": "no-store", "Pragma": "no-cache"})


def _storable(username: str) -> str:
    """No user name holds a NUL, and no query may: such a name is as unknown as any other."""
    return username.replace("\x00", "\ufffd").encode(errors="replace").decode()
