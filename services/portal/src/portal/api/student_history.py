"""What happened to a student, in every service: the newest first."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from portal.api.depends import Work
from portal.features.change_undo import is_undoable
from portal.models.history_entry import HistoryEntry, HistoryWhat
from shared.contracts.ids import EnrolmentId, StudentCode, UserCode
from shared.contracts.rights import Permission
from shared.contracts.values import Party
from shared.runtime.access import Allowed, Caller
from shared.runtime.input import PathStudent
from shared.runtime.paging import DEFAULT, Cursor, Limit, NewestFirst, Page

router = APIRouter(prefix="/students", tags=["students"])


class HistoryEntryShown(BaseModel):
    """`before` and `after` hold codes and ids; of a person `fields` says what changed, never the values.

    `undoable`: nothing later stands on it, so that it can be taken back; `undone_by` is the entry that did.
    """

    id: UUID
    at: datetime
    by: UserCode
    service: Party
    what: HistoryWhat
    enrolment: EnrolmentId | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    fields: list[str]
    reason: str | None
    message: UUID | None
    correlation_id: str
    undoable: bool
    undone_by: UUID | None


@router.get("/{code}/history")
async def list_history(  # noqa: PLR0913, PLR0917 - the filters of the list
    caller: Annotated[Caller, Allowed(Permission.READ_STUDENTS)],
    uow: Work,
    code: PathStudent,
    what: HistoryWhat | None = None,
    limit: Limit = DEFAULT,
    cursor: Cursor = None,
) -> Page[HistoryEntryShown]:
    """What people and programs changed of him, at which of the caller's branches, and in which service."""
    scope = caller.scope(Permission.READ_STUDENTS)
    student = await uow.students.get(StudentCode(code), scope)
    keyset = NewestFirst(limit, cursor, HistoryEntry.at, HistoryEntry.id)
    entries = await uow.history.page(student.code, scope, keyset, what)
    since = await uow.history.since(student.code, entries[-1].at) if entries else []
    taken_back = {one.undoes: one.id for one in since if one.undoes}

    def show(entry: HistoryEntry) -> HistoryEntryShown:
        later = [one for one in since if (one.at, one.id) > (entry.at, entry.id)]
        return HistoryEntryShown(
            id=entry.id,
            at=entry.at,
            by=entry.actor,
            service=entry.service,
            what=entry.what,
            enrolment=entry.enrolment_id,
            before=entry.before,
            after=entry.after,
            fields=entry.fields,
            reason=entry.reason,
            message=entry.message_id,
            correlation_id=entry.correlation_id,
            undoable=is_undoable(entry, later),
            undone_by=taken_back.get(entry.id),
        )

    return keyset.page(entries, show, lambda entry: (entry.at, entry.id))
