"""Who asks and what he may: the token check, permissions and scope (names.md "Rights and audit").

A route says `caller: Annotated[Caller, Allowed(Permission.DEPART)]`; one that says nothing does not start.
"""

import json
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from fastapi import Depends, FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from sqlalchemy import ColumnElement, false, or_, true

from shared.contracts.ids import BranchId, StudentCode, UserCode
from shared.contracts.rights import ROLE_PERMISSIONS, Permission, Role
from shared.errors import NotAllowed, NotLoggedIn

ALGORITHM = "Ed25519"
AUDIENCE = "doorstroom"
MOST_PROVEN = 1024
_OF_ONESELF = frozenset({Role.STUDENT, Role.GUARDIAN})
"""Roles without branches that are no roles for all branches: they reach oneself."""
OPENS_WORK = "opens_work"
"""Marks a dependency that opens a unit of work."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Which rows: of every branch, of some branches, or one's own."""

    everything: bool = False
    branches: frozenset[BranchId] = frozenset()
    own: StudentCode | None = None

    def covers(self, branch: Any, student: Any = None) -> ColumnElement[bool]:
        """The condition for a query: rows of these branches, or of the caller himself."""
        if self.everything:
            return true()
        allowed: list[ColumnElement[bool]] = [branch.in_(self.branches)] if self.branches else []
        if self.own is not None and student is not None:
            allowed.append(student == self.own)
        return or_(false(), *allowed)

    def contains(self, branch: BranchId | None) -> bool:
        """Whether a row of this branch is inside."""
        return self.everything or branch in self.branches


@dataclass(frozen=True, slots=True)
class RoleHolder:
    """Who asks. `roles`: for each role the branches it holds for, None for all."""

    code: UserCode
    roles: Mapping[Role, frozenset[BranchId] | None]

    def may(self, permission: Permission) -> bool:
        return any(permission in ROLE_PERMISSIONS[role] for role in self.roles)

    def scope(self, permission: Permission) -> Scope:
        """The rows for which the caller has this permission."""
        granting = [role for role in self.roles if permission in ROLE_PERMISSIONS[role]]
        branches = [self.roles[role] for role in granting if role not in _OF_ONESELF]
        if any(held is None for held in branches):
            return Scope(everything=True)
        return Scope(
            branches=frozenset().union(*(held for held in branches if held is not None)),
            own=StudentCode(self.code) if not _OF_ONESELF.isdisjoint(granting) else None,
        )


@dataclass(frozen=True, slots=True)
class Caller(RoleHolder):
    """A person with a valid token."""

    expires_at: int
    session_version: int


SessionVersion = Callable[[UserCode], Awaitable[int]]
"""The lowest session version whose tokens are still alive, of a user."""


class Tokens:
    """Checks access tokens: signature, claims, and that the account was not archived since."""

    def __init__(self, keys: KeySet, issuer: str, alive_from: SessionVersion) -> None:
        self._keys = keys
        self._alive_from = alive_from
        # A signature is proven once; whether the token still counts is asked each time.
        self._proven = lru_cache(maxsize=MOST_PROVEN)(self._prove)
        self._claims = jwt.JWTClaimsRegistry(
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": AUDIENCE},
            sub={"essential": True},
            exp={"essential": True},
            jti={"essential": True},
        )

    async def caller(self, token: str) -> Caller:
        """Who this token speaks for. Raises NotLoggedIn."""
        caller = self._proven(token)
        if not await self.is_alive(caller):
            raise NotLoggedIn
        return caller

    async def is_alive(self, caller: Caller) -> bool:
        """Whether his token still counts: not expired, and his account not archived since."""
        if time.time() >= caller.expires_at:
            return False
        return caller.session_version >= await self._alive_from(caller.code)

    def _prove(self, token: str) -> Caller:
        """Raises NotLoggedIn."""
        try:
            decoded = jwt.decode(token, self._keys, algorithms=[ALGORITHM])
            self._claims.validate(decoded.claims)
            if decoded.header.get("typ") != "at+jwt":
                raise NotLoggedIn
            return _caller_of(decoded.claims)
        except (JoseError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise NotLoggedIn from error


def _caller_of(claims: Mapping[str, Any]) -> Caller:
    return Caller(
        code=UserCode(claims["sub"]),
        roles={
            Role(role): None if branches is None else frozenset(map(BranchId, branches))
            for role, branches in claims["roles"].items()
        },
        expires_at=int(claims["exp"]),
        session_version=int(claims["sv"]),
    )


def read_keys(path: Path) -> KeySet:
    """The public keys (RFC 7517) that `users` signs with."""
    return KeySet.import_key_set(json.loads(path.read_text()))


class Requires:
    """A dependency: the caller, if he has the permission. Raises NotLoggedIn, NotAllowed."""

    def __init__(self, permission: Permission) -> None:
        self.permission = permission

    async def __call__(self, request: Request) -> Caller:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise NotLoggedIn
        caller: Caller = await request.app.state.tokens.caller(token.strip())
        if not caller.may(self.permission):
            raise NotAllowed
        request.state.caller = caller
        return caller


def Allowed(permission: Permission) -> Any:  # noqa: N802 - reads as a type in a signature
    """What a route asks of its caller, as an annotation of its parameter."""
    return Depends(Requires(permission))


def _permissions(dependant: Dependant) -> Iterable[Permission]:
    if isinstance(dependant.call, Requires):
        yield dependant.call.permission
    for below in dependant.dependencies:
        yield from _permissions(below)


def _calls(dependant: Dependant) -> Iterable[Any]:
    """What FastAPI calls for a route, in its order."""
    for below in dependant.dependencies:
        yield from _calls(below)
        yield below.call


def _knows_its_caller_first(dependant: Dependant) -> bool:
    """The audit names the caller that the unit of work was opened for."""
    calls = list(_calls(dependant))
    asks = next(index for index, call in enumerate(calls) if isinstance(call, Requires))
    return not any(getattr(call, OPENS_WORK, False) for call in calls[:asks])


def check_permissions(app: FastAPI, public: frozenset[str]) -> None:
    """Deny by default: each route declares exactly one permission or is named public. Raises RuntimeError."""
    # FastAPI keeps included routers as they are: `app.routes` alone would show none of theirs.
    for route in iter_route_contexts(app.routes):
        if route.path not in public:
            declared = set(_permissions(route.dependant)) if hasattr(route, "dependant") else set()
            if len(declared) != 1:
                raise RuntimeError(f"{route.methods} {route.path} declares {len(declared)} permissions")
            if not _knows_its_caller_first(route.dependant):
                raise RuntimeError(f"{route.methods} {route.path} opens its work before it knows its caller")
