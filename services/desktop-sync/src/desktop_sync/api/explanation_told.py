"""Why a student has no other option, as JSON (options_shown.py)."""

from collections.abc import Iterable
from typing import Any

from desktop_sync.options.explanation import Conflict, Explanation
from desktop_sync.options.relaxing import Relaxation
from desktop_sync.options.sentences import why_not
from desktop_sync.options.timetable import Department, Hour

Json = dict[str, Any]


def told_explanation(department: Department, explanation: Explanation) -> Json:
    """The sentence in both languages, and what it is made from."""
    hours = {hour for conflict in explanation.sets for hour in conflict.hours}
    return {
        "reason": explanation.reason,
        "text": {
            "nl": why_not(department, explanation, "nl"),
            "en": why_not(department, explanation, "en"),
        },
        "sets": [_conflict(department, conflict) for conflict in explanation.sets],
        "slots": _hours(sorted(hours, key=lambda hour: (hour.day, hour.period, hour.week or ""))),
        "elsewhere": [_class(department, one) for one in explanation.elsewhere if one is not None],
        "cheapest": [_relaxation(department, one) for one in explanation.cheapest],
    }


def _conflict(department: Department, conflict: Conflict) -> Json:
    return {
        "subjects": list(conflict.subjects),
        "reason": conflict.reason,
        "groups": _groups(department, conflict.groups),
        "hours": _hours(conflict.hours),
    }


def _relaxation(department: Department, relaxation: Relaxation) -> Json:
    home_class = relaxation.home_class
    return {
        "kind": relaxation.kind,
        "home_class": None if home_class is None else _class(department, home_class),
        "groups": _groups(department, relaxation.groups),
        "clashes": relaxation.clashes,
        "hours": _hours(relaxation.hours),
        "subjects": list(relaxation.subjects),
    }


def _class(department: Department, home_class: int) -> Json:
    return {"id": home_class, "code": department.classes[home_class].code}


def _groups(department: Department, groups: Iterable[int]) -> list[Json]:
    return [{"id": one, "code": department.groups[one].code} for one in groups]


def _hours(hours: Iterable[Hour]) -> list[Json]:
    return [hour._asdict() for hour in hours]
