from typing import Self

from pydantic import BaseModel

from desktop_sync.models import Slot
from desktop_sync.models.timetable import CycleWeek


class ShownLesson(BaseModel):
    """When a lesson is; `week` only in a timetable with two different weeks."""

    week: CycleWeek | None
    day: int
    period: int

    @classmethod
    def of(cls, slot: Slot | None) -> Self | None:
        """None: the lesson has no slot yet."""
        return None if slot is None else cls(week=slot.week, day=slot.day, period=slot.period)


class ShownSlot(ShownLesson):
    """A place in the week of a branch."""

    id: int


class ShownGroupLesson(BaseModel):
    """A lesson of a group, and where it is in the week; no slot: it is still to be scheduled."""

    id: int
    slot: ShownSlot | None

    @classmethod
    def at(cls, lesson: int, slot: Slot | None) -> Self:
        if slot is None:
            return cls(id=lesson, slot=None)
        return cls(id=lesson, slot=ShownSlot(id=slot.id, week=slot.week, day=slot.day, period=slot.period))
