"""Home classes come down from the portal (Koppeling, Groepsindelingen: Download).

Where the portal leads: the project takes what the copy has, bound lesson groups follow, clashes are said.
Cluster groups never come down. Who left, is new or is in another department waits in the data check.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from desktop_sync.errors import DesktopIsLeading, RevisionMoved, UnknownDepartments
from desktop_sync.features.class_change import ClassChange, bring_home_classes
from desktop_sync.features.project_change import tell_moves
from desktop_sync.models import Project
from desktop_sync.models.comparison import Comparison, Incomparable
from desktop_sync.unit_of_work import DesktopUnitOfWork
from shared.contracts.facts import Difference
from shared.contracts.ids import DepartmentId, ProjectId, StudentCode
from shared.contracts.values import DeskAct
from shared.runtime.access import Scope


@dataclass(frozen=True, slots=True)
class Downloaded:
    project: Project
    changes: Mapping[StudentCode, ClassChange]
    differences: Mapping[StudentCode, list[Difference]]
    incomparable: Mapping[StudentCode, Incomparable]


async def download_home_classes(
    uow: DesktopUnitOfWork,
    project_id: ProjectId,
    departments: Collection[DepartmentId],
    scope: Scope,
    revision: int | None = None,
) -> Downloaded:
    """All of these departments or nothing.

    Raises NotFound, RevisionMoved, UnknownDepartments, DesktopIsLeading.
    """
    project = await uow.projects.lock(project_id, scope)
    refuse_moved(project, revision)
    comparison = await uow.comparisons.of(project.id, scope)
    refuse_unknown(comparison, departments)
    led_here = [one for one in departments if comparison.departments[one].takes_home_classes]
    if led_here:
        raise DesktopIsLeading(departments=led_here)
    wanted = {
        one.student: one.portal.home_class
        for one in comparison.students.values()
        if one.department.id in departments and one.home_class != one.portal.home_class
    }
    changes = await bring_home_classes(uow, project, wanted)
    if changes:
        project.has_changed()
    moves = [(one.before, one.after) for one in changes.values()]
    differences = tell_moves(uow, project, moves, DeskAct.DOWNLOAD)
    uow.record("placements.download", "student", list(changes), fields=["home_class"])
    return Downloaded(project, changes, differences, waiting_in(comparison, departments))


def refuse_moved(project: Project, revision: int | None) -> None:
    """Raises RevisionMoved when the project is not as the caller saw it."""
    if revision is not None and project.revision != revision:
        raise RevisionMoved(revision=project.revision)


def refuse_unknown(comparison: Comparison, departments: Collection[DepartmentId]) -> None:
    """Raises UnknownDepartments."""
    if unknown := sorted(set(departments) - comparison.departments.keys()):
        raise UnknownDepartments(departments=unknown)


def waiting_in(
    comparison: Comparison, departments: Collection[DepartmentId]
) -> dict[StudentCode, Incomparable]:
    """Who of these departments the data check must settle first."""
    return {
        student: why
        for student, (department, why) in sorted(comparison.incomparable.items())
        if department in departments
    }
