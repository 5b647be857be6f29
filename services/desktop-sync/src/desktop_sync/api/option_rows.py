"""An answer about options as JSON (options_shown.py): what each row changes for the student."""

from collections.abc import Iterator, Mapping
from typing import Any

from desktop_sync.features.options import Answer
from desktop_sync.options.assignment import Assignment
from desktop_sync.options.option import Option, hours_of
from desktop_sync.options.timetable import Department, Group, HomeClass, Hour

Json = dict[str, Any]


def told(answer: Answer) -> Json:
    """All of it; the same answer to the same question, byte for byte."""
    department, student = answer.department, answer.student
    gaps_now = department.cycle.idle(hours_of(department, student.groups))
    return {
        "revision": answer.look.version.revision,
        "fits": answer.fits,
        "total": answer.listing.total,
        "complete": len(answer.listing.rows) == answer.listing.total,
        "home_class_led_by": answer.look.led_by,
        "gaps_now": gaps_now,
        "rows": [_row(answer, option) | {"gaps_now": gaps_now} for option in answer.listing.rows],
    }


def _row(answer: Answer, option: Option) -> Json:
    department, why_not = answer.department, answer.why_not(option)
    return {
        "id": Assignment.of(option).row,
        "kind": "plain",
        "current": answer.is_present(option),
        "home_class": told_home(department, answer.student.home_class, option.home_class),
        "moves": list(moves(department, answer.student.groups, option.groups)),
        "clashes": option.clashes,
        "clash_slots": [hour._asdict() for hour in _clash_hours(department, option)],
        "changes": option.changes,
        "overfull": option.overfull,
        "balance": option.balance,
        "gaps": option.idle,
        "unscheduled": sum(department.groups[group].unscheduled for group in option.groups.values()),
        "others": [],
        "allowed": why_not is None,
        "why_not": why_not,
    }


def told_home(department: Department, now: int | None, then: int | None) -> Json:
    before = None if now is None else department.classes.get(now)
    after = None if then is None else department.classes[then]
    return {"from": _named(before), "to": _named(after), **_seats(after, joins=now != then)}


def moves(department: Department, now: Mapping[str, int | None], then: Mapping[str, int]) -> Iterator[Json]:
    """Each subject whose group changes, in their order."""
    for subject in sorted(now.keys() | then.keys()):
        before, after = _group(department, now.get(subject)), _group(department, then.get(subject))
        if before is not after:
            yield {
                "subject": subject,
                "from": _named(before),
                "to": _named(after),
                "why": _why(before, after),
                **_seats(after, joins=True),
                "unscheduled": 0 if after is None else after.unscheduled,
            }


def _group(department: Department, group: int | None) -> Group | None:
    return None if group is None else department.groups[group]


def _why(before: Group | None, after: Group | None) -> str:
    if after is None:
        return "dropped"
    if before is None:
        return "newly_placed"
    both_bound = before.home_class is not None and after.home_class is not None
    return "follows_class" if both_bound and before.home_class != after.home_class else "chosen"


def _clash_hours(department: Department, option: Option) -> list[Hour]:
    used = twice = 0
    for group in option.groups.values():
        hours = department.groups[group].hours
        twice |= used & hours
        used |= hours
    return department.cycle.hours(twice)


def _named(one: Group | HomeClass | None) -> Json | None:
    return None if one is None else {"id": one.id, "code": one.code}


def _seats(one: Group | HomeClass | None, *, joins: bool) -> Json:
    if one is None:
        return {"size_after": None, "soft_max": None, "hard_max": None}
    return {"size_after": one.size + joins, "soft_max": one.soft_max, "hard_max": one.hard_max}
