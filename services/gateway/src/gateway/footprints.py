"""What is left of a student in all services: one answer, or none (names.md: the shape is fixed)."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from gateway.errors import ServiceAway
from gateway.services import Service, Services

Json = dict[str, Any]

NOTHING: Mapping[str, Json] = {
    "portal": {"enrolments": [], "prognoses": []},
    "users": {"account": {"active": False}, "sessions": 0, "refresh_tokens": 0, "api_tokens": 0},
    "desktop": {"projects": []},
}
_PATHS = {
    "portal": "/students/{}/footprint",
    "users": "/users/{}/footprint",
    "desktop": "/students/{}/footprint",
}


PATIENCE_SECONDS = 5.0
"""A service that does not answer a small question by then is away."""


class NotTold(Exception):
    """A service did not say what it holds: it is away, or it failed."""

    def __init__(self, service: str) -> None:
        super().__init__(service)
        self.service = service


class NotPermitted(Exception):
    """A service refuses the caller; its answer goes to him as it is."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__(answer.status_code)
        self.answer = answer


async def held_by(service: Service, student: str, caller: Mapping[str, str]) -> Json | None:
    """What the service holds of a student, None when it does not know him. Raises NotTold, NotPermitted."""
    try:
        answer = await service.ask(
            "GET", _PATHS[service.name].format(student), caller, seconds=PATIENCE_SECONDS
        )
    except ServiceAway as error:
        raise NotTold(service.name) from error
    match answer.status_code:
        case 200:
            return _read(service.name, answer)
        case 404:
            return None
        case 401 | 403:
            raise NotPermitted(answer)
        case _:
            raise NotTold(service.name)


async def all_held_by(
    service: Service, students: Sequence[str], caller: Mapping[str, str], **more: Sequence[str]
) -> dict[str, Json]:
    """What the service holds of each of these students it knows. Raises NotTold, NotPermitted."""
    try:
        answer = await service.ask("POST", "/footprints", caller, json={"students": students, **more})
    except ServiceAway as error:
        raise NotTold(service.name) from error
    match answer.status_code:
        case 200:
            return _read_all(service.name, answer)
        case 401 | 403:
            raise NotPermitted(answer)
        case _:
            raise NotTold(service.name)


async def footprint_of(services: Services, student: str, caller: Mapping[str, str]) -> Json | None:
    """The merged footprint, None for a student nobody knows. Raises NotTold, NotPermitted."""
    portal, users, desktop = await asyncio.gather(
        *(held_by(service, student, caller) for service in services.all)
    )
    # The desktop cannot tell a student it does not know from one of whom nothing is left.
    if portal is None and users is None and desktop in (None, NOTHING["desktop"]):
        return None
    if portal is not None and users is None:
        # Whoever is enrolled has an account; users has not learned his branch yet and cannot show it.
        raise NotTold(services.users.name)
    held = {
        "portal": portal or NOTHING["portal"],
        "users": users or NOTHING["users"],
        "desktop": desktop or NOTHING["desktop"],
    }
    return {"student": student, "empty": held == NOTHING, **held}


def _read(service: str, answer: httpx.Response) -> Json:
    """The fields we know, so that one a service adds later neither hides nor fakes something left."""
    try:
        told = answer.json()
        return {field: told[field] for field in NOTHING[service]}
    except (ValueError, KeyError, TypeError) as error:
        raise NotTold(service) from error


def _read_all(service: str, answer: httpx.Response) -> dict[str, Json]:
    """Of each student the fields we know, and his guardians."""
    fields = [*NOTHING[service], *(["guardians"] if service == "users" else ())]
    try:
        return {one["student"]: {field: one[field] for field in fields} for one in answer.json()["items"]}
    except (ValueError, KeyError, TypeError) as error:
        raise NotTold(service) from error
