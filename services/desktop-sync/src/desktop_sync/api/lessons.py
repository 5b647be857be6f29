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
