"""What happened to a student, in every service: the newest first."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from portal.api.depends import Work
from portal.features.placement_sight import PlacementSight
from portal.features.undo_outlook import UndoOutlook
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

    `undoable`: the caller may take it back, and nothing stands in the way as far as that can be seen without
    trying: room in a class, and in an old department, is not. `undone_by` is the entry that took it back.
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
    if not entries:
        return Page(items=[], next=None)
    sight = await PlacementSight.of_students(uow, [student.code], lock=False)
    outlook = await UndoOutlook.of(uow, caller, sight, entries, lock=False)

    def show(entry: HistoryEntry) -> HistoryEntryShown:
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
            undoable=outlook.allows(entry),
            undone_by=outlook.undone_by(entry),
        )

    return keyset.page(entries, show, lambda entry: (entry.at, entry.id))
