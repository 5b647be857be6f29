"""A timetabler clicks a row of the options (handbook "Lesgroepindelingen Pro", Mogelijkheden): it is applied.

A row is the assignment itself, so it is judged anew on the timetable as it is under the lock. If the project
changed since it was looked at, nothing is done, and the answer says what has become of the row.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from desktop_sync.errors import AnotherPackage, RevisionMoved, RowNotAllowed, RowUnreadable
from desktop_sync.features.placing import (
    Moves,
    Placed,
    place,
    refuse_where_the_portal_leads,
    refuse_while_departing,
    take_seats,
)
from desktop_sync.models import Project
from desktop_sync.models.standing import Named, Standing
from desktop_sync.options.assignment import Assignment
from desktop_sync.options.judging import Problem, judge
from desktop_sync.options.option import Option
from desktop_sync.options.timetable import Department
from desktop_sync.unit_of_work import DesktopUnitOfWork
from shared.contracts.ids import ProjectId, StudentCode
from shared.contracts.values import DeskAct
from shared.errors import NotFound
from shared.runtime.access import Scope


@dataclass(frozen=True, slots=True)
class Chosen:
    """The id of a row, as it was looked at in this revision of the project."""

    row: str
    revision: int
    reason: str | None = None


async def apply_row(
    uow: DesktopUnitOfWork, project_id: ProjectId, code: StudentCode, chosen: Chosen, scope: Scope
) -> Placed:
    """Place the student, and the others of a swap, as the row says; how he stands already changes nothing.

    Raises RowUnreadable, NotFound, DepartureRunning, PortalIsLeading, RevisionMoved, RowNotAllowed,
    AnotherPackage.
    """
    assignment = _read(chosen.row)
    project = await uow.projects.lock(project_id, scope)
    student = await uow.students.get(project.id, code, scope)
    loaded = await uow.timetable_departments.load(project.id, [student.department_id])
    department = loaded[student.department_id]
    named = [code, *(other for other, _ in assignment.others)]
    standings = await _standings(uow, project, department, named, scope)
    await refuse_while_departing(uow, project, standings)
    if assignment.home_class != standings[code].class_id:
        await refuse_where_the_portal_leads(uow, standings[code].department)
    judged = judge(department, code, assignment)
    if project.revision != chosen.revision:
        raise RevisionMoved(revision=project.revision, **_anew(department, assignment, judged))
    if isinstance(judged, list):
        only_subjects = {problem.code for problem in judged} <= {"not_his_subject", "subject_missing"}
        raise (AnotherPackage if only_subjects else RowNotAllowed)(why=_why(judged))
    moves = _moves(department, standings, code, assignment)
    return await _place(uow, project, moves, chosen.reason)


def _read(row: str) -> Assignment:
    """Only what a list could have said is read. Raises RowUnreadable."""
    try:
        assignment = Assignment.read(row)
    except ValueError as error:
        raise RowUnreadable from error
    if assignment.row != row:
        raise RowUnreadable
    return assignment


async def _standings(
    uow: DesktopUnitOfWork, project: Project, department: Department, codes: Iterable[str], scope: Scope
) -> dict[StudentCode, Standing]:
    """Of those of them who are in the department; of others nothing is told. Raises NotFound."""
    here = [StudentCode(code) for code in codes if code in department.students]
    standings = await uow.placements.standings(project.id, here)
    if not all(scope.contains(one.branch) for one in standings.values()):
        raise NotFound
    return standings


def _moves(
    department: Department,
    standings: Mapping[StudentCode, Standing],
    code: StudentCode,
    assignment: Assignment,
) -> Moves:
    """His first, then those of others."""
    home_class = assignment.home_class
    named = None if home_class is None else Named(home_class, department.classes[home_class].code)
    his = replace(_placed(department, standings[code], assignment.groups), home_class=named)
    others = [(standings[StudentCode(other)], groups) for other, groups in assignment.others]
    return [(standings[code], his), *((other, _placed(department, other, to)) for other, to in others)]


def _placed(department: Department, before: Standing, groups: Iterable[int]) -> Standing:
    """As before, but in these groups."""
    to = [department.groups[group] for group in groups]
    return replace(before, groups={**before.groups, **{one.subject: Named(one.id, one.code) for one in to}})


async def _place(uow: DesktopUnitOfWork, project: Project, moves: Moves, reason: str | None) -> Placed:
    """What clashes then was listed as such, and is accepted."""
    before, after = moves[0]
    plan = await uow.placements.plan(project.id, [before.department])
    clashes = plan.clashes(after.group_ids())
    if after == before:
        return Placed(project, clashes, [], None)
    entered = [] if after.class_id is None else [after.class_id]
    classes = await uow.placements.home_classes(project.id, entered)
    warnings = await take_seats(uow, plan, classes, moves)
    return Placed(project, clashes, warnings, await place(uow, project, moves, DeskAct.OPTION, reason))


def _anew(department: Department, assignment: Assignment, judged: Option | list[Problem]) -> dict[str, Any]:
    """What has become of a row that was looked at before."""
    if isinstance(judged, list):
        return {"still_allowed": False, "why": _why(judged), "row": None}
    home_class = judged.home_class
    row = {
        "id": assignment.row,
        "home_class": None if home_class is None else department.classes[home_class].code,
        "clashes": judged.clashes,
        "changes": judged.changes,
        "overfull": judged.overfull,
        "balance": judged.balance,
        "gaps": judged.idle,
    }
    return {"still_allowed": True, "why": [], "row": row}


def _why(problems: Iterable[Problem]) -> list[dict[str, str]]:
    return [problem._asdict() for problem in problems]
