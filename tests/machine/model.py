"""What should be true of one student: every world that what was answered so far allows.

A departure's effects are on their way for a while, in order at each place; who acts meanwhile may find any
number of them done. So an act has several outcomes, and each answer leaves the worlds that explain it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from tests.support.own_school import NEXT, NOW

OPEN = {"scheduled": "departure_scheduled", "running": "departure_running", "undoing": "departure_running"}
TAKEN_BACK = ("undoing", "undone", "cancelled")
BY_HAND = -1


class Enrolment(NamedTuple):
    year: str
    id: int


class Effect(NamedTuple):
    """Something a departure has asked one of the three places to do."""

    place: str
    what: str
    departure: int
    years: frozenset[str] = frozenset()


class Answer(NamedTuple):
    """`said` is the status of what was done, or the code of a refusal."""

    said: str
    body: Any = None


@dataclass(frozen=True)
class Departure:
    prognoses: str
    state: str = "scheduled"
    due: bool = False
    removed: frozenset[Enrolment] = frozenset()
    took: frozenset[str] = frozenset()


@dataclass(frozen=True)
class World:
    """`archived_by`: a departure, or somebody's hand; None while he may log in."""

    enrolled: frozenset[Enrolment]
    desktop: frozenset[str]
    archived_by: int | None = None
    departures: tuple[Departure, ...] = ()
    coming: tuple[Effect, ...] = field(default=())

    @property
    def years(self) -> set[str]:
        return {enrolment.year for enrolment in self.enrolled}

    @property
    def lock(self) -> str | None:
        """The departure that is open, as a refusal says it."""
        return next((OPEN[one.state] for one in self.departures if one.state in OPEN), None)

    @property
    def is_locked(self) -> bool:
        return self.lock == "departure_running"

    @property
    def is_bringing_back(self) -> bool:
        """A departure was called off whose prognoses, which went at once, are not back yet."""
        return any(
            one.what == "bring back" and self.departures[one.departure].state == "cancelled"
            for one in self.coming
        )

    def changed(self, number: int, **how: Any) -> "World":
        departures = list(self.departures)
        departures[number] = replace(departures[number], **how)
        return replace(self, departures=tuple(departures))

    def asks(self, *effects: Effect) -> "World":
        return replace(self, coming=self.coming + effects)

    def moments(self, place: str) -> Iterator["World"]:
        """With none, one, … all of what is on its way to this place done."""
        world = self
        yield world
        for effect in self.coming:
            if effect.place == place:
                world = world.done(effect)
                yield world

    def landed(self) -> "World":
        """With all of it done, and what was under way ended."""
        world = self
        for effect in self.coming:
            world = world.done(effect)
        ends = {"running": "completed", "undoing": "undone"}
        for number, one in enumerate(world.departures):
            world = world.changed(number, state=ends.get(one.state, one.state))
        return world

    def begun(self) -> "World":
        """With what is due under way."""
        world = self
        for number, one in enumerate(self.departures):
            if one.due and one.state == "scheduled":
                world = world.running(number)
        return world

    def readings(self) -> set["World"]:
        """How far the portal may be: what is due may be under way, what is under way may have ended."""
        return {self, self.landed(), self.begun(), self.begun().landed()}

    def running(self, number: int) -> "World":
        later = self.departures[number].prognoses == "remove"
        keeps = self.departures[number].prognoses == "keep"
        world = self.changed(number, state="running").asks(
            Effect("portal", "remove", number, frozenset({NOW})),
            Effect("users", "archive", number),
            Effect("desktop", "delete", number, frozenset({NOW} if keeps else {NOW, NEXT})),
        )
        return world.asks(Effect("portal", "remove", number, frozenset({NEXT}))) if later else world

    def done(self, effect: Effect) -> "World":
        coming = list(self.coming)
        coming.remove(effect)
        world = replace(self, coming=tuple(coming))
        if effect.departure == BY_HAND:
            return replace(world, archived_by=None)
        return world._departure_did(effect)

    def _departure_did(self, effect: Effect) -> "World":
        number, world = effect.departure, self
        departure = self.departures[number]
        match effect.what:
            case "remove":
                gone = frozenset(one for one in self.enrolled if one.year in effect.years)
                world = world.changed(number, removed=departure.removed | gone)
                return replace(world, enrolled=self.enrolled - gone)
            case "bring back":
                fits = frozenset(one for one in departure.removed if one.year not in self.years)
                return replace(world.changed(number, removed=frozenset()), enrolled=self.enrolled | fits)
            case "archive":
                return replace(world, archived_by=number if self.archived_by is None else self.archived_by)
            case "restore":
                return replace(world, archived_by=None if self.archived_by == number else self.archived_by)
            case "delete":
                world = world.changed(number, took=departure.took | (self.desktop & effect.years))
                return replace(world, desktop=self.desktop - effect.years)
            case _:
                return replace(world.changed(number, took=frozenset()), desktop=self.desktop | departure.took)


Worlds = Iterable[World]


