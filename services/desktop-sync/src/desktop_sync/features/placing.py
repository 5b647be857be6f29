"""Students of a locked project are placed otherwise: by hand, by an option, or back again.

Who enters a lesson group or class needs a seat there; of those who go and come at once only the sum counts.
What was done is written, told to the portal and recorded, once for all of them.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from desktop_sync.errors import ClassFull, DepartureRunning, GroupFull
from desktop_sync.features.project_change import tell_moves
from desktop_sync.models import HomeClass, PlacementStep, Project
from desktop_sync.models.lesson_plan import LessonPlan
from desktop_sync.models.standing import Standing
from desktop_sync.unit_of_work import DesktopUnitOfWork
from shared.contracts.ids import GroupId, StudentCode
from shared.contracts.values import DeskAct

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


async def refuse_while_departing(
    uow: DesktopUnitOfWork, project: Project, codes: Collection[StudentCode]
) -> None:
    """Raises DepartureRunning."""
    for work in await uow.departures.awaiting(project.id, codes):
        raise DepartureRunning(student=work.student_code, departure=str(work.departure))


async def take_seats(
    uow: DesktopUnitOfWork, plan: LessonPlan, classes: Mapping[GroupId, HomeClass], moves: Moves
) -> list[FullWarning]:
    """Where somebody enters there is a seat; what has more than it should is said. `classes`: those entered.

    Raises GroupFull, ClassFull.
    """
    warnings = list[FullWarning]()
    entered, sums = _traffic([(before.group_ids(), after.group_ids()) for before, after in moves])
    for group in sorted((plan.groups[one] for one in entered), key=lambda one: one.code):
        size = group.size + sums[group.id]
        if size > group.hard_max:
            raise GroupFull(group=group.code, size=group.size, hard_max=group.hard_max)
        if size > group.soft_max:
            warnings.append(FullWarning("over_soft_max", group.code, size, group.soft_max))
    joined, grows = _traffic([(_class_of(before), _class_of(after)) for before, after in moves])
    for home_class in (classes[one] for one in sorted(joined)):
        taken = await uow.placements.class_size(home_class.id)
        size = taken + grows[home_class.id]
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


def _traffic(ways: Iterable[tuple[Iterable[P], Iterable[P]]]) -> tuple[set[P], Counter[P]]:
    """Of places that are left and joined: those that anybody enters, and by how many each grows."""
    entered, sums = set[P](), Counter[P]()
    for left, joined in ways:
        entered |= set(joined) - set(left)
        sums.update(set(joined) - set(left))
        sums.subtract(set(left) - set(joined))
    return entered, sums


def _class_of(standing: Standing) -> list[GroupId]:
    return [] if standing.class_id is None else [standing.class_id]
