"""Importing one branch of a project: structure, then enrolments. All or nothing, and repeatable.

A rerun changes only what differs. Who left this school is not brought back but listed; who is in another
department of the project already is a problem, since an enrolment's department never changes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from portal.errors import ImportRefused
from portal.features.authority import authority_changed
from portal.features.department_checklist import mark_home_class_steps
from portal.features.history import note_change
from portal.features.placement import announce_placement
from portal.features.project_given import ProjectGiven, StudentGiven, refuse_contradictions
from portal.features.structure_import import ImportedStructure, import_place, import_structure
from portal.models.departure import Departure
from portal.models.history_entry import HistoryWhat, Place
from portal.models.student import Enrolment, Student
from portal.repositories.enrolment_contents import EnrolmentContent
from portal.unit_of_work import PortalUnitOfWork
from shared import clock
from shared.contracts.ids import EnrolmentId, SchoolId, StudentCode
from shared.contracts.values import DepartureState


@dataclass(slots=True)
class ProjectImported:
    """Ids of everything the file named, and what was done with the students."""

    structure: ImportedStructure
    taken_at: datetime
    enrolments: dict[StudentCode, EnrolmentId] = field(default_factory=dict)
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    departed: list[StudentCode] = field(default_factory=list)


async def import_project(uow: PortalUnitOfWork, given: ProjectGiven) -> ProjectImported:
    """Bring structure and enrolments to what the file says. Raises ImportRefused with every problem."""
    refuse_contradictions(given)
    place = await import_place(uow.structure_building, given.place)
    codes = [row.code for row in given.students]
    await uow.students.ensure(codes, place.school.id, place.branch.id)
    # Students before departments and groups, as everybody who places somebody locks them.
    students = await uow.students.lock(codes)
    structure = await import_structure(
        uow.structure_building, place, given.departments, given.subjects, given.groups
    )
    uow.publish(*(authority_changed(department) for department in structure.led_anew))
    imported = ProjectImported(structure, clock.now())
    departures = await uow.departures.of_students(students)
    enrolments = await uow.enrolments.in_project(
        structure.project.id,
        {row.code: structure.departments[row.department].id for row in given.students},
    )
    _refuse_other_departments(given, structure, enrolments)
    wanted = {}
    for row in given.students:
        if has_left(
            departures[row.code],
            structure.school.id,
            structure.project.school_year,
            is_enrolled=row.code in enrolments,
        ):
            imported.departed.append(row.code)
        else:
            wanted[row.code] = _content(row, structure)
    moved = _settle([students[code] for code in wanted], structure)
    moved |= await _place(uow, wanted, enrolments, imported)
    if moved:
        await announce_placement(uow, [students[code] for code in sorted(moved)])
    uow.record("project.import", "project", [structure.project.id])
    return imported


def _settle(students: Sequence[Student], structure: ImportedStructure) -> set[StudentCode]:
    """The running year's project says where a student is; a later one does not move him yet. Who moved."""
    if structure.project.school_year != clock.school_year_of(clock.today()):
        return set()
    place = structure.school.id, structure.branch.id
    moved = [student for student in students if (student.school_id, student.branch_id) != place]
    for student in moved:
        student.school_id, student.branch_id = place
    return {student.code for student in moved}


def has_left(
    departures: Sequence[Departure], school: SchoolId, school_year: int, *, is_enrolled: bool
) -> bool:
    """Whether his last departure from this school is under way or completed, and reaches this year.

    Who is enrolled after it was completed has come back.
    """
    last = next((one for one in departures if one.school_id == school), None)
    if last is None or not (last.is_locking or (last.state is DepartureState.COMPLETED and not is_enrolled)):
        return False
    return school_year >= last.school_year


def _refuse_other_departments(
    given: ProjectGiven, structure: ImportedStructure, enrolments: dict[StudentCode, Enrolment]
) -> None:
    problems = [
        {"place": f"students[{index}].department", "code": "enrolled_in_other_department", "id": row.code}
        for index, row in enumerate(given.students)
        if row.code in enrolments
        and enrolments[row.code].department_id != structure.departments[row.department].id
    ]
    if problems:
        raise ImportRefused(problems=problems)


def _content(row: StudentGiven, structure: ImportedStructure) -> EnrolmentContent:
    return EnrolmentContent(
        structure.departments[row.department].id,
        structure.groups[row.department, row.home_class].id if row.home_class else None,
        frozenset(structure.groups[row.department, group].id for group in row.groups),
        frozenset(structure.subjects[row.department, subject].id for subject in row.choices),
        row.profile,
    )


async def _place(
    uow: PortalUnitOfWork,
    wanted: Mapping[StudentCode, EnrolmentContent],
    enrolments: Mapping[StudentCode, Enrolment],
    imported: ProjectImported,
) -> set[StudentCode]:
    """Enrol who is new, and bring the others to what is wanted; returns those of whom anything changed."""
    new = [code for code in wanted if code not in enrolments]
    differing = [
        code
        for code, enrolment in enrolments.items()
        if code in wanted and EnrolmentContent.of(enrolment) != wanted[code]
    ]
    structure = imported.structure
    enrolled = await uow.contents.enrol(
        [
            {
                "student_code": code,
                "project_id": structure.project.id,
                "school_id": structure.school.id,
                "school_year": structure.project.school_year,
                "branch_id": structure.branch.id,
                "department_id": wanted[code].department,
            }
            for code in new
        ]
    )
    ids = enrolled | {code: enrolments[code].id for code in wanted if code in enrolments}
    before = {code: EnrolmentContent.of(enrolments[code]) for code in differing}
    await uow.contents.bring({ids[code]: wanted[code] for code in new + differing})
    await mark_home_class_steps(uow, {ids[code]: wanted[code].home_class is not None for code in differing})
    place = Place(structure.school.id, structure.branch.id)
    for code in new:
        after = {"project": structure.project.id, **_told(wanted[code])}
        note_change(uow, code, HistoryWhat.ENROLMENT_ADDED, place, enrolment=ids[code], after=after)
    for code in differing:
        was, now = _told(before[code]), _told(wanted[code])
        note_change(uow, code, HistoryWhat.GROUPS, place, enrolment=ids[code], before=was, after=now)
    imported.enrolments = ids
    imported.created, imported.updated = len(new), len(differing)
    imported.unchanged = len(wanted) - len(new) - len(differing)
    return {*new, *differing}


def _told(content: EnrolmentContent) -> dict[str, object]:
    """As the history tells it, all of it in one entry."""
    return {
        "department": content.department,
        "home_class": content.home_class,
        "groups": sorted(content.groups),
        "choices": sorted(content.choices),
        "profile": content.profile,
    }
