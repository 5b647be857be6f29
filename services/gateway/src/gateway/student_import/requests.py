"""The rows of a list as users and the portal take them."""

from collections.abc import Sequence
from typing import Any

from gateway.project_import.place import Place
from gateway.student_import.order import PORTAL_GROUPS, USERS_GROUPS, Order
from gateway.student_import.rows import StudentRow

PATH = "/imports/students"

Json = dict[str, Any]


def users_request(rows: Sequence[StudentRow], order: Order, *, dry_run: bool) -> Json:
    return {
        "source": order.source,
        "dry_run": dry_run,
        "led": order.led(USERS_GROUPS),
        "skip_bad_rows": order.skip_bad_rows,
        "students": [{"row": one.row, "code": one.code, **one.details} for one in rows],
    }


def portal_request(  # noqa: PLR0913 - a list, what it says, and of whom it says nothing
    rows: Sequence[StudentRow],
    place: Place,
    order: Order,
    *,
    seen: Sequence[str],
    complete: bool,
    dry_run: bool,
) -> Json:
    """`seen` are in the list too, in rows that are left out; `complete`: it has nobody else."""
    return {
        "school": place.school,
        "branch": place.branch,
        "school_year": place.year,
        "source": order.source,
        "dry_run": dry_run,
        "led": order.led(PORTAL_GROUPS),
        "seen": sorted(set(seen)),
        "complete": complete,
        "confirm_threshold": order.confirm_threshold,
        "skip_bad_rows": order.skip_bad_rows,
        "students": [_student(one) for one in rows],
    }


def _student(one: StudentRow) -> Json:
    told = {
        "row": one.row,
        "code": one.code,
        "department": one.department,
        "home_class": one.home_class,
        "profile": one.profile,
        "choices": list(one.choices) if one.choices is not None else None,
    }
    return {name: value for name, value in told.items() if value is not None}
