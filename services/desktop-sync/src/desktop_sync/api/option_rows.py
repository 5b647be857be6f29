"""An answer about options as JSON (options_shown.py): what each row changes for the student."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from desktop_sync.api.explanation_told import told_explanation
from desktop_sync.features.options import Answer
from desktop_sync.options.assignment import Assignment
from desktop_sync.options.option import Option, hours_of
from desktop_sync.options.swap import Swap, seats_of
from desktop_sync.options.timetable import Department, Group, HomeClass, Hour

Json = dict[str, Any]

NO_SEATS: Mapping[int, int] = MappingProxyType({})


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
        "rows": [
            _row(answer, option) | {"gaps_now": gaps_now}
            for option in (*answer.listing.rows, *answer.swaps.rows)
        ],
        "swaps_total": answer.swaps.total,
        "swaps_complete": answer.swaps.complete and len(answer.swaps.rows) == answer.swaps.total,
        "explanation": answer.explanation and told_explanation(department, answer.explanation),
    }


def _row(answer: Answer, option: Option) -> Json:
    department, student, why_not = answer.department, answer.student, answer.why_not(option)
    others = option.others if isinstance(option, Swap) else ()
    seats = seats_of(student, option.groups)
    for code, to in others:
        seats.update(seats_of(department.students[code], to))
    return {
        "id": Assignment.of(option).row,
        "kind": "swap" if others else "plain",
        "current": answer.is_present(option),
        "home_class": told_home(department, student.home_class, option.home_class),
        "moves": list(moves(department, student.groups, option.groups, seats)),
        "clashes": option.clashes,
        "clash_slots": [hour._asdict() for hour in _clash_hours(department, option)],
        "changes": option.changes,
        "overfull": option.overfull,
        "balance": option.balance,
        "gaps": option.idle,
        "unscheduled": sum(department.groups[group].unscheduled for group in option.groups.values()),
        "others": [
            {"student": code, "moves": list(_moves_of(department, code, to, seats))} for code, to in others
        ],
        "allowed": why_not is None,
        "why_not": why_not,
    }


def told_home(department: Department, now: int | None, then: int | None) -> Json:
    before = None if now is None else department.classes.get(now)
    after = None if then is None else department.classes[then]
    return {"from": _named(before), "to": _named(after), **_seats(after, int(now != then))}


def _moves_of(
    department: Department, code: str, to: Mapping[str, int], seats: Mapping[int, int]
) -> Iterator[Json]:
    now = department.students[code].groups
    return moves(department, now, {**now, **to}, seats)


def moves(
    department: Department,
    now: Mapping[str, int | None],
    then: Mapping[str, int | None],
    seats: Mapping[int, int] = NO_SEATS,
) -> Iterator[Json]:
    """Each subject whose group changes, in their order. `seats`: more in a group then, else one."""
    for subject in sorted(now.keys() | then.keys()):
        before, after = _group(department, now.get(subject)), _group(department, then.get(subject))
        if before is not after:
            yield {
                "subject": subject,
                "from": _named(before),
                "to": _named(after),
                "why": _why(before, after),
                **_seats(after, 1 if after is None else seats.get(after.id, 1)),
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


def _seats(one: Group | HomeClass | None, more: int) -> Json:
    if one is None:
        return {"size_after": None, "soft_max": None, "hard_max": None}
    return {"size_after": one.size + more, "soft_max": one.soft_max, "hard_max": one.hard_max}
