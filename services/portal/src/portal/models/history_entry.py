"""What happened to a student, in every service: when, who, what, from what to what, why."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple, Protocol
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import Text

from portal.models.base import PortalBase
from shared.contracts.ids import BranchId, EnrolmentId, SchoolId, StudentCode, UserCode
from shared.contracts.values import Party
from shared.database.base import word


class HistoryWhat(StrEnum):
    ENROLMENT_ADDED = "enrolment_added"
    ENROLMENT_REMOVED = "enrolment_removed"
    HOME_CLASS = "home_class"
    DEPARTMENT = "department"
    CHOICE_PACKAGE = "choice_package"
    GROUPS = "groups"
    """By an upload of the desktop, an import, or a change of the structure."""
    DEPARTURE = "departure"
    """`after.state` says how far it came."""
    ACCOUNT = "account"
    PERSON = "person"
    """`fields` says what; values are never kept."""
    DESKTOP = "desktop"
    """Placements in a timetable project, or gone from it."""


OF_THE_PERSON: Final = frozenset({HistoryWhat.ACCOUNT, HistoryWhat.PERSON})
"""What is of the student himself, not of his place at a branch."""


class Placed(Protocol):
    """What stands at a branch of a school: an enrolment, a student, a departure."""

    @property
    def school_id(self) -> SchoolId: ...
    @property
    def branch_id(self) -> BranchId: ...


class Place(NamedTuple):
    """A branch by itself."""

    school_id: SchoolId
    branch_id: BranchId


class HistoryEntry(PortalBase):
    """One change of one student; written once, in the transaction of the change or of the fact that tells it.

    School and branch are those of the enrolment, the departure or the timetable project that changed, of a
    change of department those where he comes; else the student's own at that time, None while the portal has
    not seen him.

    `before` and `after` hold codes and ids of the portal, never names of people. `message_id` is the fact
    that told it, None for the portal's own acts; `undoes` the entry it takes back.
    """

    __tablename__ = "history_entry"
    __table_args__ = (
        Index("ix_history_entry_student_code", "student_code", "at", "id"),
        Index("ix_history_entry_undoes", "undoes", postgresql_where=text("undoes IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    student_code: Mapped[StudentCode]
    school_id: Mapped[SchoolId | None]
    branch_id: Mapped[BranchId | None]
    at: Mapped[datetime]
    service: Mapped[Party]
    actor: Mapped[UserCode]
    what: Mapped[HistoryWhat] = mapped_column(word(HistoryWhat))
    enrolment_id: Mapped[EnrolmentId | None]
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    after: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    fields: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    reason: Mapped[str | None]
    correlation_id: Mapped[str]
    message_id: Mapped[UUID | None]
    undoes: Mapped[UUID | None]
