from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel

from desktop_sync.api.access import Work
from desktop_sync.api.students import StudentPath
from desktop_sync.features.footprint import footprint
from shared.contracts.ids import ProjectId
from shared.contracts.rights import Permission
from shared.runtime.access import Allowed, Caller


class ShownPlacement(BaseModel):
    subject: str
    group: str | None


class ShownProject(BaseModel):
    project: ProjectId
    placements: list[ShownPlacement]


class Footprint(BaseModel):
    """Holds only what still exists."""

    projects: list[ShownProject]


router = APIRouter(tags=["footprint"])


@router.get("/students/{code}/footprint")
async def show_footprint(
    caller: Annotated[Caller, Allowed(Permission.READ_STUDENTS)], uow: Work, code: StudentPath
) -> Footprint:
    """Where the student still is, from this school year on; empty for one that nobody knows."""
    found = await footprint(uow, code, caller.scope(Permission.READ_STUDENTS))
    return Footprint(
        projects=[
            ShownProject(
                project=place.project,
                placements=[ShownPlacement(subject=s, group=g) for s, g in place.placements],
            )
            for place in found
        ]
    )
