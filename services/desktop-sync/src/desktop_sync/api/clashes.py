"""How two lessons at once are shown."""

from typing import Self

from pydantic import BaseModel

from desktop_sync.models.lesson_plan import Clash
from desktop_sync.models.timetable import CycleWeek


class ShownClash(BaseModel):
    """Two lesson groups of a student at once; `week` None: in each week."""

    subjects: tuple[str, str]
    groups: tuple[str, str]
    week: CycleWeek | None
    day: int
    period: int

    @classmethod
    def of(cls, clash: Clash) -> Self:
        return cls.model_validate(clash, from_attributes=True)
