"""The week of 5 days × 9 periods, and lessons in it without a clash."""

from random import Random
from typing import Any

DAYS = ("ma", "di", "wo", "do", "vr")
PERIODS = 9
SLOTS = [
    {"id": f"{name}{period}", "day": day, "period": period}
    for day, name in enumerate(DAYS)
    for period in range(1, PERIODS + 1)
]
WEEK = {"days": list(DAYS), "periods": PERIODS}
LESSONS_IN_A_LINE = 3
# A share of the groups has one lesson outside the grid, as in every real timetable; without it each student
# could go to any parallel group, and there would be nothing to puzzle.
_MOVED = 0.3


def slots_until(rng: Random, period: int) -> list[int]:
    """The slots up to this period, shuffled: the end of the day is kept free."""
    slots = [index for index, slot in enumerate(SLOTS) if int(str(slot["period"])) <= period]
    rng.shuffle(slots)
    return slots


def move_some(rng: Random, groups: list[dict[str, Any]], students: list[dict[str, Any]]) -> None:
    """Moves single lessons to a slot in which every student of the group is free."""
    lessons = {group["id"]: group["lessons"] for group in groups}
    members: dict[str, list[int]] = {}
    busy = []
    for index, student in enumerate(students):
        busy.append({slot for group in student["groups"].values() for slot in lessons[group]})
        for group in student["groups"].values():
            members.setdefault(group, []).append(index)
    for group in groups:
        inside = members.get(group["id"], [])
        taken = set().union(*(busy[index] for index in inside))
        free = [slot for slot in range(len(SLOTS)) if slot not in taken]
        if rng.random() >= _MOVED or not inside or not free:
            continue
        left, entered = rng.choice(group["lessons"]), rng.choice(free)
        group["lessons"] = sorted({*group["lessons"], entered} - {left})
        for index in inside:
            busy[index] = busy[index] - {left} | {entered}
