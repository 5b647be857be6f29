"""Take over from the data check (gegevenscontrole, overnemen; handbook "Leerling gaat van school" and on).

Take the latest portal data, open Leerlingen from the data check, press <Afdeling>: who is no longer in the
portal goes out of the project, who is new there comes in, who is in another department moves. Home classes
(where the portal leads) and choice packages are taken over by themselves. A departure that waited for it is
answered once he went from all projects that ask. Taking over what was done already changes nothing.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from desktop_sync.features.class_change import bring_home_classes
from desktop_sync.features.project_change import Move, note_changes, tell_moves
from desktop_sync.features.settling import settle
from desktop_sync.models import Project
from desktop_sync.models.lesson_plan import Clash
from desktop_sync.models.memory import Memory
from desktop_sync.models.standing import Standing
from desktop_sync.repositories.data_check import Difference
from desktop_sync.repositories.students import InProject
from desktop_sync.unit_of_work import DesktopUnitOfWork
from shared.contracts.ids import ProjectId, StudentCode
from shared.contracts.message import Message
from shared.contracts.values import DeskAct
from shared.runtime.access import Scope

Students = Collection[StudentCode] | None
"""Of these students, or of all."""


@dataclass(slots=True)
class TakenOver:
    """Who was taken over in what, and where two of his lesson groups are at once now."""

    project: Project
    left: Sequence[StudentCode] = ()
    new: Sequence[StudentCode] = ()
    moved: Sequence[StudentCode] = ()
    home_class: Sequence[StudentCode] = ()
    choice_package: Sequence[StudentCode] = ()
    clashes: dict[StudentCode, list[Clash]] = field(default_factory=dict)


async def take_over_departments(
    uow: DesktopUnitOfWork, project_id: ProjectId, scope: Scope, students: Students
) -> TakenOver:
    """<Afdeling>: leavers go, newcomers come, and who is in another department moves. Raises NotFound."""
    project = await uow.projects.lock(project_id, scope)
    before = project.revision
    left, new, moved = [
        await uow.data_check.differing(project.id, scope, kind, students)
        for kind in (Difference.LEFT, Difference.NEW, Difference.DEPARTMENT)
    ]
    leaving = [row.code for row in left]
    await let_go(uow, [project], {(project.id, code) for code in leaving})
    uow.record("student.take_over", "student", leaving)
    settled = await settle(uow, project, [*new, *moved])
    _tell(uow, project, before, [(one.before, one.after) for one in settled.values()])
    return TakenOver(
        project,
        left=leaving,
        new=[row.code for row in new],
        moved=[row.code for row in moved],
        clashes={code: one.clashes for code, one in settled.items() if one.clashes},
    )


async def take_over_home_classes(
    uow: DesktopUnitOfWork, project_id: ProjectId, scope: Scope, students: Students
) -> TakenOver:
    """Where the portal leads: the home class of the copy, and what is bound to it. Raises NotFound."""
    project = await uow.projects.lock(project_id, scope)
    rows = await uow.data_check.differing(project.id, scope, Difference.HOME_CLASS, students)
    wanted = {row.code: row.copy_home_class_id for row in rows}
    changes = await bring_home_classes(uow, project, wanted)
    _tell(uow, project, project.revision, [(one.before, one.after) for one in changes.values()])
    clashes = {code: one.clashes for code, one in changes.items() if one.clashes}
    return TakenOver(project, home_class=sorted(changes), clashes=clashes)


async def take_over_packages(
    uow: DesktopUnitOfWork, project_id: ProjectId, scope: Scope, students: Students
) -> TakenOver:
    """The package of the copy: what was chosen since comes, what is surplus goes.

    It comes unplaced, unless a lesson group is bound to his class: that he follows. Raises NotFound.
    """
    project = await uow.projects.lock(project_id, scope)
    rows = await uow.data_check.differing(project.id, scope, Difference.CHOICE_PACKAGE, students)
    await uow.timetables.add_subjects(project.id, {code for row in rows for code in row.missing})
    standings = await uow.placements.standings(project.id, [row.code for row in rows])
    plan = await uow.placements.plan(project.id, {one.department for one in standings.values()})
    moves = list[tuple[Standing, Standing]]()
    for row in rows:
        before = standings[row.code]
        kept = {subject: group for subject, group in before.groups.items() if subject not in row.surplus}
        bound = {subject: group.named for subject, group in plan.bound_to(before.class_id).items()}
        groups = kept | {subject: bound.get(subject) for subject in row.missing}
        moves.append((before, replace(before, groups=groups)))
    await uow.placements.write(project.id, moves)
    _tell(uow, project, project.revision, moves)
    found = {after.student: plan.clashes(after.group_ids()) for _, after in moves}
    return TakenOver(
        project,
        choice_package=[row.code for row in rows],
        clashes={code: clashes for code, clashes in found.items() if clashes},
    )


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


def _tell(uow: DesktopUnitOfWork, project: Project, before: int, moves: Sequence[Move]) -> None:
    """Once for all: the revision rises if it did not yet, and each who stands otherwise is told."""
    if moves and project.revision == before:
        project.has_changed()
    tell_moves(uow, project, moves, DeskAct.TAKE_OVER)
    uow.record("student.take_over", "student", [after.student for _, after in moves])
