"""What was done to the placements, step by step, and taking a step back."""

from datetime import datetime
from typing import Any, Self
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel

from desktop_sync.api.access import Changer, Reader, Work
from desktop_sync.api.connector import Revision
from desktop_sync.features.placement_undo import undo_step
from desktop_sync.models import PlacementStep
from desktop_sync.models.standing import differences
from shared.contracts.facts import Difference
from shared.contracts.ids import ProjectId, StudentCode, UserCode
from shared.contracts.rights import Permission
from shared.contracts.values import DeskAct
from shared.runtime.idempotency import IdempotencyKey, answer_once
from shared.runtime.input import Input, PathId
from shared.runtime.paging import DEFAULT, Cursor, Limit, NewestFirst, Page


class UndoInput(Input):
    """Nothing: the last step; `revision` is that of the project as it was looked at."""

    step: UUID | None = None
    revision: Revision | None = None


class ShownMove(BaseModel):
    student: StudentCode
    differences: list[Difference]


class ShownStep(BaseModel):
    """Who placed whom, when and why; `undone_at`: null while it can be taken back."""

    id: UUID
    act: DeskAct
    by: UserCode
    at: datetime
    revision: int
    reason: str | None
    students: list[ShownMove]
    undone_at: datetime | None

    @classmethod
    def of(cls, step: PlacementStep) -> Self:
        return cls(
            id=step.id,
            act=step.act,
            by=step.made_by,
            at=step.made_at,
            revision=step.revision,
            reason=step.reason,
            students=[
                ShownMove(student=after.student, differences=differences(before, after))
                for before, after in step.moved
            ],
            undone_at=step.undone_at,
        )


class UndoneStep(BaseModel):
    step: UUID
    students: list[StudentCode]
    revision: int


router = APIRouter(prefix="/projects/{project_id}/placements", tags=["students"])


@router.get("/steps")
async def list_steps(
    caller: Reader, uow: Work, project_id: PathId, limit: Limit = DEFAULT, cursor: Cursor = None
) -> Page[ShownStep]:
    """Placements by hand and by an option, the newest first; those of whom the caller sees all students."""
    keyset, scope = NewestFirst(limit, cursor, PlacementStep.revision), caller.scope(Permission.READ_DESKTOP)
    project = await uow.projects.get(ProjectId(project_id), scope)
    steps = await uow.placement_steps.page(keyset, project.id, scope)
    return keyset.page(steps, ShownStep.of, lambda step: (step.revision,))


@router.post("/undo", response_model=UndoneStep)
async def undo(  # noqa: PLR0913, PLR0917 - a POST that acts, once
    caller: Changer,
    uow: Work,
    request: Request,
    project_id: PathId,
    body: UndoInput,
    key: IdempotencyKey = None,
) -> dict[str, Any]:
    """Take back the last step that was not undone yet, or this one: all its students, or nothing."""

    async def act() -> dict[str, Any]:
        undone = await undo_step(
            uow,
            ProjectId(project_id),
            caller.scope(Permission.CHANGE_DESKTOP),
            step_id=body.step,
            revision=body.revision,
        )
        told = UndoneStep(
            step=undone.step.id, students=undone.step.students, revision=undone.project.revision
        )
        return told.model_dump(mode="json")

    return await answer_once(request, uow, key, act)
