"""Delete a leaver in the desktop alone, as the timetabler does who works without departures."""

from desktop_sync.errors import StillEnrolled
from desktop_sync.models import Project
from desktop_sync.models.memory import Memory
from desktop_sync.unit_of_work import DesktopUnitOfWork
from shared.contracts.ids import ProjectId, StudentCode
from shared.runtime.access import Scope


async def delete_student(
    uow: DesktopUnitOfWork, project_id: ProjectId, code: StudentCode, scope: Scope
) -> tuple[Project, Memory]:
    """Delete a student from one project; returns it and what went. Raises NotFound, StillEnrolled."""
    project = await uow.projects.get(project_id, scope, lock=True)
    await uow.students.get(project_id, code, scope)
    if await uow.students.is_enrolled(project_id, code):
        raise StillEnrolled(project=project_id, student=code)
    removed = (await uow.students.take_out({(project_id, code)}))[project_id, code]
    project.has_changed()
    uow.record("student.delete", "student", [code])
    return project, removed
