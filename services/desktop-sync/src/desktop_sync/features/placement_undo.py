"""A step of the placements is taken back: what a timetabler did by an option or by hand, and regrets.

The last one that was not undone yet, or a named one, all or nothing: each of its students must stand as it
left him, and there must be a seat where he returns. Undone again and again it walks back through the steps.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from uuid import UUID

from desktop_sync.errors import NothingToUndo, Overtaken, RevisionMoved
from desktop_sync.features.placing import (
    Moves,
    carry_out,
    refuse_where_the_portal_leads,
    refuse_while_departing,
    take_seats,
)
from desktop_sync.models import PlacementStep, Project
from desktop_sync.models.lesson_group import LessonGroupId
from desktop_sync.models.lesson_plan import LessonPlan
from desktop_sync.models.standing import Standing, differences
from desktop_sync.unit_of_work import DesktopUnitOfWork
from shared.contracts.ids import GroupId, ProjectId
from shared.contracts.values import DeskAct
from shared.runtime.access import Scope


@dataclass(frozen=True, slots=True)
class Undone:
    project: Project
    step: PlacementStep


async def undo_step(
    uow: DesktopUnitOfWork,
    project_id: ProjectId,
    scope: Scope,
    *,
    step_id: UUID | None = None,
    revision: int | None = None,
) -> Undone:
    """Let the students of a step stand as before it.

    Raises NotFound, RevisionMoved, NothingToUndo, AlreadyUndone, DepartureRunning, Overtaken,
    PortalIsLeading, GroupFull, ClassFull.
    """
    project = await uow.projects.lock(project_id, scope)
    if revision not in {None, project.revision}:
        raise RevisionMoved(revision=project.revision)
    step = await _step(uow, project, scope, step_id)
    step.undo()
    await refuse_while_departing(uow, project, step.students)
    moves = await _ways_back(uow, project, step)
    for department in {after.department for now, after in moves if now.class_id != after.class_id}:
        await refuse_where_the_portal_leads(uow, department)
    await _take_seats(uow, project, step, moves)
    await carry_out(uow, project, moves, DeskAct.UNDO, step.reason)
    return Undone(project, step)


async def _step(
    uow: DesktopUnitOfWork, project: Project, scope: Scope, step_id: UUID | None
) -> PlacementStep:
    if step_id is not None:
        return await uow.placement_steps.get(project.id, step_id, scope)
    step = await uow.placement_steps.last(project.id, scope)
    if step is None:
        raise NothingToUndo(project=project.id)
    return step


async def _ways_back(uow: DesktopUnitOfWork, project: Project, step: PlacementStep) -> Moves:
    """Raises Overtaken when one stands otherwise than the step left him."""
    standings = await uow.placements.standings(project.id, step.students)
    differing = [
        {"student": after.student, "what": [one.what for one in changed]}
        for _, after in step.moved
        if (changed := differences(after, standings[after.student]))
    ]
    if differing:
        raise Overtaken(step=str(step.id), students=differing)
    return [(standings[before.student], before) for before, _ in step.moved]


async def _take_seats(uow: DesktopUnitOfWork, project: Project, step: PlacementStep, moves: Moves) -> None:
    """Raises GroupFull, ClassFull, and Overtaken when a class or group they return to is no more."""
    plan = await uow.placements.plan(project.id, {after.department for _, after in moves})
    entered = {one for now, after in moves if (one := after.class_id) and one != now.class_id}
    classes = await uow.placements.home_classes(project.id, entered)
    lost = [
        {"student": after.student, "what": what}
        for now, after in moves
        if (what := [*_lost_class(classes, now, after), *_lost_groups(plan, now, after)])
    ]
    if lost:
        raise Overtaken(step=str(step.id), students=lost)
    await take_seats(uow, plan, classes, moves)


def _lost_class(classes: Collection[GroupId], now: Standing, after: Standing) -> list[str]:
    returns = after.class_id is not None and after.class_id != now.class_id
    return ["home_class"] if returns and after.class_id not in classes else []


def _lost_groups(plan: LessonPlan, now: Standing, after: Standing) -> Iterator[str]:
    """Those that went, serve his department no more, or are bound to another class since."""
    returning = set(after.group_ids()) - set(now.group_ids())
    for subject, group in sorted(after.groups.items()):
        if group is not None and group.id in returning:
            there = plan.groups.get(LessonGroupId(group.id))
            if there is None or there.home_class not in {None, after.class_id}:
                yield f"group:{subject}"
