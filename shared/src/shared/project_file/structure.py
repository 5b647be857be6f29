"""Departments, home classes, groups, subjects and slots refer to what is there.

Reads the plain document, from which wrong values have been taken out: what is not there is not judged again.
"""

from dataclasses import dataclass
from typing import Any

from shared.project_file.format import PROJECT_FORMAT
from shared.project_file.problems import Found, Place


@dataclass(frozen=True, slots=True)
class Known:
    """What can be referred to, by id. None where the whole list is missing or wrong."""

    departments: set[str] | None
    home_classes: dict[str, dict[str, Any]] | None
    groups: dict[str, dict[str, Any]] | None
    group_departments: dict[str, set[str]]
    subjects: dict[str, set[str | None]] | None
    """Per subject the departments that offer it; None among them is all departments."""


def known_in(document: dict[str, Any]) -> Known:
    by_id = {
        kind: {item["id"]: item for item in reversed(document[kind]) if "id" in item}
        for kind in ("departments", "home_classes", "groups")
        if kind in document
    }
    departments, groups = by_id.get("departments"), by_id.get("groups")
    subjects: dict[str, set[str | None]] = {}
    for item in document.get("subjects") or ():
        if "id" in item:
            subjects.setdefault(item["id"], set()).add(item.get("department"))
    return Known(
        departments=None if departments is None else set(departments),
        home_classes=by_id.get("home_classes"),
        groups=groups,
        group_departments={group_id: _served(group) for group_id, group in (groups or {}).items()},
        subjects=subjects if "subjects" in document else None,
    )


def check_structure(document: dict[str, Any], known: Known, found: Found) -> None:
    _check_slots(document, found)
    slots = len(document["slots"]) if "slots" in document else None
    for kind in ("home_classes", "groups"):
        for at, item in enumerate(document.get(kind) or ()):
            place: Place = (kind, at)
            _check_department(place, "department", item, known, found)
            soft, hard = item.get("soft_max"), item.get("hard_max")
            # group-options/1 has no such rule, and its files are accepted as they are (a warning instead).
            if (
                document.get("format") == PROJECT_FORMAT
                and soft is not None
                and hard is not None
                and soft > hard
            ):
                found.add(
                    (*place, "soft_max"),
                    "soft_max_above_hard_max",
                    "soft_max is above hard_max.",
                    item.get("id"),
                )
            if kind == "groups":
                _check_group(place, item, slots, known, found)
    for at, item in enumerate(document.get("subjects") or ()):
        _check_department(("subjects", at), "department", item, known, found)


def _check_group(place: Place, group: dict[str, Any], slots: int | None, known: Known, found: Found) -> None:
    group_id, home_class = group.get("id"), group.get("home_class")
    for at, department in enumerate(group.get("departments") or ()):
        if department is not None and known.departments is not None and department not in known.departments:
            found.add(
                (*place, "departments", at), "unknown_department", "There is no such department.", group_id
            )
    if home_class is not None and known.home_classes is not None:
        home = known.home_classes.get(home_class)
        if home is None:
            found.add((*place, "home_class"), "unknown_home_class", "There is no such home class.", group_id)
        elif "department" in home and "department" in group and home["department"] not in _served(group):
            text = "The home class is of another department."
            found.add((*place, "home_class"), "home_class_of_another_department", text, group_id)
    if known.subjects is not None and "subject" in group and group["subject"] not in known.subjects:
        found.add((*place, "subject"), "unknown_subject", "There is no such subject.", group_id)
    for at, slot in enumerate(group.get("lessons") or ()):
        if slots is not None and slot is not None and not 0 <= slot < slots:
            found.add((*place, "lessons", at), "slot_out_of_range", f"There are {slots} slots.", group_id)


def _check_slots(document: dict[str, Any], found: Found) -> None:
    week = document.get("week")
    if not isinstance(week, dict):
        return
    days, periods, cycle = len(week.get("days") or ()), week.get("periods"), week.get("cycle") or ()
    for at, slot in enumerate(document.get("slots") or ()):
        if days and slot.get("day", 0) >= days:
            found.add(("slots", at, "day"), "slot_outside_week", f"The week has {days} days.", slot.get("id"))
        if periods and slot.get("period", 0) > periods:
            text = f"The day has {periods} periods."
            found.add(("slots", at, "period"), "slot_outside_week", text, slot.get("id"))
        if slot.get("week") is not None and slot["week"] not in cycle:
            text = "The week has no such week in its cycle."
            found.add(("slots", at, "week"), "slot_outside_week", text, slot.get("id"))


def _check_department(place: Place, key: str, item: dict[str, Any], known: Known, found: Found) -> None:
    department = item.get(key)
    if department is not None and known.departments is not None and department not in known.departments:
        found.add((*place, key), "unknown_department", "There is no such department.", item.get("id"))


def _served(group: dict[str, Any]) -> set[str]:
    return {group.get("department"), *(group.get("departments") or ())} - {None}
