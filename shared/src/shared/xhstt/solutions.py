"""When each event is, by one of the published solutions: the one that was asked for, or the best."""

from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple
from xml.etree.ElementTree import Element

from shared.project_file.problems import Found, Place
from shared.xhstt.archive import Event, Instance, Placed, Solution
from shared.xhstt.instance import hours, text_in

Attending = Mapping[str, AbstractSet[str]]
"""The students of each event."""
Hours = Mapping[str, Sequence[int | None]]
"""The hours of each event, as indexes of the times; None for one without a time yet."""


class Timetable(NamedTuple):
    """Compared by its faults: hours without a time, then hours in which a student is wanted twice."""

    unplaced: int
    clashes: int
    at: int
    hours: Hours


def read_solution(element: Element, at: int, group: str) -> Solution:
    events = [
        Placed(
            one.get("Reference", ""),
            None if one.find("Duration") is None else text_in(one, "Duration"),
            None if (time := one.find("Time")) is None else time.get("Reference", ""),
        )
        for one in element.iterfind("Events/Event")
    ]
    return Solution(at, group, element.get("Reference", ""), events)


def choose(
    solutions: Sequence[Solution], named: str | None, instance: Instance, attending: Attending, found: Found
) -> Timetable | None:
    """The one with the fewest faults, the later of equals; those with mistakes only when all have."""
    candidates = [one for one in solutions if one.events and named in {None, one.group}]
    if not candidates:
        text = "There is no solution with events." if named is None else "There is no such solution."
        found.add(("SolutionGroups",), "no_solution", text, named)
        return None
    judged = [(one, Found()) for one in candidates]
    timetables = [_timetable(one, instance, attending, wrong) for one, wrong in judged]
    right = [
        timetable for timetable, (_, wrong) in zip(timetables, judged, strict=True) if not wrong.problems
    ]
    if not right:
        for problem in judged[0][1].problems:
            found.problems.append(problem)
        found.more += judged[0][1].more
        return None
    return min(right, key=lambda one: (one.unplaced, one.clashes, -one.at))


def _timetable(solution: Solution, instance: Instance, attending: Attending, found: Found) -> Timetable:
    taken = _hours(solution, instance, found)
    wanted = Counter(
        (student, hour)
        for event, placed in taken.items()
        for hour in placed
        if hour is not None
        for student in attending[event]
    )
    unplaced = sum(hour is None for placed in taken.values() for hour in placed)
    return Timetable(unplaced, sum(count - 1 for count in wanted.values()), solution.at, taken)


def _hours(solution: Solution, instance: Instance, found: Found) -> Hours:
    """An event may be split over several; what no one gives a time to waits for one."""
    taken: dict[str, list[int | None]] = {event: [] for event in instance.events}
    mentioned: set[str] = set()
    starts = {time.id: at for at, time in enumerate(instance.times)}
    for at, one in enumerate(solution.events):
        place: Place = ("Solution", solution.at, "Events", "Event", at)
        event = instance.events.get(one.event)
        if event is None:
            code = "unknown_reference" if one.event else "no_reference"
            found.add(place, code, "There is no such Event.", one.event)
            continue
        mentioned.add(event.id)
        taken[event.id] += _part(one, event, starts, place, found)
    for event in instance.events.values():
        if event.id not in mentioned:
            taken[event.id] += _run(event.start, event.duration)
        if len(taken[event.id]) > event.duration:
            text = "The event lasts longer in the solution than in the instance."
            found.add(("Solution", solution.at), "too_many_hours", text, event.id)
        taken[event.id] += [None] * (event.duration - len(taken[event.id]))
    return taken


def _part(
    one: Placed, event: Event, starts: Mapping[str, int], place: Place, found: Found
) -> list[int | None]:
    duration = event.duration if one.duration is None else hours(one.duration)
    if duration is None:
        found.add((*place, "Duration"), "bad_duration", "The duration is not a number of hours.", event.id)
        return []
    start = event.start if one.time is None else starts.get(one.time)
    if start is None and one.time is not None:
        code = "unknown_reference" if one.time else "no_reference"
        found.add((*place, "Time"), code, "There is no such Time.", event.id)
    elif start is not None and start + duration > len(starts):
        found.add((*place, "Time"), "after_last_time", "It lasts beyond the last time.", event.id)
    return _run(start, duration)


def _run(start: int | None, duration: int) -> list[int | None]:
    return [None] * duration if start is None else list(range(start, start + duration))
