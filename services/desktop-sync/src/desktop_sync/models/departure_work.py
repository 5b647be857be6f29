from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Self

from sqlalchemy import BigInteger, Index
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from desktop_sync.models.base import Base
from desktop_sync.models.memory import Memory
from desktop_sync.models.project import Project
from shared.clock import now
from shared.contracts.commands import DeleteStudent, RestoreStudent
from shared.contracts.facts import LeftOver, StudentAwaited, StudentDeleted, StudentRestored
from shared.contracts.ids import DepartureId, EnrolmentId, ProjectId, SchoolId, StudentCode


class DepartureWork(Base):
    """The desktop's step of one departure: done once, answered as often as it is asked.

    In projects that ask first he waits in the data check: until he went from the last of them the answer is
    that he is awaited, and what went over time is remembered together.

    (nothing) ── do ──> done at epoch n ── repeat of n: the same answer again
        │                               ── an older epoch: ignored
        │                               ── a newer epoch: done again, remembered together
        │                               ── undo at a newer epoch ──> undone, nothing is remembered
        └─ undo at n, before its deletion arrived ─────────────────> undone
    """

    __tablename__ = "departure_work"
    __table_args__ = (Index("ix_departure_work_student_code", "student_code"),)

    departure: Mapped[DepartureId] = mapped_column(primary_key=True)
    epoch: Mapped[int]
    student_code: Mapped[StudentCode]
    school_id: Mapped[SchoolId]
    school_year: Mapped[int]
    keep_later: Mapped[bool]
    at: Mapped[datetime]
    memory: Mapped[dict[str, Any]]
    result: Mapped[dict[str, Any]]
    awaits: Mapped[list[ProjectId]] = mapped_column(ARRAY(BigInteger))
    """The projects that ask first and have him still."""

    @classmethod
    def begun_by(cls, command: DeleteStudent | RestoreStudent) -> Self:
        """Work of which nothing is done yet, in no school year."""
        return cls(
            departure=command.departure,
            epoch=command.epoch - 1,
            student_code=command.student,
            school_id=command.school,
            school_year=0,
            keep_later=False,
            memory={},
            result={},
            awaits=[],
        )

    @property
    def is_undone(self) -> bool:
        """Only the answer to an undo speaks of what is left over."""
        return "left_over" in self.result

    def is_done_for(self, command: DeleteStudent | RestoreStudent) -> bool:
        """Nothing is to be done any more: this epoch or a later one was; of one epoch the undo is later."""
        if self.epoch == command.epoch:
            return self.is_undone or isinstance(command, DeleteStudent)
        return self.epoch > command.epoch

    def answers(self, command: DeleteStudent | RestoreStudent) -> bool:
        """Whether `answer` is that to this command: it was not overtaken."""
        return self.epoch == command.epoch and self.is_undone == isinstance(command, RestoreStudent)

    def done(self, command: DeleteStudent, removed: Memory, awaits: Collection[ProjectId] = ()) -> None:
        """The command was carried out and took `removed` out; in the projects of `awaits` he waits."""
        self.epoch = command.epoch
        self.school_id = command.school
        self.school_year = command.school_year
        self.keep_later = command.keep_later
        self.at = now()
        self.awaits = sorted(awaits)
        self._remember(removed)

    def taken_over(self, project: ProjectId, removed: Memory) -> bool:
        """He went from a project in which he waited; whether that was the last of them."""
        self.awaits = [one for one in self.awaits if one != project]
        self._remember(removed)
        if not self.awaits:
            self.at = now()
        return not self.awaits

    def undone(self, command: RestoreStudent, restored: Memory, left_over: Sequence[LeftOver]) -> bool:
        """The command was carried out: this was put back, that did not fit; whether he waited somewhere."""
        waited = bool(self.awaits)
        self.epoch = command.epoch
        self.at = now()
        self.awaits = []
        self.memory = {}
        self.result = {
            "projects": restored.projects,
            "placements": len(restored.placements),
            "left_over": [piece.model_dump(mode="json") for piece in left_over],
        }
        return waited

    @property
    def remembered(self) -> Memory:
        return Memory.model_validate(self.memory)

    def answer(self) -> StudentAwaited | StudentDeleted | StudentRestored:
        """The same for each repetition of the command."""
        fact: type[StudentAwaited | StudentDeleted | StudentRestored] = StudentDeleted
        told = self.result
        if self.is_undone:
            fact = StudentRestored
        elif self.awaits:
            fact, told = StudentAwaited, {"projects": self.awaits}
        return fact(departure=self.departure, epoch=self.epoch, student=self.student_code, at=self.at, **told)

    def keeps_in(self, project: Project) -> bool:
        """Whether this departure left him in a later year's project on purpose."""
        return (
            self.keep_later
            and not self.is_undone
            and project.school_id == self.school_id
            and project.school_year > self.school_year
        )

    def keeps_out(self, project: Project, enrolment: EnrolmentId, as_of: datetime) -> bool:
        """Whether an import must leave this student out of the project.

        He departed from it, and the import is older than that or still speaks of the enrolment that went: the
        portal may remove it a moment later than we do. A departure that was undone keeps nobody out.
        """
        if self.is_undone or not project.is_reached_by(
            self.school_id, self.school_year, keep_later=self.keep_later
        ):
            return False
        return as_of <= self.at or any(gone.id == enrolment for gone in self.remembered.enrolments)

    def brought_back_since(self, as_of: datetime) -> bool:
        """Whether this departure was undone later than that: an older look may miss him."""
        return self.is_undone and as_of <= self.at

    def _remember(self, removed: Memory) -> None:
        memory = Memory.of([self.remembered, removed])
        self.memory = memory.model_dump(mode="json")
        self.result = {"projects": memory.projects, "placements": len(memory.placements)}
