"""Taking back one change from a student's history."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel

from portal.api.depends import Work, settings_of
from portal.api.enrolments_shown import EnrolmentShown, Names, show_enrolments
from portal.features.change_undo import undo_change
from portal.features.home_class_change import FullWarning
from portal.models.history_entry import HistoryWhat
from shared.contracts.facts import LeftOver
from shared.contracts.ids import StudentCode
from shared.contracts.rights import Permission
from shared.runtime.access import Allowed, Caller
from shared.runtime.idempotency import IdempotencyKey, answer_once
from shared.runtime.input import PathStudent

router = APIRouter(prefix="/students", tags=["history"])


class ChangeUndoneShown(BaseModel):
    """`entry` is what the history says of the undo; `left_over` is what no longer fits."""

    entry: UUID
    undoes: UUID
    what: HistoryWhat
    student: StudentCode
    version: int
    enrolment: EnrolmentShown
    left_over: list[LeftOver]
    warnings: list[FullWarning]


@router.post("/{code}/history/{entry_id}/undo", response_model=ChangeUndoneShown)
async def undo(  # noqa: PLR0913, PLR0917 - a POST that acts, once
    caller: Annotated[Caller, Allowed(Permission.CHANGE_PLACEMENTS)],
    uow: Work,
    request: Request,
    code: PathStudent,
    entry_id: UUID,
    key: IdempotencyKey = None,
) -> dict[str, Any]:
    """Take back a home class, a department or a package, while nothing later stands on it."""

    async def act() -> dict[str, Any]:
        refuse_full = settings_of(request).refuses_full
        done = await undo_change(uow, StudentCode(code), entry_id, caller, refuse_full=refuse_full)
        [enrolment] = show_enrolments([done.enrolment], await Names.of(uow, [done.enrolment]))
        shown = ChangeUndoneShown(
            entry=done.entry.id,
            undoes=entry_id,
            what=done.entry.what,
            student=done.student,
            version=done.version,
            enrolment=enrolment,
            left_over=[LeftOver.model_validate(piece) for piece in done.left_over],
            warnings=list(done.warnings),
        )
        return shown.model_dump(mode="json")

    return await answer_once(request, uow, key, act)
