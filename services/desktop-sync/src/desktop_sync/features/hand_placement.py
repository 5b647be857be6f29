"""A timetabler places a student by hand (handbook "Leerling wijzigt van stamklas", lesgroepindelingen).

Only what is given changes. Two lessons at once are refused, unless a reason is given: then it is kept. A
subject that is new for a student is one he chose or one that comes with his class.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from desktop_sync.errors import PlacementsClash, PlacementsRefused
from desktop_sync.features.placing import (
    Placed,
    place,
    refuse_where_the_portal_leads,
    refuse_while_departing,
    take_seats,
)
from desktop_sync.models import HomeClass, Project
from desktop_sync.models.lesson_plan import Clash, LessonPlan, PlannedGroup
from desktop_sync.models.standing import Named, Standing
from desktop_sync.unit_of_work import DesktopUnitOfWork
from shared.contracts.ids import GroupId, ProjectId, StudentCode
from shared.contracts.values import DeskAct
from shared.runtime.access import Scope
from shared.runtime.versions import SeenVersion


@dataclass(frozen=True, slots=True)
class PlacementWish:
    """`groups`: by subject the code of a lesson group, None for none; other subjects stay as they are."""

    changes_class: bool
    home_class: GroupId | None
    groups: Mapping[str, str | None]
    reason: str | None


async def place_student(  # noqa: PLR0913, PLR0917 - whom, what, and as seen when
    uow: DesktopUnitOfWork,
    project_id: ProjectId,
    code: StudentCode,
    wish: PlacementWish,
    scope: Scope,
    seen: SeenVersion,
) -> Placed:
    """Place one student; what stands so already changes nothing.

    Raises NotFound, VersionStale, DepartureRunning, PortalIsLeading, PlacementsRefused, PlacementsClash,
    GroupFull, ClassFull.
    """
    project = await uow.projects.lock(project_id, scope)
    await uow.students.get(project.id, code, scope)
    seen.must_be(project.revision)
    await refuse_while_departing(uow, project, [code])
    before = (await uow.placements.standings(project.id, [code]))[code]
    plan = await uow.placements.plan(project.id, [before.department])
    package = (await uow.placements.packages(project.id, [code])).get(code, set())
    home_class = await _wanted_class(uow, project, before, wish)
    after = _wanted(before, plan, package, home_class, wish)
    clashes = plan.clashes(after.group_ids())
    if after == before:
        return Placed(project, clashes, [], None)
    new = [clash for clash in clashes if clash not in plan.clashes(before.group_ids())]
    if new and not wish.reason:
        raise PlacementsClash(clashes=[told_clash(clash) for clash in new])
    classes = {} if home_class is None else {home_class.id: home_class}
    warnings = await take_seats(uow, plan, classes, [(before, after)])
    step = await place(uow, project, [(before, after)], DeskAct.HAND, wish.reason)
    return Placed(project, clashes, warnings, step)


def told_clash(clash: Clash) -> dict[str, object]:
    """A clash as a problem names it."""
    return {
        "subjects": list(clash.subjects),
        "groups": list(clash.groups),
        "week": clash.week,
        "day": clash.day,
        "period": clash.period,
    }


async def _wanted_class(
    uow: DesktopUnitOfWork, project: Project, before: Standing, wish: PlacementWish
) -> HomeClass | None:
    """The class he is to have; one that only the copy has is made."""
    wanted = wish.home_class if wish.changes_class else before.class_id
    if wanted != before.class_id:
        await refuse_where_the_portal_leads(uow, before.department)
    if wanted is None:
        return None
    found = (await uow.placements.home_classes(project.id, [wanted])).get(wanted)
    here = found is not None and (found.branch_id, found.department_id) == (before.branch, before.department)
    if not here and wanted != before.class_id:
        raise PlacementsRefused(problems=[_problem("home_class", "not_a_home_class_here")])
    return found


def _wanted(
    before: Standing,
    plan: LessonPlan,
    package: set[str],
    home_class: HomeClass | None,
    wish: PlacementWish,
) -> Standing:
    """How he is to stand: his class first, and what follows it, then what is named by subject."""
    named = None if home_class is None else Named(home_class.id, home_class.code)
    after = before
    if (named and named.id) != before.class_id:
        after = replace(before, home_class=named, groups=plan.follow(before, named, package))
    his = after.groups.keys() | package | plan.bound_to(after.class_id).keys()
    groups, problems = dict(after.groups), list[dict[str, str]]()
    for subject, group_code in sorted(wish.groups.items()):
        place = f"groups.{subject}"
        if subject not in his:
            problems.append(_problem(place, "not_his_subject"))
        elif group_code is None:
            groups[subject] = None
        elif (group := _group(plan, after, subject, group_code)) is None:
            problems.append(_problem(place, "not_a_group_for_him"))
        else:
            groups[subject] = group.named
    if problems:
        raise PlacementsRefused(problems=problems)
    return replace(after, groups=groups)


def _group(plan: LessonPlan, standing: Standing, subject: str, code: str) -> PlannedGroup | None:
    """A lesson group of his branch, department and subject, bound to no class or to his."""
    for group in plan.groups.values():
        if (group.code, group.subject, group.branch) == (code, subject, standing.branch):
            return group if group.home_class in {None, standing.class_id} else None
    return None


def _problem(place: str, code: str) -> dict[str, str]:
    return {"place": place, "code": code}
