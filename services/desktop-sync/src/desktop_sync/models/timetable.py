from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from desktop_sync.models.base import Base
from desktop_sync.models.lesson_group import LessonGroupId
from shared.contracts.ids import BranchId, ProjectId
from shared.database.base import word


class CycleWeek(StrEnum):
    """A timetable that repeats after two weeks has an A week and a B week."""

    A = "A"
    B = "B"


class Slot(Base):
    """A place in the week's timetable of a branch; `week` is None when every week is alike."""

    __tablename__ = "slot"
    __table_args__ = (
        UniqueConstraint(
            "project_id", "branch_id", "week", "day", "period", postgresql_nulls_not_distinct=True
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    project_id: Mapped[ProjectId] = mapped_column(ForeignKey("project.id"))
    branch_id: Mapped[BranchId]
    week: Mapped[CycleWeek | None] = mapped_column(word(CycleWeek))
    day: Mapped[int]
    period: Mapped[int]


class Lesson(Base):
    """One hour of a lesson group; without a slot it is still to be scheduled."""

    __tablename__ = "lesson"
    __table_args__ = (
        Index("ix_lesson_lesson_group_id", "lesson_group_id"),
        Index("ix_lesson_slot_id", "slot_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    lesson_group_id: Mapped[LessonGroupId] = mapped_column(BigInteger, ForeignKey("lesson_group.id"))
    slot_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("slot.id"))
