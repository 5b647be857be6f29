"""<Afdeling> in the data check (handbook "Leerling gaat van school", desktop part; gegevenscontrole).

Take the latest portal data, open Leerlingen from the data check, press <Afdeling>: who is no longer in the
portal goes out of the project. A departure that waited for it is answered once he went from all projects that
ask. Taking over what was done already changes nothing.
"""

from collections.abc import Collection, Mapping, Sequence

from desktop_sync.features.project_change import note_changes
from desktop_sync.models import Project
from desktop_sync.models.memory import Memory
from desktop_sync.repositories.students import InProject
from desktop_sync.unit_of_work import DesktopUnitOfWork
from shared.contracts.ids import ProjectId, StudentCode
from shared.contracts.message import Message
from shared.runtime.access import Scope


async def take_over_leavers(
    uow: DesktopUnitOfWork, project_id: ProjectId, scope: Scope, students: Collection[StudentCode] | None
) -> tuple[Project, Sequence[StudentCode]]:
    """Take those of these students who left, or all who left, out of the project; returns who went.

    Raises NotFound.
    """
    project = await uow.projects.lock(project_id, scope)
    leaving = await uow.data_check.left(project.id, scope, students)
    await let_go(uow, [project], {(project.id, code) for code in leaving})
    uow.record("student.take_over", "student", leaving)
    return project, leaving


async def let_go(
    uow: DesktopUnitOfWork,
    projects: Collection[Project],
    places: Collection[InProject],
    because: Mapping[StudentCode, Message] | None = None,
) -> dict[InProject, Memory]:
    """Delete students from projects that are locked with their schools; what each had.

    The departures for which they waited remember it, and are answered when he waits nowhere any more.
    """
    removed = await uow.students.take_out(places)
    gone = [(code, memory) for (_, code), memory in removed.items()]
    note_changes(uow, projects, gone, present=False, because=because)
    to_remember = dict(removed)
    for work in await uow.departures.of_students([code for code, _ in gone]):
        here = [place for project in work.awaits if (place := (project, work.student_code)) in removed]
        for place in here:
            if work.taken_over(place[0], to_remember.pop(place, Memory())):
                uow.publish(work.answer())
    return removed