class Act:
    """What somebody does about one student, in one world: the worlds in which this could be the answer."""

    def outcomes(self, world: World) -> Iterator[tuple[str, World]]:
        raise NotImplementedError

    def explain(self, worlds: Worlds, answer: Answer) -> set[World]:
        found = {after for world in worlds for said, after in self.outcomes(world) if said == answer.said}
        return {self.told(world, answer) for world in found}

    def told(self, world: World, _: Answer) -> World:
        return world


@dataclass(frozen=True)
class Request(Act):
    prognoses: str
    planned: bool = False

    def outcomes(self, world: World) -> Iterator[tuple[str, World]]:
        for reading in world.readings():
            if reading.lock or reading.is_bringing_back:
                yield reading.lock or "departure_running", reading
            if reading.lock:
                continue
            for there in reading.moments("portal"):
                if there.is_bringing_back:
                    continue
                if there.departures and there.departures[-1].state == "completed" and not there.enrolled:
                    yield "already_departed", there
                else:
                    yield "202", self._requested(there)

    def _requested(self, world: World) -> World:
        number = len(world.departures)
        world = replace(world, departures=(*world.departures, Departure(self.prognoses)))
        if self.prognoses == "remove_now":
            world = world.asks(Effect("portal", "remove", number, frozenset({NEXT})))
        return world if self.planned else world.running(number)


@dataclass(frozen=True)
class Undo(Act):
    number: int

    def outcomes(self, world: World) -> Iterator[tuple[str, World]]:
        for reading in world.readings():
            one = reading.departures[self.number]
            if one.state in TAKEN_BACK:
                yield "already_undone", reading
            elif one.state == "completed" and reading.lock:
                yield reading.lock, reading  # another departure of his
            elif one.state == "completed" and self._is_followed(reading):
                yield "later_departure", reading
            elif one.state == "scheduled":
                yield "departure_scheduled", reading
            else:
                yield (
                    "202",
                    reading.changed(self.number, state="undoing").asks(
                        Effect("portal", "bring back", self.number),
                        Effect("users", "restore", self.number),
                        Effect("desktop", "put back", self.number),
                    ),
                )

    def _is_followed(self, world: World) -> bool:
        return any(later.state == "completed" for later in world.departures[self.number + 1 :])


@dataclass(frozen=True)
class Cancel(Act):
    number: int

    def outcomes(self, world: World) -> Iterator[tuple[str, World]]:
        for reading in world.readings():
            match reading.departures[self.number].state:
                case "scheduled":
                    called_off = reading.changed(self.number, state="cancelled")
                    yield "200", called_off.asks(Effect("portal", "bring back", self.number))
                case "cancelled":
                    yield "200", reading
                case "running":
                    yield "departure_running", reading
                case "completed":
                    yield "already_departed", reading
                case _:
                    yield "already_undone", reading


@dataclass(frozen=True)
class DayIsOver(Act):
    def outcomes(self, world: World) -> Iterator[tuple[str, World]]:
        for number, one in enumerate(world.departures):
            if one.state == "scheduled":
                world = world.changed(number, due=True)
        yield "200", world


@dataclass(frozen=True)
class Delete(Act):
    """One enrolment or prognosis, by itself."""

    enrolment: Enrolment

    def outcomes(self, world: World) -> Iterator[tuple[str, World]]:
        for reading in world.readings():
            for there in reading.moments("portal"):
                if self.enrolment not in there.enrolled:
                    yield "not_found", there
                elif there.is_locked:
                    yield "departure_running", there
                else:
                    yield "200", replace(there, enrolled=there.enrolled - {self.enrolment})


@dataclass(frozen=True)
class Enrol(Act):
    year: str

    def outcomes(self, world: World) -> Iterator[tuple[str, World]]:
        for reading in world.readings():
            for there in reading.moments("portal"):
                if there.is_locked:
                    yield "departure_running", there
                elif self.year in there.years:
                    yield "already_enrolled", there
                else:
                    yield "201", there

    def told(self, world: World, answer: Answer) -> World:
        if answer.said != "201":
            return world
        made = Enrolment(self.year, answer.body["enrolment"]["id"])
        world = replace(world, enrolled=world.enrolled | {made})
        return world.asks(Effect("users", "reopen", BY_HAND)) if answer.body["account_reopening"] else world


@dataclass(frozen=True)
class Account(Act):
    """Archive or restore the user, by itself."""

    archive: bool

    def outcomes(self, world: World) -> Iterator[tuple[str, World]]:
        for there in world.moments("users"):
            by = BY_HAND if there.archived_by is None else there.archived_by
            yield "200", replace(there, archived_by=by if self.archive else None)


@dataclass(frozen=True)
class DeleteInDesktop(Act):
    """Refused while the copy still has his enrolment, which only a departure takes out by itself."""

    year: str

    def outcomes(self, world: World) -> Iterator[tuple[str, World]]:
        for there in world.moments("desktop"):
            yield "still_enrolled" if self.year in there.desktop else "not_found", there


@dataclass(frozen=True)
class NoEffect(Act):
    """A step tried again, a message said again: whatever is answered, nothing changes."""

    def outcomes(self, world: World) -> Iterator[tuple[str, World]]:
        yield from ((said, world) for said in ("202", "step_not_open"))
