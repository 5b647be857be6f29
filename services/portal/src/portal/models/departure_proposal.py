"""A departure that somebody is asked to confirm: who is enrolled here and gone from a school's own list.

    open ──accept──▶ accepted (a departure)
      ├───dismiss──▶ dismissed ──seen again──▶ withdrawn
      └───seen again, or enrolled no more────▶ withdrawn

While one stands, open or dismissed, the same source does not propose him a second time.
"""

from datetime import datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.errors import ProposalNotOpen
from portal.models.base import PortalBase
from shared.contracts.ids import BranchId, DepartureId, SchoolId, StudentCode, UserCode
from shared.database.base import word
from shared.ids import new_id


class ProposalState(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    DISMISSED = "dismissed"
    WITHDRAWN = "withdrawn"


STANDING = (ProposalState.OPEN, ProposalState.DISMISSED)


class DepartureProposal(PortalBase):
    __tablename__ = "departure_proposal"
    __table_args__ = (
        Index(
            "uq_departure_proposal_standing",
            "student_code",
            "branch_id",
            "source",
            unique=True,
            postgresql_where=text("state IN ('open', 'dismissed')"),
        ),
        Index("ix_departure_proposal_branch", "branch_id", "state", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    student_code: Mapped[StudentCode] = mapped_column(ForeignKey("student.code"))
    school_id: Mapped[SchoolId] = mapped_column(ForeignKey("school.id"))
    branch_id: Mapped[BranchId] = mapped_column(ForeignKey("branch.id"))
    source: Mapped[str]
    state: Mapped[ProposalState] = mapped_column(word(ProposalState))
    proposed_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UserCode | None]
    departure_id: Mapped[DepartureId | None] = mapped_column(ForeignKey("departure.id"))

    @classmethod
    def of(cls, student: StudentCode, school: SchoolId, branch: BranchId, source: str, at: datetime) -> Self:
        return cls(
            id=new_id(), student_code=student, school_id=school, branch_id=branch, source=source,
            state=ProposalState.OPEN, proposed_at=at,
        )  # fmt: skip

    def accept(self, departure: DepartureId, by: UserCode, at: datetime) -> None:
        """He leaves. Raises ProposalNotOpen."""
        self.refuse_unless_open()
        self._end(ProposalState.ACCEPTED, by, at)
        self.departure_id = departure

    def dismiss(self, by: UserCode, at: datetime) -> None:
        """He stays, whatever the list says. Raises ProposalNotOpen."""
        self.refuse_unless_open()
        self._end(ProposalState.DISMISSED, by, at)

    def withdraw(self, by: UserCode, at: datetime) -> None:
        """The list has him again, or he is not enrolled any more."""
        self._end(ProposalState.WITHDRAWN, by, at)

    def refuse_unless_open(self) -> None:
        """Raises ProposalNotOpen."""
        if self.state is not ProposalState.OPEN:
            raise ProposalNotOpen(proposal=str(self.id), state=self.state)

    def _end(self, state: ProposalState, by: UserCode, at: datetime) -> None:
        self.state, self.ended_by, self.ended_at = state, by, at
