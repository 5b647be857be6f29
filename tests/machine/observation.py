"""What the three services show of a student once all is quiet, against the worlds that are left."""

import time
from collections.abc import Collection
from typing import Any

from tests.machine.door import Person
from tests.machine.model import World
from tests.support.own_school import NEXT, NOW, School

PATIENCE = 40.0


def settle(person: Person, code: str) -> None:
    """Wait until none of his departures is on its way, and no step waits for an answer."""
    until = time.monotonic() + PATIENCE
    while moving := [one for one in _departures(person, code) if _is_moving(one)]:
        assert time.monotonic() < until, f"still on its way: {moving}"
        time.sleep(0.03)


def observe(person: Person, school: School, code: str, worlds: Collection[World]) -> None:
    """A few of these may be on their way for a moment yet; then one world must be what is shown."""
    expected = {_shown_by(world.begun().landed()) for world in worlds} | {
        _shown_by(world.landed()) for world in worlds
    }
    until = time.monotonic() + PATIENCE / 4
    while (found := _seen(person, school, code)) not in expected:
        assert time.monotonic() < until, f"{code} is {found}, and may be {expected}"
        time.sleep(0.05)


def _departures(person: Person, code: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = person.get(f"/api/portal/departures?student={code}")["items"]
    return items


def _is_moving(departure: dict[str, Any]) -> bool:
    return departure["state"] in {"running", "undoing"} or any(
        step["state"] == "sent" for step in departure["steps"].values()
    )


def _shown_by(world: World) -> tuple[Any, ...]:
    return (
        frozenset(world.enrolled),
        world.archived_by is None,
        world.desktop,
        tuple(one.state for one in world.departures),
    )


def _seen(person: Person, school: School, code: str) -> tuple[Any, ...]:
    card = person.get(f"/api/portal/students/{code}")
    footprint = person.get(f"/api/students/{code}/footprint")
    desktop = {
        year
        for year, project in school.projects.items()
        if person.ask("GET", f"/api/desktop/projects/{project}/students/{code}").said == "200"
    }
    return (
        frozenset((NOW if one["kind"] == "enrolment" else NEXT, one["id"]) for one in card["enrolments"]),
        footprint["users"]["account"]["active"],
        frozenset(desktop),
        tuple(one["state"] for one in _departures(person, code)),
    )
