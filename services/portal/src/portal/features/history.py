"""The history of a student: what happened to him, and who did it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from portal.models.departure import Departure
from portal.models.history_entry import HistoryEntry, HistoryWhat, Placed
from portal.models.structure import Department
from portal.models.student import Enrolment
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
    place: Placed,
    *,
    enrolment: EnrolmentId | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str | None = None,
    by: str | None = None,
    because: Message | None = None,
    undoes: UUID | None = None,
) -> HistoryEntry:
    """Write that the portal changed something of a student at a branch; `because` is what was obeyed."""
    cause = because.envelope if because else None
    entry = HistoryEntry(
        id=new_id(),
        student_code=student,
        school_id=place.school_id,
        branch_id=place.branch_id,
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


def note_departure(
    uow: PortalUnitOfWork, departure: Departure, by: str | None = None, because: Message | None = None
) -> None:
    """Write how far a departure came."""
    note_change(
        uow,
        departure.student_code,
        HistoryWhat.DEPARTURE,
        departure,
        after={"departure": str(departure.id), "state": departure.state.value},
        reason=departure.reason.value,
        by=by,
        because=because,
    )


def note_told(  # noqa: PLR0913 - an entry of the history has these columns
    uow: PortalUnitOfWork,
    student: StudentCode,
    what: HistoryWhat,
    fact: Message,
    service: Party,
    *,
    place: Placed | None,
    by: str | None,
    at: datetime | None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    fields: Sequence[str] = (),
    reason: str | None = None,
) -> None:
    """Write what another service tells that it changed of a student."""
    envelope = fact.envelope
    entry = HistoryEntry(
        id=new_id(),
        student_code=student,
        school_id=place.school_id if place else None,
        branch_id=place.branch_id if place else None,
        at=at or clock.now(),
        service=service,
        actor=UserCode(by or service),
        what=what,
        enrolment_id=None,
        before=dict(before) if before is not None else None,
        after=dict(after) if after is not None else None,
        fields=list(fields),
        reason=reason,
        correlation_id=envelope.correlation_id if envelope else uow.origin.correlation_id,
        message_id=envelope.id if envelope else None,
        undoes=None,
    )
    uow.history.add([entry])


def told_enrolment(enrolment: Enrolment, department: Department | None) -> dict[str, Any]:
    """An enrolment as the history tells it."""
    return {
        "enrolment": enrolment.id,
        "project": enrolment.project_id,
        "department": enrolment.department_id,
        "code": department.code if department else None,
    }
