"""A school's own list of students is compared with a branch of a project: a difference that can run nightly.

Who is new is enrolled with all that the list tells. Of who is here already each difference is listed, and
taken over only where the source leads that field (docs/decisions/0008). Who left is not brought back but
listed, and so is who has an archived account. Who is missing in the list is proposed to leave
(departure_proposals.py): a list never lets anybody go by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from portal.errors import StudentsRefused
from portal.features.departure_proposals import GoneFromList, propose_departures
from portal.features.history import note_change
from portal.features.placement import announce_placement
from portal.features.placement_sight import PlacementSight
from portal.features.project_import import has_left
from portal.features.student_differences import Comparison, Difference
from portal.features.student_rows import RowProblem, StudentRow, StudentsGiven, check_rows
from portal.features.student_taking_over import take_over
from portal.models.history_entry import HistoryWhat, Place
from portal.repositories.branch_structures import BranchStructure
from portal.repositories.enrolment_contents import EnrolmentContent
from portal.unit_of_work import PortalUnitOfWork
from shared import clock
from shared.contracts.ids import StudentCode
from shared.runtime.access import Scope


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
    comparison = Comparison(given, structure, sight)
    archived = await uow.people.archived_among(codes)
    new: list[StudentRow] = []
    for row in checked.good:
        if _has_left(row, structure, sight):
            imported.departed.append(row.code)
        elif row.code in archived:
            imported.archived.append(row.code)
        elif (enrolment := comparison.enrolment_of(row)) is None:
            new.append(row)
        else:
            imported.note(comparison.differences(row, enrolment))
    await _enrol(uow, new, comparison)
    imported.created = len(new)
    await take_over(uow, comparison, imported.differences, scope)
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


async def _enrol(uow: PortalUnitOfWork, rows: Sequence[StudentRow], comparison: Comparison) -> None:
    """New enrolments with all that the list tells; who is enrolled nowhere else is here now."""
    if not rows:
        return
    codes, structure = [row.code for row in rows], comparison.structure
    await uow.students.ensure(codes, structure.school.id, structure.branch.id)
    students = await uow.students.lock(codes)
    for code, student in students.items():
        if not comparison.sight.live.get(code):
            student.school_id, student.branch_id = structure.school.id, structure.branch.id
    contents = {row.code: _content(row, comparison) for row in rows}
    ids = await uow.contents.enrol(
        [
            {
                "student_code": code,
                "project_id": structure.project.id,
                "school_id": structure.school.id,
                "school_year": structure.project.school_year,
                "branch_id": structure.branch.id,
                "department_id": content.department,
            }
            for code, content in contents.items()
        ]
    )
    await uow.contents.bring({ids[code]: content for code, content in contents.items()})
    place = Place(structure.school.id, structure.branch.id)
    for row in rows:
        after = {
            "enrolment": ids[row.code],
            "project": structure.project.id,
            "department": contents[row.code].department,
            "code": row.department,
            "home_class": row.home_class,
        }
        note_change(uow, row.code, HistoryWhat.ENROLMENT_ADDED, place, enrolment=ids[row.code], after=after)
    await announce_placement(uow, list(students.values()))
    uow.record("enrolment.add", "enrolment", sorted(ids.values()))


def _content(row: StudentRow, comparison: Comparison) -> EnrolmentContent:
    return EnrolmentContent(
        comparison.department(row),
        comparison.home_class(row),
        frozenset(),
        frozenset(comparison.choices(row).values()),
        row.profile,
    )


def _told(problem: RowProblem) -> dict[str, Any]:
    return {
        "row": problem.row,
        "column": problem.column,
        "code": problem.code,
        "severity": problem.severity,
    }
