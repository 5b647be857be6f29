"""Students who come into a project, go from it or are placed otherwise change it.

Its revision rises, and how each stands there now is told: the portal keeps that, for what is not yet
synchronised, and for his history.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from desktop_sync.models import Project
from desktop_sync.models.memory import Memory, RemovedStudent
from desktop_sync.models.standing import Standing, as_told, differences
from desktop_sync.unit_of_work import DesktopUnitOfWork
from shared.clock import now
from shared.contracts.facts import DeskChange, StudentListed
from shared.contracts.facts import Difference as ToldDifference
from shared.contracts.ids import BranchId, StudentCode, UserCode
from shared.contracts.message import Message
from shared.contracts.values import DeskAct

Move = tuple[Standing | None, Standing]
"""How a student stood, None if he was not there, and how he stands now."""


def note_changes(
    uow: DesktopUnitOfWork,
    projects: Iterable[Project],
    moved: Collection[tuple[StudentCode, Memory]],
    *,
    present: bool,
    because: Mapping[StudentCode, Message] | None = None,
) -> None:
    """What was moved out of these projects, or into them if they are `present` now.

    `because` names, per student code, the command that asked for it.
    """
    by_id = {project.id: project for project in projects}
    changed = {piece.project for _, memory in moved for piece in (*memory.students, *memory.enrolments)}
    for project in changed & by_id.keys():
        by_id[project].has_changed()
    for code, memory in moved:
        for piece in memory.students:
            stands = _remembered(piece, memory) if present else {"unplaced": []}
            fact = _listed(by_id[piece.project], code, piece.branch, present=present, **stands)
            uow.publish(fact, because=(because or {}).get(code))


def tell_moves(
    uow: DesktopUnitOfWork, project: Project, moves: Iterable[Move], act: DeskAct, reason: str | None = None
) -> dict[StudentCode, list[ToldDifference]]:
    """Tell who stands otherwise now, as of the revision that the project has then; what differs of each.

    The caller raises the revision, once for all he changes, before.
    """
    told = dict[StudentCode, list[ToldDifference]]()
    for before, after in moves:
        if changed := differences(before, after):
            told[after.student] = changed
            change = DeskChange(act=act, by=UserCode(uow.origin.actor), differences=changed, reason=reason)
            uow.publish(
                _listed(
                    project,
                    after.student,
                    after.branch,
                    present=True,
                    department=after.department,
                    home_class=after.class_id,
                    unplaced=after.unplaced,
                    change=change,
                )
            )
    return told


def _remembered(piece: RemovedStudent, memory: Memory) -> dict[str, Any]:
    """How he stands who is put back with this memory."""
    open_ = [p.subject for p in memory.placements if p.project == piece.project and p.group is None]
    return {
        "department": piece.department,
        "home_class": piece.home_class,
        "unplaced": [as_told(subject) for subject in sorted(open_)],
    }


def _listed(
    project: Project, student: StudentCode, branch: BranchId, *, present: bool, **stands: Any
) -> StudentListed:
    """Whether he is in the project, and how, as of its revision now."""
    return StudentListed(
        student=student,
        project=project.id,
        school=project.school_id,
        school_year=project.school_year,
        branch=branch,
        revision=project.revision,
        present=present,
        at=now(),
        **stands,
    )
