from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from desktop_sync.errors import ProjectDiffers
from desktop_sync.models.base import Base
from shared.clock import school_year_of
from shared.contracts.ids import BranchId, ProjectId, SchoolId
from shared.database.base import word


class Departures(StrEnum):
    """What a departure does in a project: delete at once, or wait in the data check for <Afdeling>."""

    AUTOMATIC = "automatic"
    ASK = "ask"


class Project(Base):
    """A timetable project: one school, one school year; the id is the portal's.

    `revision` orders all its changes: it rises once per unit of work that changed anything in it.
    """

    __tablename__ = "project"
    __table_args__ = (Index("ix_project_school_id", "school_id"),)

    id: Mapped[ProjectId] = mapped_column(primary_key=True, autoincrement=False)
    school_id: Mapped[SchoolId]
    school_year: Mapped[int]
    name: Mapped[str]
    revision: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
    departures: Mapped[Departures] = mapped_column(
        word(Departures), default=Departures.AUTOMATIC, server_default=Departures.AUTOMATIC
    )

    def is_reached_by(
        self, school: SchoolId, school_year: int, *, keep_later: bool, history_before: int = 0
    ) -> bool:
        """Whether a departure from `school` in `school_year` deletes its student here; never from history."""
        if self.school_id != school or self.school_year < history_before:
            return False
        return self.school_year == school_year if keep_later else self.school_year >= school_year

    @property
    def asks(self) -> bool:
        """Whether who departs waits in the data check until somebody takes it over."""
        return self.departures is Departures.ASK

    def is_history(self, on: date) -> bool:
        """Past school years are kept as they were."""
        return self.school_year < school_year_of(on)

    def must_be(self, school: SchoolId, school_year: int) -> None:
        """Raises ProjectDiffers when it is not of this school and year."""
        if (self.school_id, self.school_year) != (school, school_year):
            raise ProjectDiffers(project=self.id)

    def rename(self, name: str) -> bool:
        """Whether that changed anything."""
        changed, self.name = self.name != name, name
        return changed

    def has_changed(self) -> None:
        """Something in it changed; said once per unit of work."""
        self.revision += 1


class BranchInProject(Base):
    """A branch with a timetable in a project; `copy_taken_at` says how old the copy of its portal rows is."""

    __tablename__ = "branch_in_project"

    project_id: Mapped[ProjectId] = mapped_column(ForeignKey("project.id"), primary_key=True)
    branch_id: Mapped[BranchId] = mapped_column(primary_key=True, autoincrement=False)
    copy_taken_at: Mapped[datetime]
