"""Import one branch of a project: the copy of the portal and the timetable of the file, all or nothing.

Sending the same again changes nothing. An import deletes nobody and moves nobody to another branch;
who departed does not come back by an import that looked at the portal before.
"""

from dataclasses import dataclass

from desktop_sync.errors import ImportContradictsItself, InAnotherBranch
from desktop_sync.features.look_back import departed_from, no_longer_awaited
from desktop_sync.features.project_change import tell_moves
from desktop_sync.models import Project
from desktop_sync.models.imported_branch import ImportedBranch
from desktop_sync.repositories.rows import Tally
from desktop_sync.unit_of_work import DesktopUnitOfWork
from shared.contracts.ids import StudentCode
from shared.contracts.values import DeskAct
from shared.errors import NotFound
from shared.runtime.access import Scope

_MOST_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did, or would do. `departed` are the students it left out."""

    tally: Tally
    revision: int
    departed: list[StudentCode]


async def import_branch(uow: DesktopUnitOfWork, imported: ImportedBranch, scope: Scope) -> Imported:
    """Bring a branch; with `dry_run` nothing stays.

    Raises NotFound, ImportContradictsItself, ProjectDiffers, InAnotherBranch.
    """
    if not scope.contains(imported.branch):
        raise NotFound
    if contradictions := imported.contradictions():
        raise ImportContradictsItself("See params.errors", errors=contradictions[:_MOST_SHOWN])
    done = await _bring(uow, imported)
    if imported.dry_run:
        await uow.discard()
    elif done.tally.is_change:
        uow.record("project.import", "project", [imported.project.id])
    return done


async def _bring(uow: DesktopUnitOfWork, imported: ImportedBranch) -> Imported:
    project = await _project(uow, imported)
    if elsewhere := await uow.timetables.elsewhere(imported):
        raise InAnotherBranch(students=elsewhere[:_MOST_SHOWN])
    enrolments = {student.enrolment: student.code for student in imported.students}
    gone = await departed_from(uow, project, enrolments, imported.taken_at)
    departed = {enrolments[enrolment] for enrolment in gone}
    staying = imported.without(departed)
    await no_longer_awaited(uow, project, staying.student_codes)
    before = await uow.placements.standings(project.id, staying.student_codes)
    renamed = Tally(updated=int(project.rename(imported.project.name)))
    tally = renamed + await uow.portal_copy.bring(staying) + await uow.timetables.bring(staying)
    await uow.portal_copy.date(imported)
    if tally.is_change:
        project.has_changed()
        after = await uow.placements.standings(project.id, staying.student_codes)
        tell_moves(uow, project, [(before.get(code), one) for code, one in after.items()], DeskAct.IMPORT)
    await uow.session.flush()
    return Imported(tally, project.revision, sorted(departed))


async def _project(uow: DesktopUnitOfWork, imported: ImportedBranch) -> Project:
    """The project, locked; new when it was never imported."""
    told = imported.project
    await uow.projects.lock_schools({told.school})
    project = await uow.projects.find(told.id)
    if project is None:
        project = Project(
            id=told.id, school_id=told.school, school_year=told.school_year, name=told.name, revision=0
        )
        uow.projects.add(project)
        await uow.session.flush()
    project.must_be(told.school, told.school_year)
    return project
