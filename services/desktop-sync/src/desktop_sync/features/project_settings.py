"""What a departure does in a project: delete at once, or wait in the data check until somebody looked."""

from desktop_sync.features.take_over import let_go
from desktop_sync.models import Departures, Project
from desktop_sync.unit_of_work import DesktopUnitOfWork
from shared.contracts.ids import ProjectId
from shared.errors import NotAllowed
from shared.runtime.access import Scope
from shared.runtime.versions import SeenVersion


async def set_departures(
    uow: DesktopUnitOfWork, project_id: ProjectId, scope: Scope, wanted: Departures, seen: SeenVersion
) -> Project:
    """Set it for the whole project, so for who has all its branches.

    From `ask` to `automatic` also those go who wait: nobody is to be asked any more, and no departure may
    hang on a question that is not put. Who left otherwise stays in the data check. Raises NotFound,
    NotAllowed, VersionStale.
    """
    project = await uow.projects.lock(project_id, scope)
    seen.must_be(project.revision)
    branches = await uow.projects.branches_of([project.id], Scope(everything=True))
    if not all(scope.contains(branch.branch_id) for branch in branches):
        raise NotAllowed
    if project.departures is wanted:
        return project
    before, project.departures = project.revision, wanted
    if not project.asks:
        waiting = await uow.departures.all_awaiting(project.id)
        await let_go(uow, [project], {(project.id, code) for code in waiting})
        uow.record("student.take_over", "student", waiting)
    if project.revision == before:
        project.has_changed()
    uow.record("project.change", "project", [project.id], fields=["departures"])
    return project
