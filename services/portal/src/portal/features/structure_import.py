"""The structure a project file names: school, branch, project, departments, subjects, groups."""

from collections.abc import Sequence
from dataclasses import dataclass

from portal.models.structure import Branch, Department, Group, Project, School, StaffRole, Subject
from portal.repositories.structure_building import StructureBuilding
from shared.clock import SchoolYear, school_year_name
from shared.contracts.ids import UserCode
from shared.contracts.values import Authority


@dataclass(frozen=True, slots=True)
class PlaceGiven:
    """Codes of school and branch; 2026 is the school year 2026-2027."""

    school: str
    school_name: str
    branch: str
    branch_name: str
    school_year: int


@dataclass(frozen=True, slots=True)
class DepartmentGiven:
    code: str
    name: str
    home_class_authority: Authority


@dataclass(frozen=True, slots=True)
class SubjectGiven:
    department: str
    code: str
    name: str
    is_choosable: bool


@dataclass(frozen=True, slots=True)
class GroupGiven:
    department: str
    code: str
    name: str
    is_home_class: bool
    subject: str | None
    soft_max: int | None
    hard_max: int | None
    mentors: Sequence[str] | None = None
    teachers: Sequence[str] | None = None
    """Codes of colleagues; None is not told and stays as it is."""

    @property
    def staff(self) -> dict[StaffRole, Sequence[str]]:
        """As far as the file tells."""
        told = {StaffRole.MENTOR: self.mentors, StaffRole.TEACHER: self.teachers}
        return {role: codes for role, codes in told.items() if codes is not None}


@dataclass(frozen=True, slots=True)
class ImportedPlace:
    """One branch in one project."""

    school: School
    branch: Branch
    project: Project


@dataclass(frozen=True, slots=True)
class ImportedStructure:
    """The rows, by their codes; groups and subjects by (department, code).

    In `led_anew` another side leads the home classes than did until now.
    """

    school: School
    branch: Branch
    project: Project
    departments: dict[str, Department]
    led_anew: list[Department]
    subjects: dict[tuple[str, str], Subject]
    groups: dict[tuple[str, str], Group]


async def import_place(structure: StructureBuilding, place: PlaceGiven) -> ImportedPlace:
    """Make what is missing of school, branch and project; other imports of the school wait."""
    school = await structure.ensure_school(place.school, place.school_name)
    branch = await structure.ensure_branch(school, place.branch, place.branch_name)
    name = f"{school.name} {school_year_name(SchoolYear(place.school_year))}"
    return ImportedPlace(
        school, branch, await structure.ensure_project(school, branch, place.school_year, name)
    )


async def import_structure(
    structure: StructureBuilding,
    place: ImportedPlace,
    departments: Sequence[DepartmentGiven],
    subjects: Sequence[SubjectGiven],
    groups: Sequence[GroupGiven],
) -> ImportedStructure:
    """Make what is missing and bring the rest to what is given; nothing is removed."""
    by_code, led_anew = await structure.ensure_departments(
        place.project,
        place.branch,
        {d.code: {"name": d.name, "home_class_authority": d.home_class_authority} for d in departments},
    )
    imported = ImportedStructure(
        place.school,
        place.branch,
        place.project,
        by_code,
        led_anew,
        await structure.ensure_subjects(
            by_code,
            {(s.department, s.code): {"name": s.name, "is_choosable": s.is_choosable} for s in subjects},
        ),
        await structure.ensure_groups(
            by_code,
            {
                (g.department, g.code): {
                    "name": g.name,
                    "is_home_class": g.is_home_class,
                    "subject_code": g.subject,
                    "soft_max": g.soft_max,
                    "hard_max": g.hard_max,
                }
                for g in groups
            },
        ),
    )
    await structure.bring_staff(
        {
            (imported.groups[group.department, group.code].id, role): [*map(UserCode, codes)]
            for group in groups
            for role, codes in group.staff.items()
        }
    )
    return imported
