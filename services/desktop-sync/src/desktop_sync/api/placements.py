"""Placements of one student, by hand."""

from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from desktop_sync.api.access import Changer, Work
from desktop_sync.api.clashes import ShownClash
from desktop_sync.api.projects import tag
from desktop_sync.api.students import StudentCard, StudentPath, card_of
from desktop_sync.features.hand_placement import PlacementWish, place_student
from desktop_sync.features.placing import FullWarning
from shared.contracts.ids import GroupId, ProjectId
from shared.contracts.rights import Permission
from shared.runtime.input import OF_ID, Input, PathId, ShortText
from shared.runtime.versions import IfMatchGiven

_MOST_SUBJECTS = 100

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


class ShownWarning(BaseModel):
    """A class or lesson group has more students now than it should."""

    code: str
    group: str
    size: int
    soft_max: int

    @classmethod
    def of(cls, warning: FullWarning) -> Self:
        return cls(code=warning.code, group=warning.name, size=warning.size, soft_max=warning.soft_max)


class PlacedCard(StudentCard):
    """`step` can be taken back; null when he stood so already."""

    revision: int
    step: UUID | None
    clashes: list[ShownClash]
    warnings: list[ShownWarning]


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
    card = await card_of(uow, placed.project.id, code, scope)
    tag(response, placed.project)
    return PlacedCard(
        **card.model_dump(),
        revision=placed.project.revision,
        step=placed.step and placed.step.id,
        clashes=[ShownClash.of(clash) for clash in placed.clashes],
        warnings=[ShownWarning.of(warning) for warning in placed.warnings],
    )
