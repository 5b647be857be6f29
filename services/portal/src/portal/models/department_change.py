"""A change of department (afdelingswissel), and what is still to be done after it (domain.md story 3)."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, select
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, column_property, mapped_column, relationship
from sqlalchemy.types import Text

from portal.models.base import PortalBase
from portal.models.desktop_presence import DesktopPresence
from portal.models.student import Enrolment
from shared.contracts.ids import (
    BranchId,
    DepartmentId,
    EnrolmentId,
    ProjectId,
    SchoolId,
    StudentCode,
    UserCode,
)
from shared.contracts.values import Authority, PackagePolicy
from shared.database.base import word


class FollowUp(StrEnum):
    """What follows a change of department, in this order."""

    CHOICE_PACKAGE = "choice_package"
    HOME_CLASS = "home_class"
    TAKE_OVER = "take_over"
    """Portal connector: refresh and <Afdeling>."""
    PLACEMENT = "placement"
    """In the desktop, via the options."""
    UPLOAD = "upload"


class FollowUpState(StrEnum):
    OPEN = "open"
    DONE = "done"


class ChangeState(StrEnum):
    OPEN = "open"
    DONE = "done"
    UNDONE = "undone"
    OVERTAKEN = "overtaken"
    """The enrolment it made is no longer there: he left, or changed again."""


def follow_ups_of(authority: Authority, *, has_cluster_groups: bool, has_package: bool) -> list[FollowUp]:
    """What is to be done in a new department, by who leads its home classes and what it has.

    A package is to be looked at where there was one, and where the new department lets choose.
    """
    portal_leads = authority is Authority.PORTAL
    by_desktop = not portal_leads or has_cluster_groups
    wanted = {
        FollowUp.CHOICE_PACKAGE: has_package,
        FollowUp.HOME_CLASS: portal_leads,
        FollowUp.TAKE_OVER: True,
        FollowUp.PLACEMENT: by_desktop,
        FollowUp.UPLOAD: by_desktop,
    }
    return [follow_up for follow_up in FollowUp if wanted[follow_up]]


class DepartmentChangeStep(PortalBase):
    """One thing to be done; it closes by itself. `at` is when it came to its state."""

    __tablename__ = "department_change_step"

    change_id: Mapped[UUID] = mapped_column(
        ForeignKey("department_change.id", ondelete="CASCADE"), primary_key=True
    )
    step: Mapped[FollowUp] = mapped_column(word(FollowUp), primary_key=True)
    state: Mapped[FollowUpState] = mapped_column(word(FollowUpState))
    at: Mapped[datetime]


class DepartmentChange(PortalBase):
    """One enrolment was replaced by another; open until all its steps are done.

        open ──▶ done
          │        │
          ├────────┴──▶ undone       taken back: the old enrolment is there again
          └──▶ overtaken             while its enrolment is gone; who comes back finds it open again

    `memory` is the old enrolment with all that hung on it; `groups` are the memberships that went, as shown.
    """

    __tablename__ = "department_change"
    __table_args__ = (
        Index("ix_department_change_student_code", "student_code", "id"),
        Index("ix_department_change_enrolment_id", "enrolment_id"),
        Index("ix_department_change_history_entry_id", "history_entry_id", unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    student_code: Mapped[StudentCode] = mapped_column(ForeignKey("student.code"))
    school_id: Mapped[SchoolId]
    project_id: Mapped[ProjectId]
    branch_id: Mapped[BranchId]
    department_id: Mapped[DepartmentId]
    home_class_authority: Mapped[Authority]
    enrolment_id: Mapped[EnrolmentId] = mapped_column()
    from_project_id: Mapped[ProjectId]
    from_department_id: Mapped[DepartmentId]
    from_enrolment_id: Mapped[EnrolmentId]
    choice_package: Mapped[PackagePolicy | None]
    dropped: Mapped[list[str]] = mapped_column(ARRAY(Text))
    groups: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    memory: Mapped[dict[str, Any]]
    requested_by: Mapped[UserCode]
    at: Mapped[datetime]
    history_entry_id: Mapped[UUID]
    done_at: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]

    # Not stored: a departure, another change and an undo of either need not know of checklists.
    is_there: Mapped[bool] = column_property(
        select(Enrolment.id).where(Enrolment.id == enrolment_id).correlate_except(Enrolment).exists()
    )
    steps: Mapped[list[DepartmentChangeStep]] = relationship(lazy="raise", cascade="all, delete-orphan")

    @property
    def state(self) -> ChangeState:
        if self.undone_at:
            return ChangeState.UNDONE
        if self.done_at:
            return ChangeState.DONE
        return ChangeState.OPEN if self.is_there else ChangeState.OVERTAKEN

    @property
    def checklist(self) -> list[DepartmentChangeStep]:
        """The steps in the order in which they are to be done."""
        order = list(FollowUp)
        return sorted(self.steps, key=lambda step: order.index(step.step))

    def mark(self, follow_up: FollowUp, now: datetime, *, is_done: bool = True) -> None:
        """Close a step, or open it again; with the last one the change is done, and stays so."""
        step = next((one for one in self.steps if one.step is follow_up), None)
        state = FollowUpState.DONE if is_done else FollowUpState.OPEN
        if step is None or step.state is state or self.done_at or self.undone_at:
            return
        step.state, step.at = state, now
        if all(one.state is FollowUpState.DONE for one in self.steps):
            self.done_at = now

    def note_desktop(self, presences: Mapping[ProjectId, DesktopPresence], now: datetime) -> None:
        """How the student stands in the desktop, by project: whether he was taken over, and is placed.

        After a transfer he must be gone from the old project too.
        """
        here, there = presences.get(self.project_id), presences.get(self.from_project_id)
        if here is None or not here.present or here.department_id != self.department_id:
            return
        if there is None or there is here or not there.present:
            self.mark(FollowUp.TAKE_OVER, now)
        is_seated = self.home_class_authority is Authority.PORTAL or here.home_class_id is not None
        if here.unplaced == [] and is_seated:
            self.mark(FollowUp.PLACEMENT, now)
