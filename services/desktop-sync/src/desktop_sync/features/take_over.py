"""<Afdeling> in the data check (handbook "Leerling gaat van school", desktop part; gegevenscontrole).

Take the latest portal data, open Leerlingen from the data check, press <Afdeling>: who is no longer in the
portal goes out of the project. A departure that waited for it is answered once he went from all projects that
ask. Taking over what was done already changes nothing.
"""

from collections.abc import Collection, Sequence

from desktop_sync.features.project_change import note_changes
from desktop_sync.models import Project
from desktop_sync.models.memory import Memory
from desktop_sync.unit_of_work import DesktopUnitOfWork
from shared.contracts.ids import ProjectId, StudentCode
from shared.runtime.access import Scope


async def take_over_leavers(
    uow: DesktopUnitOfWork, project_id: ProjectId, scope: Scope, students: Collection[StudentCode] | None
) -> tuple[Project, Sequence[StudentCode]]:
    """Take those of these students who left, or all who left, out of the project; returns who went.

    Raises NotFound.
    """
    project = await uow.projects.lock(project_id, scope)
    leaving = await uow.data_check.left(project.id, scope, students)
    await let_go(uow, project, leaving)
    uow.record("student.take_over", "student", leaving)
    return project, leaving


async def let_go(
    uow: DesktopUnitOfWork, project: Project, students: Collection[StudentCode]
) -> dict[StudentCode, Memory]:
    """Delete students from a project that is locked with its school; what each had.

    The departures for which they waited remember it, and are answered when he waits nowhere any more.
    """
    removed = await uow.students.take_out({(project.id, code) for code in students})
    note_changes([project], removed.values())
    gone = {code: memory for (_, code), memory in removed.items()}
    remembered_by = dict(gone)
    for work in await uow.departures.awaiting(project.id, gone):
        if work.taken_over(project.id, remembered_by.pop(work.student_code, Memory())):
            uow.publish(work.answer())
    return gone
