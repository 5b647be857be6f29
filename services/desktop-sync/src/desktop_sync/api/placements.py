"""Placements of one student, by hand or by a row of his options."""

from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from desktop_sync.api.access import Changer, Work
from desktop_sync.api.clashes import ShownClash
from desktop_sync.api.connector import Revision
from desktop_sync.api.students import StudentCard, StudentPath, card_of
from desktop_sync.features.hand_placement import PlacementWish, place_student
from desktop_sync.features.option_applying import Chosen, apply_row
from desktop_sync.features.placing import FullWarning, Placed
from desktop_sync.unit_of_work import DesktopUnitOfWork
from shared.contracts.ids import GroupId, ProjectId, StudentCode
from shared.contracts.rights import Permission
from shared.runtime.access import Scope
from shared.runtime.idempotency import IdempotencyKey, answer_once
from shared.runtime.input import OF_ID, CleanText, Input, PathId, ShortText
from shared.runtime.versions import IfMatchGiven

_MOST_SUBJECTS = 100
_LONGEST_ROW = 4000

Subject = Annotated[ShortText, Field(min_length=1)]


class PlacementsInput(Input):
    """Only what is given changes: `home_class` null takes him out of his class, a group null unplaces him.

    A `reason` lets two lessons be at once.
    """

    home_class: Annotated[GroupId, OF_ID] | None = None
    groups: Annotated[dict[Subject, Subject | None], Field(max_length=_MOST_SUBJECTS)] = Field(
        default_factory=dict
    )
    reason: Annotated[ShortText, Field(min_length=1)] | None = None

    def wish(self) -> PlacementWish:
        return PlacementWish(
            changes_class="home_class" in self.model_fields_set,
            home_class=self.home_class,
            groups=self.groups,
            reason=self.reason,
        )


class RowInput(Input):
    """`row`: the id of a row of his options, as listed at this `revision`."""

    revision: Revision
    row: Annotated[CleanText, Field(min_length=1, max_length=_LONGEST_ROW)]
    reason: Annotated[ShortText, Field(min_length=1)] | None = None

    def chosen(self) -> Chosen:
        return Chosen(self.row, self.revision, self.reason)


class ShownWarning(BaseModel):
    """A class or lesson group has more students now than it should."""

    code: str
    group: str
    size: int
    soft_max: int

    @classmethod
    def of(cls, warning: FullWarning) -> Self:
        return cls(code=warning.code, group=warning.name, size=warning.size, soft_max=warning.soft_max)


class Outcome(BaseModel):
    """What became of it, without anything personal. `step` can be taken back; null when he stood so already.

    `others`: who else was moved.
    """

    revision: int
    step: UUID | None
    clashes: list[ShownClash]
    warnings: list[ShownWarning]
    others: list[StudentCode]

    @classmethod
    def of(cls, code: StudentCode, placed: Placed) -> Self:
        step = placed.step
        return cls(
            revision=placed.project.revision,
            step=step and step.id,
            clashes=[ShownClash.of(clash) for clash in placed.clashes],
            warnings=[ShownWarning.of(warning) for warning in placed.warnings],
            others=[other for other in step.students if other != code] if step else [],
        )


class PlacedCard(Outcome, StudentCard):
    """The student as he stands now, and what became of it."""


router = APIRouter(prefix="/projects/{project_id}/students/{code}/placements", tags=["students"])


@router.put("")
async def change_placements(  # noqa: PLR0913, PLR0917 - a change of a version that may have been seen
    caller: Changer,
    uow: Work,
    project_id: PathId,
    code: StudentPath,
    body: PlacementsInput,
    seen: IfMatchGiven,
    response: Response,
) -> PlacedCard:
    """Another home class or other lesson groups for one student; what is bound to the class follows."""
    scope = caller.scope(Permission.CHANGE_DESKTOP)
    placed = await place_student(uow, ProjectId(project_id), code, body.wish(), scope, seen)
    return await _show(uow, ProjectId(project_id), code, scope, Outcome.of(code, placed), response)


@router.post("")
async def apply_option(  # noqa: PLR0913, PLR0917 - a POST that acts, once
    caller: Changer,
    uow: Work,
    request: Request,
    project_id: PathId,
    code: StudentPath,
    body: RowInput,
    response: Response,
    key: IdempotencyKey = None,
) -> PlacedCard:
    """Apply a row of his options, all of it or nothing, if the project is as it was looked at."""
    scope = caller.scope(Permission.CHANGE_DESKTOP)

    async def act() -> dict[str, Any]:
        placed = await apply_row(uow, ProjectId(project_id), code, body.chosen(), scope)
        return Outcome.of(code, placed).model_dump(mode="json")

    outcome = Outcome.model_validate(await answer_once(request, uow, key, act))
    return await _show(uow, ProjectId(project_id), code, scope, outcome, response)


async def _show(  # noqa: PLR0913, PLR0917 - whom, to whom, and what became of it
    uow: DesktopUnitOfWork,
    project: ProjectId,
    code: StudentCode,
    scope: Scope,
    outcome: Outcome,
    response: Response,
) -> PlacedCard:
    card = await card_of(uow, project, code, scope)
    response.headers["ETag"] = f'"{outcome.revision}"'
    return PlacedCard(**card.model_dump(), **outcome.model_dump())
