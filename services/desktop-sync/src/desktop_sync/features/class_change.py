"""A student of a project gets another home class (handbook "Leerling wijzigt van stamklas", stamklas).

The lesson groups that are bound to his class follow: he goes to those of the new class with the same
subject. A subject that the new class does not have is dropped if it came with the class, and stays unplaced
if he chose it; what comes with the new class and he does not have is added. Cluster groups stay as they are.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from desktop_sync.models import Project
from desktop_sync.models.lesson_plan import Clash
from desktop_sync.models.standing import Named, Standing
from desktop_sync.unit_of_work import DesktopUnitOfWork
from shared.contracts.ids import GroupId, StudentCode


@dataclass(frozen=True, slots=True)
class ClassChange:
    """How a student stood, how he stands now, and where two of his lesson groups are at once then."""

    before: Standing
    after: Standing
    clashes: list[Clash]


async def bring_home_classes(
    uow: DesktopUnitOfWork, project: Project, wanted: Mapping[StudentCode, GroupId | None]
) -> dict[StudentCode, ClassChange]:
    """Give students of a locked project these home classes; returns those whose class changed.

    Who is not in the project, and who has that class, is passed over, and so is a class that neither project
    nor copy has. A class that only the copy has is made. Nothing is told: `tell_moves` does that.
    """
    standings = await uow.placements.standings(project.id, wanted)
    others = {code: one for code, one in standings.items() if one.class_id != wanted[code]}
    if not others:
        return {}
    new_ids = {group for code in others if (group := wanted[code]) is not None}
    classes = await uow.placements.home_classes(project.id, new_ids)
    packages = await uow.placements.packages(project.id, others)
    plan = await uow.placements.plan(project.id, {one.department for one in others.values()})
    changes = dict[StudentCode, ClassChange]()
    for code, before in others.items():
        group = wanted[code]
        if group is not None and group not in classes:
            continue
        home_class = None if group is None else Named(group, classes[group].code)
        groups = plan.follow(before, home_class, packages.get(code, set()))
        after = replace(before, home_class=home_class, groups=groups)
        changes[code] = ClassChange(before, after, plan.clashes(after.group_ids()))
    await uow.placements.write(project.id, [(one.before, one.after) for one in changes.values()])
    return changes
