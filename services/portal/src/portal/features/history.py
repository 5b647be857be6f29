"""The history of a student: what happened to him, and who did it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from portal.models.history_entry import HistoryEntry, HistoryWhat
from portal.unit_of_work import PortalUnitOfWork
from shared import clock
from shared.contracts.ids import EnrolmentId, StudentCode, UserCode
from shared.contracts.message import Message
from shared.contracts.values import Party
from shared.ids import new_id


def note_change(  # noqa: PLR0913 - an entry of the history has these columns
    uow: PortalUnitOfWork,
    student: StudentCode,
    what: HistoryWhat,
    *,
    enrolment: EnrolmentId | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str | None = None,
    by: str | None = None,
    because: Message | None = None,
    undoes: UUID | None = None,
) -> HistoryEntry:
    """Write that the portal changed something of a student; `because` is the command that is obeyed."""
    cause = because.envelope if because else None
    entry = HistoryEntry(
        id=new_id(),
        student_code=student,
        at=clock.now(),
        service=Party.PORTAL,
        actor=UserCode(by or (cause.sender if cause else None) or uow.origin.actor),
        what=what,
        enrolment_id=enrolment,
        before=dict(before) if before is not None else None,
        after=dict(after) if after is not None else None,
        fields=[],
        reason=reason,
        correlation_id=cause.correlation_id if cause else uow.origin.correlation_id,
        message_id=None,
        undoes=undoes,
    )
    uow.history.add([entry])
    return entry
