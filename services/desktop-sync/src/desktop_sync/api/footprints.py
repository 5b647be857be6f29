from collections.abc import Sequence
from typing import Annotated, Self

from fastapi import APIRouter
from pydantic import BaseModel, Field

from desktop_sync.api.access import Work
from desktop_sync.api.students import StudentPath
from desktop_sync.features.footprint import StillIn, footprints
from shared.contracts.commands import MOST_STUDENTS
from shared.contracts.ids import AStudentCode, ProjectId, StudentCode
from shared.contracts.rights import Permission
from shared.runtime.access import Allowed, Caller
from shared.runtime.input import Input

Reader = Annotated[Caller, Allowed(Permission.READ_STUDENTS)]


class ShownPlacement(BaseModel):
    subject: str
    group: str | None


class ShownProject(BaseModel):
    project: ProjectId
    placements: list[ShownPlacement]

    @classmethod
    def of(cls, place: StillIn) -> Self:
        return cls(
            project=place.project,
            placements=[ShownPlacement(subject=s, group=g) for s, g in place.placements],
        )


class Footprint(BaseModel):
    """Holds only what still exists."""

    projects: list[ShownProject]

    @classmethod
    def of(cls, places: Sequence[StillIn]) -> Self:
        return cls(projects=[ShownProject.of(place) for place in places])


class FootprintOfOne(Footprint):
    student: StudentCode


class Footprints(BaseModel):
    items: list[FootprintOfOne]


class Students(Input):
    students: Annotated[list[AStudentCode], Field(min_length=1, max_length=MOST_STUDENTS)]


router = APIRouter(tags=["footprint"])


@router.get("/students/{code}/footprint")
async def show_footprint(caller: Reader, uow: Work, code: StudentPath) -> Footprint:
    """Where the student still is, from this school year on; empty for one that nobody knows."""
    found = await footprints(uow, [code], caller.scope(Permission.READ_STUDENTS))
    return Footprint.of(found[code])


@router.post("/footprints")
async def show_footprints(caller: Reader, uow: Work, body: Students) -> Footprints:
    """The same of many students at once."""
    found = await footprints(uow, body.students, caller.scope(Permission.READ_STUDENTS))
    return Footprints(
        items=[FootprintOfOne(student=code, **dict(Footprint.of(places))) for code, places in found.items()]
    )
