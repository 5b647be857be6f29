"""How a change of department is shown: before it is made, when it was made, and what is still to be done."""

from collections.abc import Sequence
from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel

from portal.api.enrolments_shown import DepartmentRef, EnrolmentShown, GroupRef, Names, show_enrolments
from portal.features.department_change import DepartmentsChanged
from portal.features.department_outlook import DepartmentOutlook
from portal.features.home_class_change import FullWarning
from portal.models.department_change import ChangeState, DepartmentChange, FollowUp, FollowUpState
from portal.unit_of_work import PortalUnitOfWork
from shared.contracts.ids import BranchId, EnrolmentId, ProjectId, SchoolId, StudentCode, UserCode
from shared.contracts.values import PackagePolicy


class StepShown(BaseModel):
    step: FollowUp
    state: FollowUpState
    at: datetime


class PlaceBefore(BaseModel):
    """Where he was; the department is None where the structure has lost it since."""

    enrolment: EnrolmentId
    project: ProjectId
    department: DepartmentRef | None


class DepartmentChangeShown(BaseModel):
    """`groups` are the memberships that went; `history_entry` is what an undo names."""

    id: UUID
    student: StudentCode
    state: ChangeState
    at: datetime
    requested_by: UserCode
    before: PlaceBefore
    enrolment: EnrolmentId
    school: SchoolId
    project: ProjectId
    branch: BranchId
    department: DepartmentRef | None
    choice_package: PackagePolicy | None
    dropped: list[str]
    groups: list[GroupRef]
    steps: list[StepShown]
    history_entry: UUID


class DepartmentChangedShown(BaseModel):
    student: StudentCode
    version: int
    enrolment: EnrolmentShown
    change: DepartmentChangeShown


class OneDepartmentChanged(DepartmentChangedShown):
    warnings: list[FullWarning]


class DepartmentsChangedShown(BaseModel):
    items: list[DepartmentChangedShown]
    warnings: list[FullWarning]


class PackageOutlook(BaseModel):
    """`kept` and `dropped` are what `keep` would do."""

    subjects: list[str]
    profile: str | None
    kept: list[str]
    dropped: list[str]


class DepartmentPreview(BaseModel):
    """`groups` and `home_class` go in every case."""

    student: StudentCode
    version: int
    enrolment: EnrolmentId
    department: DepartmentRef
    project: ProjectId
    school: SchoolId
    branch: BranchId
    other_branch: bool
    other_school: bool
    groups: list[GroupRef]
    home_class: GroupRef | None
    choice_package: PackageOutlook | None
    steps: list[FollowUp]

    @classmethod
    def of(cls, outlook: DepartmentOutlook, version: int) -> Self:
        """What would become of the enrolment."""
        old, new = outlook.enrolment, outlook.department
        package = PackageOutlook(
            subjects=list(outlook.package),
            profile=old.profile,
            kept=[subject.code for subject in outlook.kept],
            dropped=list(outlook.dropped),
        )
        return cls(
            student=old.student_code,
            version=version,
            enrolment=old.id,
            department=DepartmentRef(id=new.id, code=new.code),
            project=outlook.project.id,
            school=outlook.project.school_id,
            branch=new.branch_id,
            other_branch=new.branch_id != old.branch_id,
            other_school=outlook.project.school_id != old.school_id,
            groups=[GroupRef(id=group.id, code=group.code) for group in outlook.groups],
            home_class=GroupRef(id=outlook.home_class.id, code=outlook.home_class.code)
            if outlook.home_class
            else None,
            choice_package=package if outlook.has_package else None,
            steps=list(outlook.steps),
        )


async def show_changes(
    uow: PortalUnitOfWork, changes: Sequence[DepartmentChange]
) -> list[DepartmentChangeShown]:
    """Changes with the codes of their departments; one query for all of them."""
    wanted = {one.department_id for one in changes} | {one.from_department_id for one in changes}
    departments = await uow.structure.named_departments(wanted)
    refs = {one.id: DepartmentRef(id=one.id, code=one.code) for one in departments.values()}
    return [
        DepartmentChangeShown(
            id=one.id,
            student=one.student_code,
            state=one.state,
            at=one.at,
            requested_by=one.requested_by,
            before=PlaceBefore(
                enrolment=one.from_enrolment_id,
                project=one.from_project_id,
                department=refs.get(one.from_department_id),
            ),
            enrolment=one.enrolment_id,
            school=one.school_id,
            project=one.project_id,
            branch=one.branch_id,
            department=refs.get(one.department_id),
            choice_package=one.choice_package,
            dropped=one.dropped,
            groups=[GroupRef(**group) for group in one.groups],
            steps=[StepShown(step=step.step, state=step.state, at=step.at) for step in one.checklist],
            history_entry=one.history_entry_id,
        )
        for one in changes
    ]


async def show_changed(uow: PortalUnitOfWork, done: DepartmentsChanged) -> list[DepartmentChangedShown]:
    """What was done just now, with the new enrolments."""
    changes = await uow.department_changes.as_they_are(done.changes)
    enrolments = [done.enrolments[change.enrolment_id] for change in changes]
    shown = show_enrolments(enrolments, await Names.of(uow, enrolments))
    return [
        DepartmentChangedShown(
            student=change.student,
            version=done.sight.students[change.student].version,
            enrolment=enrolment,
            change=change,
        )
        for change, enrolment in zip(await show_changes(uow, changes), shown, strict=True)
    ]
