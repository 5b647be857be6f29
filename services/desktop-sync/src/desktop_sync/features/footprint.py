"""Where students still are in the desktop: shown before a departure, and the proof afterwards."""

from collections import defaultdict
from collections.abc import Collection, Sequence
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


async def footprints(
    uow: DesktopUnitOfWork, codes: Collection[StudentCode], scope: Scope
) -> dict[StudentCode, list[StillIn]]:
    """By student the projects of this school year and later (the past is history).

    Nowhere is also where a student is whom nobody knows. What a departure left there on purpose is not told.
    """
    works = defaultdict(list)
    for work in await uow.departures.of_students(codes):
        works[work.student_code].append(work)
    projects = [
        (code, project)
        for code, project in await uow.projects.with_students(codes, scope)
        if not project.is_history(today()) and not any(work.keeps_in(project) for work in works[code])
    ]
    placements = defaultdict(list)
    for row in await uow.students.placements_of(codes, {project.id for _, project in projects}):
        placements[row.student_code, row.project_id].append((row.subject_code, row.group_code))
    still_in: dict[StudentCode, list[StillIn]] = {code: [] for code in codes}
    for code, project in projects:
        still_in[code].append(StillIn(project.id, placements[code, project.id]))
    return still_in
