"""Where a student still is in the desktop: shown before a departure, and the proof afterwards."""

from collections.abc import Sequence
from dataclasses import dataclass

from desktop_sync.unit_of_work import DesktopUnitOfWork
from shared.clock import today
from shared.contracts.ids import ProjectId, StudentCode
from shared.runtime.access import Scope


@dataclass(frozen=True, slots=True)
class StillIn:
    """A project he is in, with his subjects and the lesson group of each, if he has one."""

    project: ProjectId
    placements: Sequence[tuple[str, str | None]]


async def footprint(uow: DesktopUnitOfWork, code: StudentCode, scope: Scope) -> list[StillIn]:
    """The projects of this school year and later (the past is history); none for a student nobody knows.

    What a departure left there on purpose is not told.
    """
    works = list(await uow.departures.of_students([code]))
    projects = [
        project
        for project in await uow.projects.with_student(code, scope)
        if not project.is_history(today()) and not any(work.keeps_in(project) for work in works)
    ]
    placed = await uow.students.placements_of(code, [project.id for project in projects])
    return [
        StillIn(
            project.id, [(row.subject_code, row.group_code) for row in placed if row.project_id == project.id]
        )
        for project in projects
    ]
