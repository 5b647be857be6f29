from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from desktop_sync.models.base import Base
from shared.contracts.ids import ProjectId
from shared.contracts.values import DeskAct
from shared.database.base import word


class PlacementStep(Base):
    """One act of a timetabler that placed one or more students otherwise, so that it can be taken back.

    `moves` holds per student how he stood before and after, in codes and ids, no names.
    """

    __tablename__ = "placement_step"
    __table_args__ = (Index("ix_placement_step_project_id_id", "project_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[ProjectId] = mapped_column(ForeignKey("project.id"))
    act: Mapped[DeskAct] = mapped_column(word(DeskAct))
    made_by: Mapped[str]
    made_at: Mapped[datetime]
    revision: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str | None]
    moves: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    undone_at: Mapped[datetime | None]
