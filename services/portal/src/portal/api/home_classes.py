"""Home classes: of one enrolment, and of a list at once."""

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from portal.api.depends import Work, settings_of
from portal.api.enrolments_shown import EnrolmentShown, Names, show_enrolments
from portal.features.home_class_change import (
    FullWarning,
    HomeClassRound,
    HomeClassWish,
    assign_home_class,
    assign_home_classes,
)
from portal.unit_of_work import PortalUnitOfWork
from shared.contracts.ids import EnrolmentId, GroupId, StudentCode
from shared.contracts.rights import Permission
from shared.runtime.access import Allowed, Caller
from shared.runtime.idempotency import IdempotencyKey, answer_once
from shared.runtime.input import Id, Input, PathId
from shared.runtime.versions import IfMatchGiven

router = APIRouter(tags=["home classes"])

MOST_IN_A_BODY = 1000
"""So many fit into 64 KiB."""

Placer = Annotated[Caller, Allowed(Permission.CHANGE_PLACEMENTS)]


class HomeClassInput(Input):
    group: Id | None


class ListedHomeClass(Input):
    enrolment: Id
    group: Id | None


class HomeClassesInput(Input):
    changes: Annotated[list[ListedHomeClass], Field(min_length=1, max_length=MOST_IN_A_BODY)]


class PlacedShown(BaseModel):
    """An enrolment after a change, and the version its student has by that."""

    student: StudentCode
    version: int
    enrolment: EnrolmentShown


class HomeClassShown(PlacedShown):
    warnings: list[FullWarning]


class HomeClassesShown(BaseModel):
    items: list[PlacedShown]
    warnings: list[FullWarning]


@router.put("/enrolments/{enrolment_id}/home-class")
async def put_home_class(  # noqa: PLR0913, PLR0917 - a PUT that may name what it saw
    caller: Placer,
    uow: Work,
    request: Request,
    response: Response,
    enrolment_id: PathId,
    body: HomeClassInput,
    seen: IfMatchGiven,
) -> HomeClassShown:
    """Another home class for an enrolment or prognosis, or none; where the portal leads."""
    moved = await assign_home_class(
        uow,
        HomeClassWish(EnrolmentId(enrolment_id), _group(body.group)),
        caller.scope(Permission.CHANGE_PLACEMENTS),
        seen,
        refuse_full=settings_of(request).refuses_full,
    )
    [placed] = await _placed(uow, moved)
    response.headers["ETag"] = f'"{placed.version}"'
    return HomeClassShown(**dict(placed), warnings=moved.warnings())


@router.post("/home-classes", response_model=HomeClassesShown)
async def post_home_classes(
    caller: Placer, uow: Work, request: Request, body: HomeClassesInput, key: IdempotencyKey = None
) -> dict[str, Any]:
    """Other home classes for a list of enrolments: all of it, or nothing."""

    async def act() -> dict[str, Any]:
        moved = await assign_home_classes(
            uow,
            [HomeClassWish(EnrolmentId(one.enrolment), _group(one.group)) for one in body.changes],
            caller.scope(Permission.CHANGE_PLACEMENTS),
            refuse_full=settings_of(request).refuses_full,
        )
        shown = HomeClassesShown(items=await _placed(uow, moved), warnings=moved.warnings())
        return shown.model_dump(mode="json")

    return await answer_once(request, uow, key, act)


async def _placed(uow: PortalUnitOfWork, moved: HomeClassRound) -> list[PlacedShown]:
    enrolments = [move.enrolment for move in moved.moves]
    shown = show_enrolments(enrolments, await Names.of(uow, enrolments))
    students = [moved.sight.students[one.student_code] for one in enrolments]
    return [
        PlacedShown(student=student.code, version=student.version, enrolment=enrolment)
        for student, enrolment in zip(students, shown, strict=True)
    ]


def _group(group: int | None) -> GroupId | None:
    return GroupId(group) if group is not None else None
