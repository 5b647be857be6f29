"""Students who come into a project or go from it change it: its revision rises, and who is in it is told."""

from collections.abc import Collection, Iterable, Mapping

from desktop_sync.models import Project
from desktop_sync.models.memory import Memory
from desktop_sync.unit_of_work import DesktopUnitOfWork
from shared.contracts.facts import StudentListed
from shared.contracts.ids import BranchId, StudentCode
from shared.contracts.message import Message


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
            fact = listed(by_id[piece.project], code, piece.branch, present=present)
            uow.publish(fact, because=(because or {}).get(code))


def listed(project: Project, student: StudentCode, branch: BranchId, *, present: bool) -> StudentListed:
    """Whether he is in the project, as of its revision now."""
    return StudentListed(
        student=student,
        project=project.id,
        school=project.school_id,
        school_year=project.school_year,
        branch=branch,
        revision=project.revision,
        present=present,
    )
