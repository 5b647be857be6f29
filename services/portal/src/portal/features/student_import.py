"""A school's own list of students is compared with a branch of a project: a difference that can run nightly.

Who is new is enrolled with all that the list tells. Of who is here already each difference is listed, and
taken over only where the source leads that field (docs/decisions/0008). Who left is not brought back but
listed, and so is who has an archived account. Who is missing in the list is proposed to leave
(departure_proposals.py): a list never lets anybody go by itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from portal.errors import StudentsRefused
from portal.features.departure_proposals import GoneFromList, propose_departures
from portal.features.history import note_change
from portal.features.home_class_change import HomeClassWish, assign_home_classes
from portal.features.placement import announce_placement
from portal.features.placement_sight import PlacementSight
from portal.features.project_import import has_left
from portal.features.student_rows import (
    FieldGroup,
    RowProblem,
    StudentRow,
    StudentsGiven,
    check_rows,
)
from portal.models.history_entry import HistoryWhat
from portal.models.student import Enrolment
from portal.repositories.branch_structures import BranchStructure
from portal.repositories.enrolment_contents import EnrolmentContent
from portal.unit_of_work import PortalUnitOfWork
from shared import clock
from shared.contracts.ids import StudentCode
from shared.contracts.values import Authority
from shared.runtime.access import Scope


@dataclass(frozen=True, slots=True)
class Difference:
    """Of one student, in codes. `why` it was not taken over: who leads, or `other_branch`."""

    row: int
    student: StudentCode
    field: str
    here: Any
    listed: Any
    applied: bool
    why: str | None = None


@dataclass(slots=True)
class StudentsImported:
    structure: BranchStructure
    problems: Sequence[RowProblem]
    gone: GoneFromList
    created: int = 0
    updated: int = 0
    different: int = 0
    unchanged: int = 0
    departed: list[StudentCode] = field(default_factory=list)
    archived: list[StudentCode] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)

    def note(self, found: Sequence[Difference]) -> None:
        """One who is here already, and in what he differs."""
        applied = any(one.applied for one in found)
        self.updated += applied
        self.different += bool(found) and not applied
        self.unchanged += not found
        self.differences += found


async def import_students(
    uow: PortalUnitOfWork, given: StudentsGiven, scope: Scope, *, threshold: int, dry_run: bool = False
) -> StudentsImported:
    """Bring one branch to what the list says, as far as its source leads.

    Raises StudentsRefused with every problem, unless it is a dry run or bad rows are to be skipped.
    """
    structure = await _structure(uow, given)
    checked = check_rows(given.rows, structure)
    if checked.has_errors and not (dry_run or given.skip_bad_rows):
        raise StudentsRefused(problems=[_told(problem) for problem in checked.problems])
    gone = await propose_departures(uow, given, structure, threshold=threshold)
    imported = StudentsImported(structure, checked.problems, gone)
    codes = [row.code for row in checked.good]
    sight = await PlacementSight.of_students(uow, codes)
    archived = await uow.people.archived_among(codes)
    new: list[StudentRow] = []
    wishes: list[HomeClassWish] = []
    for row in checked.good:
        if _has_left(row, structure, sight):
            imported.departed.append(row.code)
        elif row.code in archived:
            imported.archived.append(row.code)
        elif (enrolment := _enrolment_here(sight, structure, row)) is None:
            new.append(row)
        else:
            found = _differences(row, enrolment, structure, sight, given)
            imported.note(found)
            wishes += _wishes(found, enrolment, row, structure)
    await _enrol(uow, new, structure, sight)
    imported.created = len(new)
    if wishes:
        await assign_home_classes(uow, wishes, scope, refuse_full=False)
    uow.record("students.import", "project", [structure.project.id], reason=given.source)
    return imported


async def _structure(uow: PortalUnitOfWork, given: StudentsGiven) -> BranchStructure:
    """Raises StudentsRefused: a list makes no structure."""

    def unknown(place: str, code: str) -> StudentsRefused:
        return StudentsRefused(problems=[{"place": place, "code": code}])

    school = await uow.branch_structures.school(given.school)
    if school is None:
        raise unknown("school", "unknown_school")
    branch = await uow.branch_structures.branch(school, given.branch)
    if branch is None:
        raise unknown("branch", "unknown_branch")
    if given.school_year < clock.school_year_of(clock.today()):
        raise unknown("year", "past_year")
    project = await uow.branch_structures.project(branch, given.school_year)
    if project is None:
        raise unknown("year", "unknown_project")
    return await uow.branch_structures.of(school, branch, project)


def _has_left(row: StudentRow, structure: BranchStructure, sight: PlacementSight) -> bool:
    """Whether he left, or is leaving: nothing of him may be changed then."""
    departures = sight.departures.get(row.code, ())
    if any(one.is_locking or one.is_bringing_back for one in departures):
        return True
    is_enrolled = any(one.project_id == structure.project.id for one in sight.live.get(row.code, ()))
    school, year = structure.school.id, structure.project.school_year
    return has_left(departures, school, year, is_enrolled=is_enrolled)


def _enrolment_here(sight: PlacementSight, structure: BranchStructure, row: StudentRow) -> Enrolment | None:
    """His enrolment in this project: the one the list means, if he has two."""
    mine = [one for one in sight.live.get(row.code, ()) if one.project_id == structure.project.id]
    meant = structure.departments[row.department].id
    return min(
        mine, key=lambda one: (one.department_id != meant, one.branch_id != structure.branch.id), default=None
    )


def _differences(
    row: StudentRow,
    enrolment: Enrolment,
    structure: BranchStructure,
    sight: PlacementSight,
    given: StudentsGiven,
) -> list[Difference]:
    """In another department nothing else can be compared."""
    department = sight.departments[enrolment.department_id]
    if enrolment.branch_id != structure.branch.id:
        return [_listed(row, "branch", department.code, row.department, why="other_branch")]
    if department.code != row.department:
        return [_listed(row, FieldGroup.DEPARTMENT, department.code, row.department)]
    found = []
    classes = {group.id: code for (_, code), group in structure.home_classes.items()}
    here = classes.get(enrolment.home_class_id) if enrolment.home_class_id is not None else None
    if row.home_class is not None and row.home_class != here:
        leads = department.home_class_authority is Authority.PORTAL
        applied = leads and FieldGroup.HOME_CLASS in given.led
        why = None if applied else ("portal_leads" if leads else "desktop_leads")
        found.append(Difference(row.row, row.code, FieldGroup.HOME_CLASS, here, row.home_class, applied, why))
    if row.profile is not None and row.profile != enrolment.profile:
        found.append(_listed(row, FieldGroup.PROFILE, enrolment.profile, row.profile))
    if row.choices is not None:
        codes = {subject.id: subject.code for subject in structure.subjects.values()}
        had = sorted(codes[subject] for subject in enrolment.subject_ids)
        wanted = sorted(_choosable(row, structure))
        if had != wanted:
            found.append(_listed(row, FieldGroup.CHOICE_PACKAGE, had, wanted))
    return found


def _listed(row: StudentRow, what: str, here: Any, listed: Any, why: str = "portal_leads") -> Difference:
    return Difference(row.row, row.code, what, here, listed, applied=False, why=why)


def _wishes(
    found: Sequence[Difference], enrolment: Enrolment, row: StudentRow, structure: BranchStructure
) -> list[HomeClassWish]:
    return [
        HomeClassWish(enrolment.id, structure.home_classes[enrolment.department_id, row.home_class or ""].id)
        for one in found
        if one.applied and one.field == FieldGroup.HOME_CLASS
    ]


def _choosable(row: StudentRow, structure: BranchStructure) -> list[str]:
    """What he chose; what comes with the class is not chosen."""
    department = structure.departments[row.department].id
    return [code for code in row.choices or () if structure.subjects[department, code].is_choosable]


async def _enrol(
    uow: PortalUnitOfWork, rows: Sequence[StudentRow], structure: BranchStructure, sight: PlacementSight
) -> None:
    """New enrolments with all that the list tells; who is enrolled nowhere else is here now."""
    if not rows:
        return
    codes = [row.code for row in rows]
    await uow.students.ensure(codes, structure.school.id, structure.branch.id)
    students = await uow.students.lock(codes)
    for code, student in students.items():
        if not sight.live.get(code):
            student.school_id, student.branch_id = structure.school.id, structure.branch.id
    contents = {row.code: _content(row, structure) for row in rows}
    ids = await uow.contents.enrol(
        [
            {
                "student_code": row.code,
                "project_id": structure.project.id,
                "school_id": structure.school.id,
                "school_year": structure.project.school_year,
                "branch_id": structure.branch.id,
                "department_id": contents[row.code].department,
            }
            for row in rows
        ]
    )
    await uow.contents.bring({ids[code]: content for code, content in contents.items()})
    for row in rows:
        after = _told_enrolment(row, structure)
        note_change(uow, row.code, HistoryWhat.ENROLMENT_ADDED, enrolment=ids[row.code], after=after)
    await announce_placement(uow, list(students.values()))
    uow.record("enrolment.add", "enrolment", sorted(ids.values()))


def _content(row: StudentRow, structure: BranchStructure) -> EnrolmentContent:
    department = structure.departments[row.department].id
    return EnrolmentContent(
        department,
        structure.home_classes[department, row.home_class].id if row.home_class is not None else None,
        frozenset(),
        frozenset(structure.subjects[department, code].id for code in _choosable(row, structure)),
        row.profile,
    )


def _told_enrolment(row: StudentRow, structure: BranchStructure) -> Mapping[str, Any]:
    department = structure.departments[row.department]
    return {"department": department.id, "code": department.code, "home_class": row.home_class}


def _told(problem: RowProblem) -> dict[str, Any]:
    return {
        "row": problem.row,
        "column": problem.column,
        "code": problem.code,
        "severity": problem.severity,
    }
