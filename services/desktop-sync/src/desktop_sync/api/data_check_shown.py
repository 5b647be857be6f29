"""How the data check and what was taken over are shown."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel, Field

from desktop_sync.api.clashes import ShownClash
from desktop_sync.features.take_over import TakenOver
from desktop_sync.models import DepartureWork
from desktop_sync.repositories.data_check import Difference
from desktop_sync.repositories.rows import Found
from shared.contracts.ids import BranchId, DepartureId, ProjectId, StudentCode


class Thing(BaseModel):
    """By id and code; the code of a department that the portal no longer has is not known."""

    id: int
    code: str | None


class BothSides(BaseModel):
    """What the project has, and what the copy of the portal has."""

    project: Thing | None
    copied: Thing | None = Field(serialization_alias="copy")


class ShownPackage(BaseModel):
    """`missing` was chosen and is not in the project, `surplus` is there and was not chosen."""

    missing: list[str]
    surplus: list[str]


class ShownDifference(BaseModel):
    """A student in whom the project differs from the copy; the names are None until users has told them.

    Of one who left a `departure` may wait for his being taken over, and he has been gone from the copy
    `since`; both None when he left otherwise. `choice_package` is there for that kind alone.
    """

    kind: Difference
    code: StudentCode
    given_name: str | None
    prefix: str | None
    family_name: str | None
    branch: BranchId
    department: BothSides
    home_class: BothSides
    choice_package: ShownPackage | None
    since: datetime | None
    departure: DepartureId | None

    @classmethod
    def of(cls, kind: Difference, row: Found, work: DepartureWork | None) -> Self:
        package = None
        if kind is Difference.CHOICE_PACKAGE:
            package = ShownPackage(missing=row.missing, surplus=row.surplus)
        return cls(
            kind=kind,
            code=row.code,
            given_name=row.given_name,
            prefix=row.prefix,
            family_name=row.family_name,
            branch=row.branch_id or row.copy_branch_id,
            department=BothSides(
                project=_thing(row.department_id, row.department_code),
                copied=_thing(row.copy_department_id, row.copy_department_code),
            ),
            home_class=BothSides(
                project=_thing(row.home_class_id, row.home_class_code),
                copied=_thing(row.copy_home_class_id, row.copy_home_class_code),
            ),
            choice_package=package,
            since=work and work.at,
            departure=work and work.departure,
        )


class TakenClash(ShownClash):
    """Of whom; `clashes` of one take-over are of many."""

    student: StudentCode


class ShownTakenOver(BaseModel):
    """Who was taken over, and in what."""

    project: ProjectId
    revision: int
    left: list[StudentCode]
    new: list[StudentCode]
    moved: list[StudentCode]
    home_class: list[StudentCode]
    choice_package: list[StudentCode]
    clashes: list[TakenClash]

    @classmethod
    def of(cls, taken: TakenOver) -> Self:
        return cls(
            project=taken.project.id,
            revision=taken.project.revision,
            left=list(taken.left),
            new=list(taken.new),
            moved=list(taken.moved),
            home_class=list(taken.home_class),
            choice_package=list(taken.choice_package),
            clashes=[
                TakenClash(student=student, **ShownClash.of(clash).model_dump())
                for student, found in taken.clashes.items()
                for clash in found
            ],
        )


def _thing(identity: int | None, code: str | None) -> Thing | None:
    return None if identity is None else Thing(id=identity, code=code)
