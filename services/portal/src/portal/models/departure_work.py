"""What the portal itself did for a departure."""

from datetime import datetime
from typing import Any, Self

from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import PortalBase
from portal.models.student import Enrolment
from shared.contracts.commands import StepCommand
from shared.contracts.ids import DepartureId, EnrolmentId
from shared.contracts.values import Step


class DepartureWork(PortalBase):
    """What the portal did for a step: the answer to a repeated command, and the memory an undo needs."""

    __tablename__ = "departure_work"

    departure_id: Mapped[DepartureId] = mapped_column(primary_key=True)
    step: Mapped[Step] = mapped_column(primary_key=True)
    epoch: Mapped[int]
    at: Mapped[datetime]
    memory: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    left_over: Mapped[list[dict[str, str]] | None] = mapped_column(JSONB)
    """NULL until it is undone."""

    @classmethod
    def of(cls, command: StepCommand, at: datetime, removed: list[Enrolment]) -> Self:
        """The work of one command: these enrolments were removed."""
        return cls(
            departure_id=command.departure,
            step=command.step,
            epoch=command.epoch,
            at=at,
            memory=[enrolment.memory() for enrolment in removed],
        )

    @classmethod
    def undone(
        cls, command: StepCommand, at: datetime, memory: list[dict[str, Any]], left_over: list[dict[str, str]]
    ) -> Self:
        """The work taken back; the memory stays, since it says what was restored."""
        return cls(
            departure_id=command.departure,
            step=command.step,
            epoch=command.epoch,
            at=at,
            memory=memory,
            left_over=left_over,
        )

    @property
    def restored(self) -> list[EnrolmentId]:
        """What was brought back: all that was removed, but what is left over."""
        missing = {piece["what"] for piece in self.left_over or ()}
        return [enrolment for enrolment in self.removed if f"enrolment:{enrolment}" not in missing]

    @property
    def groups(self) -> list[int]:
        """Where he had a seat: his home class first."""
        homes = [one["home_class"] for one in self.memory if one["home_class"] is not None]
        return list(dict.fromkeys([*homes, *(group for one in self.memory for group in one["groups"])]))

    @property
    def removed(self) -> list[EnrolmentId]:
        return [EnrolmentId(enrolment["id"]) for enrolment in self.memory]
