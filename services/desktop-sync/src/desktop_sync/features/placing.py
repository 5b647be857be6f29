"""Students of a locked project are placed otherwise: by hand, by an option, or back again.

Who enters a lesson group or class needs a seat there, which another may leave in the same act.
What was done is written, told to the portal and recorded, once for all of them.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from desktop_sync.errors import ClassFull, DepartureRunning, GroupFull, PortalIsLeading
from desktop_sync.features.project_change import tell_moves
from desktop_sync.models import HomeClass, PlacementStep, Project
from desktop_sync.models.lesson_plan import Clash, LessonPlan
from desktop_sync.models.standing import Standing
from desktop_sync.unit_of_work import DesktopUnitOfWork
from shared.contracts.ids import DepartmentId, GroupId, StudentCode
from shared.contracts.values import Authority, DeskAct

P = TypeVar("P")

Moves = Sequence[tuple[Standing, Standing]]
"""How each student stands, and how he is to stand."""


@dataclass(frozen=True, slots=True)
class FullWarning:
    """A class or lesson group that has more students now than it should."""

    code: str
    name: str
    size: int
    soft_max: int


@dataclass(frozen=True, slots=True)
class Placed:
    """`step`: what can be taken back; None where he stood so already."""

    project: Project
    clashes: list[Clash]
    warnings: list[FullWarning]
    step: PlacementStep | None


async def refuse_while_departing(
    uow: DesktopUnitOfWork, project: Project, codes: Collection[StudentCode]
) -> None:
    """Raises DepartureRunning."""
    for work in await uow.departures.awaiting(project.id, codes):
        raise DepartureRunning(student=work.student_code, departure=str(work.departure))


async def refuse_where_the_portal_leads(uow: DesktopUnitOfWork, department: DepartmentId) -> None:
    """Of this department the desktop changes no home class. Raises PortalIsLeading."""
    if await uow.placements.led_by(department) is Authority.PORTAL:
        raise PortalIsLeading(department=department)


async def take_seats(
    uow: DesktopUnitOfWork, plan: LessonPlan, classes: Mapping[GroupId, HomeClass], moves: Moves
) -> list[FullWarning]:
    """Where more come than go there are seats; where then too many are is said. `classes`: those entered.

    Raises GroupFull, ClassFull.
    """
    warnings = list[FullWarning]()
    in_groups = _growth((before.group_ids(), after.group_ids()) for before, after in moves)
    for group in sorted((plan.groups[one] for one in in_groups), key=lambda one: one.code):
        size = group.size + in_groups[group.id]
        if size > group.hard_max:
            raise GroupFull(group=group.code, size=group.size, hard_max=group.hard_max)
        if size > group.soft_max:
            warnings.append(FullWarning("over_soft_max", group.code, size, group.soft_max))
    in_classes = _growth((_class_of(before), _class_of(after)) for before, after in moves)
    for home_class in (classes[one] for one in sorted(in_classes)):
        taken = await uow.placements.class_size(home_class.id)
        size = taken + in_classes[home_class.id]
        if size > home_class.hard_max:
            raise ClassFull(home_class=home_class.code, size=taken, hard_max=home_class.hard_max)
        if size > home_class.soft_max:
            warnings.append(FullWarning("over_soft_max", home_class.code, size, home_class.soft_max))
    return warnings


async def place(
    uow: DesktopUnitOfWork, project: Project, moves: Moves, act: DeskAct, reason: str | None
) -> PlacementStep:
    """Carry it out as one step, that can be taken back."""
    await carry_out(uow, project, moves, act, reason)
    step = PlacementStep.of(project, moves, act, by=uow.origin.actor, reason=reason)
    uow.placement_steps.add(step)
    return step


async def carry_out(
    uow: DesktopUnitOfWork, project: Project, moves: Moves, act: DeskAct, reason: str | None
) -> None:
    """Write, tell and record it; the revision of the project rises once."""
    await uow.placements.write(project.id, moves)
    project.has_changed()
    action = "student.place_back" if act is DeskAct.UNDO else "student.place"
    for code, differences in tell_moves(uow, project, moves, act, reason).items():
        fields = sorted({one.what.partition(":")[0] for one in differences})
        uow.record(action, "student", [code], fields=fields, reason=reason)


def _growth(ways: Iterable[tuple[Iterable[P], Iterable[P]]]) -> Counter[P]:
    """Of places that are left and joined: those that have more then, and how many."""
    sums = Counter[P]()
    for left, joined in ways:
        sums.update(set(joined))
        sums.subtract(set(left))
    return +sums


def _class_of(standing: Standing) -> list[GroupId]:
    return [] if standing.class_id is None else [standing.class_id]
