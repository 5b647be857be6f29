from collections.abc import Sequence
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import BigInteger, ForeignKey, Index, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from desktop_sync.errors import AlreadyUndone
from desktop_sync.models.base import Base
from desktop_sync.models.project import Project
from desktop_sync.models.standing import Standing
from shared.clock import now
from shared.contracts.ids import ProjectId, StudentCode, UserCode
from shared.contracts.values import DeskAct
from shared.database.base import word
from shared.ids import new_id

_MOVES = TypeAdapter(list[tuple[Standing, Standing]])


class PlacementStep(Base):
    """One act of a timetabler that placed one or more students otherwise, so that it can be taken back.

    `moves` holds per student how he stood before and after, in codes and ids, no names. Each step has the
    revision that it made. Of who leaves the project no step is kept.
    """

    __tablename__ = "placement_step"
    __table_args__ = (
        Index("uq_placement_step_project_id_revision", "project_id", "revision", unique=True),
        Index("ix_placement_step_students", "students", postgresql_using="gin"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[ProjectId] = mapped_column(ForeignKey("project.id"))
    act: Mapped[DeskAct] = mapped_column(word(DeskAct))
    made_by: Mapped[UserCode]
    made_at: Mapped[datetime]
    revision: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str | None]
    students: Mapped[list[StudentCode]] = mapped_column(ARRAY(Text))
    moves: Mapped[list[Any]] = mapped_column(JSONB)
    undone_at: Mapped[datetime | None]

    @classmethod
    def of(
        cls,
        project: Project,
        moves: Sequence[tuple[Standing, Standing]],
        act: DeskAct,
        *,
        by: str,
        reason: str | None,
    ) -> Self:
        """What made the revision that the project has now."""
        return cls(
            id=new_id(),
            project_id=project.id,
            act=act,
            made_by=UserCode(by),
            made_at=now(),
            revision=project.revision,
            reason=reason,
            students=[after.student for _, after in moves],
            moves=_MOVES.dump_python(list(moves), mode="json"),
            undone_at=None,
        )

    @property
    def moved(self) -> list[tuple[Standing, Standing]]:
        """How each of its students stood before and after."""
        return _MOVES.validate_python(self.moves)

    def undo(self) -> None:
        """It is taken back. Raises AlreadyUndone."""
        if self.undone_at is not None:
            raise AlreadyUndone(step=str(self.id))
        self.undone_at = now()
