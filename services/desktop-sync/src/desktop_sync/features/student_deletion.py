"""Delete a leaver in the desktop alone, as the timetabler does who works without departures."""

from desktop_sync.errors import StillEnrolled
from desktop_sync.features.take_over import let_go
from desktop_sync.models import Project
from desktop_sync.models.memory import Memory
from desktop_sync.unit_of_work import DesktopUnitOfWork
from shared.contracts.ids import ProjectId, StudentCode
from shared.runtime.access import Scope


async def delete_student(
    uow: DesktopUnitOfWork, project_id: ProjectId, code: StudentCode, scope: Scope
) -> tuple[Project, Memory]:
    """Delete a student from one project; returns it and what went. A departure may have waited for it.

    Raises NotFound, StillEnrolled.
    """
    project = await uow.projects.lock(project_id, scope)
    await uow.students.get(project_id, code, scope)
    if await uow.students.is_enrolled(project_id, code):
        raise StillEnrolled(project=project_id, student=code)
    removed = await let_go(uow, [project], [(project_id, code)])
    uow.record("student.delete", "student", [code])
    return project, removed[project_id, code]
