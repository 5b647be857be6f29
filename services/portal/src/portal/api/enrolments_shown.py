"""How an enrolment is shown: codes beside ids, fetched for a whole list at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Self

from pydantic import BaseModel

from portal.models.ended_enrolment import EndedEnrolment
from portal.models.structure import Department, Group, Subject
from portal.models.student import Enrolment
from portal.unit_of_work import PortalUnitOfWork
from shared import clock
from shared.contracts.ids import BranchId, DepartmentId, EnrolmentId, GroupId, ProjectId, SchoolId
from shared.contracts.values import DepartureReason, EnrolmentKind


class GroupRef(BaseModel):
    id: GroupId
    code: str


class DepartmentRef(BaseModel):
    id: DepartmentId
    code: str


class EnrolmentShown(BaseModel):
    id: EnrolmentId
    kind: EnrolmentKind
    project: ProjectId
    school: SchoolId
    school_year: str
    branch: BranchId
    department: DepartmentRef
    home_class: GroupRef | None
    groups: list[GroupRef]
    choice_package: list[str]
    profile: str | None


class EndedEnrolmentShown(BaseModel):
    """One that ended. Department or class are None where the structure has lost them since."""

    id: EnrolmentId
    project: ProjectId
    school: SchoolId
    school_year: str
    branch: BranchId
    department: DepartmentRef | None
    home_class: GroupRef | None
    enrolled_at: datetime
    left_on: date
    reason: DepartureReason | None


@dataclass(frozen=True, slots=True)
class Names:
    """Codes of what some enrolments refer to."""

    departments: dict[int, Department]
    groups: dict[int, Group]
    subjects: dict[int, Subject]

    @classmethod
    async def of(cls, uow: PortalUnitOfWork, enrolments: Sequence[Enrolment]) -> Self:
        """Three queries, however many enrolments."""
        classes = {e.home_class_id for e in enrolments if e.home_class_id is not None}
        return cls(
            await uow.structure.named_departments({e.department_id for e in enrolments}),
            await uow.structure.named_groups(classes.union(*(e.group_ids for e in enrolments))),
            await uow.structure.named_subjects({s for e in enrolments for s in e.subject_ids}),
        )

    @classmethod
    async def of_ended(cls, uow: PortalUnitOfWork, ended: Sequence[EndedEnrolment]) -> Self:
        """Two queries, however many."""
        return cls(
            await uow.structure.named_departments({e.department_id for e in ended}),
            await uow.structure.named_groups({e.home_class_id for e in ended if e.home_class_id is not None}),
            {},
        )

    def group(self, group: GroupId) -> GroupRef:
        return GroupRef(id=group, code=self.groups[group].code)


def show_enrolments(enrolments: Sequence[Enrolment], names: Names) -> list[EnrolmentShown]:
    """Enrolments as they are shown today."""
    year = clock.school_year_of(clock.today())
    return [
        EnrolmentShown(
            id=e.id,
            kind=e.kind_in(year),
            project=e.project_id,
            school=e.school_id,
            school_year=clock.school_year_name(clock.SchoolYear(e.school_year)),
            branch=e.branch_id,
            department=DepartmentRef(id=e.department_id, code=names.departments[e.department_id].code),
            home_class=names.group(e.home_class_id) if e.home_class_id is not None else None,
            groups=[names.group(group) for group in e.group_ids],
            choice_package=sorted(names.subjects[subject].code for subject in e.subject_ids),
            profile=e.profile,
        )
        for e in enrolments
    ]


def show_history(ended: Sequence[EndedEnrolment], names: Names) -> list[EndedEnrolmentShown]:
    """Enrolments that ended, with what is still known of their places."""
    return [
        EndedEnrolmentShown(
            id=e.id,
            project=e.project_id,
            school=e.school_id,
            school_year=clock.school_year_name(clock.SchoolYear(e.school_year)),
            branch=e.branch_id,
            department=DepartmentRef(id=e.department_id, code=names.departments[e.department_id].code)
            if e.department_id in names.departments
            else None,
            home_class=names.group(e.home_class_id) if e.home_class_id in names.groups else None,
            enrolled_at=e.enrolled_at,
            left_on=e.left_on,
            reason=e.reason,
        )
        for e in ended
    ]
