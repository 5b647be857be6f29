"""In what a student in a school's own list differs from his enrolment here, and who leads that."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from portal.features.placement_sight import PlacementSight
from portal.features.student_rows import FieldGroup, StudentRow, StudentsGiven
from portal.models.student import Enrolment
from portal.repositories.branch_structures import BranchStructure
from shared.contracts.ids import DepartmentId, GroupId, SubjectId
from shared.contracts.values import Authority

OTHER_BRANCH = "other_branch"
PORTAL_LEADS, DESKTOP_LEADS = "portal_leads", "desktop_leads"


@dataclass(frozen=True, slots=True)
class Difference:
    """Of one enrolment, in codes. `why` it is not taken over: who leads, or `other_branch`."""

    row: StudentRow
    enrolment: Enrolment
    field: str
    here: Any
    listed: Any
    why: str | None

    @property
    def applied(self) -> bool:
        """Whether it is taken over."""
        return self.why is None


@dataclass(frozen=True, slots=True)
class Comparison:
    """A list beside a branch as it is here."""

    given: StudentsGiven
    structure: BranchStructure
    sight: PlacementSight

    def enrolment_of(self, row: StudentRow) -> Enrolment | None:
        """His enrolment in this project: the one the list means, if he has two.

        Else one of this school year at another school: a mistyped number must not enrol him a second time.
        """
        project, branch, meant = self.structure.project, self.structure.branch.id, self.department(row)
        this_year = [
            one for one in self.sight.live.get(row.code, ()) if one.school_year == project.school_year
        ]
        return min(
            this_year,
            key=lambda one: (
                one.project_id != project.id,
                one.department_id != meant,
                one.branch_id != branch,
            ),
            default=None,
        )

    def differences(self, row: StudentRow, enrolment: Enrolment) -> list[Difference]:
        """In another department nothing else can be compared."""
        here = self.sight.departments[enrolment.department_id]
        if enrolment.branch_id != self.structure.branch.id:
            return [Difference(row, enrolment, "branch", here.code, row.department, OTHER_BRANCH)]
        if here.code != row.department:
            why = self._why_not(FieldGroup.DEPARTMENT)
            return [Difference(row, enrolment, FieldGroup.DEPARTMENT, here.code, row.department, why)]
        return [*self._home_class(row, enrolment), *self._package(row, enrolment)]

    def department(self, row: StudentRow) -> DepartmentId:
        return self.structure.departments[row.department].id

    def home_class(self, row: StudentRow) -> GroupId | None:
        if row.home_class is None:
            return None
        return self.structure.home_classes[self.department(row), row.home_class].id

    def choices(self, row: StudentRow) -> dict[str, SubjectId]:
        """What he chose, by code; what comes with the class is not chosen."""
        named = {code: self.structure.subjects[self.department(row), code] for code in row.choices or ()}
        return {code: subject.id for code, subject in named.items() if subject.is_choosable}

    def _home_class(self, row: StudentRow, enrolment: Enrolment) -> Iterator[Difference]:
        wanted = self.home_class(row)
        if wanted is None or wanted == enrolment.home_class_id:
            return
        codes = {group.id: code for (_, code), group in self.structure.home_classes.items()}
        here = codes.get(enrolment.home_class_id) if enrolment.home_class_id is not None else None
        authority = self.sight.departments[enrolment.department_id].home_class_authority
        why = self._why_not(FieldGroup.HOME_CLASS) if authority is Authority.PORTAL else DESKTOP_LEADS
        yield Difference(row, enrolment, FieldGroup.HOME_CLASS, here, row.home_class, why)

    def _package(self, row: StudentRow, enrolment: Enrolment) -> Iterator[Difference]:
        if row.profile is not None and row.profile != enrolment.profile:
            why = self._why_not(FieldGroup.PROFILE)
            yield Difference(row, enrolment, FieldGroup.PROFILE, enrolment.profile, row.profile, why)
        if row.choices is None:
            return
        wanted = self.choices(row)
        if {*wanted.values()} != {*enrolment.subject_ids}:
            codes = {subject.id: subject.code for subject in self.structure.subjects.values()}
            had = sorted(codes[subject] for subject in enrolment.subject_ids)
            why = self._why_not(FieldGroup.CHOICE_PACKAGE)
            yield Difference(row, enrolment, FieldGroup.CHOICE_PACKAGE, had, sorted(wanted), why)

    def _why_not(self, group: FieldGroup) -> str | None:
        return None if group in self.given.led else PORTAL_LEADS
