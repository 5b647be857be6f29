"""What a change of department does: judged before it is done, and shown before it is asked for."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from portal.errors import (
    AlreadyEnrolled,
    ChoicePackageUndecided,
    ClassFull,
    OtherSchoolYear,
    SameDepartment,
)
from portal.features.home_class_change import check_home_class, refuse_unless_portal_leads
from portal.features.placement_sight import PlacementSight
from portal.models.department_change import FollowUp, follow_ups_of
from portal.models.structure import Department, Group, Project, Subject
from portal.models.student import Enrolment
from portal.repositories.class_seats import ClassSeats
from portal.unit_of_work import PortalUnitOfWork
from shared.contracts.ids import DepartmentId, EnrolmentId, GroupId
from shared.contracts.values import PackagePolicy
from shared.errors import NotFound
from shared.runtime.access import Scope


@dataclass(frozen=True, slots=True)
class DepartmentWish:
    """`home_class`: at once, where the portal leads in the new department."""

    enrolment: EnrolmentId
    department: DepartmentId
    choice_package: PackagePolicy | None = None
    home_class: GroupId | None = None


@dataclass(frozen=True, slots=True)
class DepartmentOutlook:
    """`kept` and `dropped` are of the package when it is kept; `groups` and `home_class` go in every case."""

    wish: DepartmentWish
    enrolment: Enrolment
    old_department: Department
    department: Department
    project: Project
    groups: Sequence[Group]
    home_class: Group | None
    package: Sequence[str]
    kept: Sequence[Subject]
    dropped: Sequence[str]
    steps: Sequence[FollowUp]
    lets_choose: bool

    @property
    def has_package(self) -> bool:
        """Profile and subjects are one package."""
        return bool(self.package) or self.enrolment.profile is not None

    @property
    def keeps(self) -> bool:
        return self.wish.choice_package is PackagePolicy.KEEP

    @property
    def package_is_settled(self) -> bool:
        """Nothing is left to be chosen: it was kept whole, or the department lets nothing choose."""
        return not self.lets_choose or (self.keeps and bool(self.kept) and not self.dropped)

    def refuse_undecided(self) -> None:
        """Raises ChoicePackageUndecided with the package."""
        if self.has_package and self.wish.choice_package is None:
            raise ChoicePackageUndecided(subjects=list(self.package), profile=self.enrolment.profile)


@dataclass(frozen=True, slots=True)
class DepartmentSight:
    """Enrolments, and the departments to which they are to go."""

    sight: PlacementSight
    places: Mapping[int, tuple[Department, Project]]
    choosable: Mapping[int, Mapping[str, Subject]]
    clustered: Collection[int]
    subjects: Mapping[int, Subject]
    groups: Mapping[int, Group]
    seats: ClassSeats
    refuse_full: bool

    @classmethod
    async def of(
        cls,
        uow: PortalUnitOfWork,
        sight: PlacementSight,
        departments: Collection[DepartmentId],
        home_classes: Collection[GroupId | None] = (),
        *,
        refuse_full: bool = True,
    ) -> Self:
        """A constant number of statements; home classes that are to be entered are locked."""
        enrolments = sight.by_id.values()
        seats = await ClassSeats.of(uow.session, {group for group in home_classes if group is not None})
        held = {one.home_class_id for one in enrolments if one.home_class_id is not None}
        groups = await uow.structure.named_groups(held.union(*(one.group_ids for one in enrolments)))
        return cls(
            sight,
            await uow.structure.places_of(departments),
            await uow.structure.choosable_in(departments),
            await uow.structure.with_cluster_groups(departments),
            await uow.structure.named_subjects({s for one in enrolments for s in one.subject_ids}),
            {**groups, **seats.groups},
            seats,
            refuse_full,
        )

    def outlook(self, enrolment: Enrolment, wish: DepartmentWish, scope: Scope) -> DepartmentOutlook:
        """What becomes of an enrolment in sight.

        Raises NotFound for a department that is unknown, of a past year or of another's branch;
        SameDepartment, OtherSchoolYear, DepartureRunning, AlreadyEnrolled, and for a home class
        DesktopIsLeading and NotAHomeClassHere.
        """
        department, project = self._place(enrolment, wish.department, scope)
        self.sight.refuse_while_departing(enrolment.student_code)
        self._refuse_second(enrolment, department)
        if wish.home_class is not None:
            refuse_unless_portal_leads(department)
            check_home_class(self.groups, wish.home_class, department.id)
        package = sorted(self.subjects[subject].code for subject in enrolment.subject_ids)
        choosable = self.choosable[department.id]
        has_package = bool(package) or enrolment.profile is not None or bool(choosable)
        home_class = enrolment.home_class_id
        return DepartmentOutlook(
            wish=wish,
            enrolment=enrolment,
            old_department=self.sight.departments[enrolment.department_id],
            department=department,
            project=project,
            groups=[self.groups[group] for group in enrolment.group_ids],
            home_class=self.groups[home_class] if home_class is not None else None,
            package=package,
            kept=[choosable[code] for code in package if code in choosable],
            dropped=[code for code in package if code not in choosable],
            steps=follow_ups_of(
                department.home_class_authority,
                has_cluster_groups=department.id in self.clustered,
                has_package=has_package,
            ),
            lets_choose=bool(choosable),
        )

    def check_room(self, home_class: GroupId | None) -> None:
        """Raises ClassFull."""
        if home_class is not None and self.refuse_full and self.seats.is_overfull(home_class):
            most = self.seats.groups[home_class].hard_max
            raise ClassFull(group=home_class, size=self.seats.size(home_class), hard_max=most)

    def _place(
        self, enrolment: Enrolment, department_id: DepartmentId, scope: Scope
    ) -> tuple[Department, Project]:
        department, project = self.places.get(department_id, (None, None))
        if department is None or project is None or not scope.contains(department.branch_id):
            raise NotFound
        if project.school_year < self.sight.year:
            raise NotFound
        if department.id == enrolment.department_id:
            raise SameDepartment(department=department.id)
        if project.school_year != enrolment.school_year:
            raise OtherSchoolYear(department=department.id)
        return department, project

    def _refuse_second(self, enrolment: Enrolment, department: Department) -> None:
        """He may have none in another project yet, and none in that department beside this one."""
        for other in self.sight.live[enrolment.student_code]:
            if other.id == enrolment.id:
                continue
            is_move = department.project_id != enrolment.project_id
            if other.department_id == department.id or (
                is_move and other.project_id == department.project_id
            ):
                raise AlreadyEnrolled(student=other.student_code, enrolment=other.id)
