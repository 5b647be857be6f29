"""Who leads the home classes of a department (Stamklasindeling: leidend): the portal or the desktop.

Where the two differ, the side that leads from now on is right; so whose class differs is shown first, and
must be confirmed. The desktop hears of it by `portal.authority.changed`.
"""

from collections.abc import Mapping
from typing import Any

from portal.errors import UnsynchronisedClasses
from portal.models.desktop_presence import Unsynchronised
from portal.models.structure import Department
from portal.unit_of_work import PortalUnitOfWork
from shared import clock
from shared.contracts.changes import AuthorityChanged
from shared.contracts.ids import DepartmentId
from shared.runtime.access import Scope
from shared.runtime.versions import SeenVersion

MOST_ROWS = 50


async def change_department(  # noqa: PLR0913 - what is changed, as it was seen, and what was confirmed
    uow: PortalUnitOfWork,
    department_id: DepartmentId,
    wanted: Mapping[str, Any],
    seen: SeenVersion,
    scope: Scope,
    *,
    confirmed: bool,
) -> tuple[Department, Unsynchronised]:
    """Change its name, or who leads; returns it, and whose classes differ when another leads from now on.

    Raises NotFound, VersionStale, UnsynchronisedClasses.
    """
    this_year = clock.school_year_of(clock.today())
    department = await uow.structure_changes.department(department_id, scope, this_year)
    seen.must_be(department.version)
    differing, led_by = Unsynchronised(), department.home_class_authority
    another_leads = wanted.get("home_class_authority", led_by) != led_by
    if another_leads:
        differing = await uow.desktop_presences.unsynchronised(department.id, MOST_ROWS)
        if differing.count and not confirmed:
            rows = [{"student": r.student, "portal": r.portal, "desktop": r.desktop} for r in differing.rows]
            raise UnsynchronisedClasses(count=differing.count, rows=rows)
    if changed := department.bring(wanted):
        uow.record("department.change", "department", [department.id], fields=changed)
    if another_leads:
        uow.publish(authority_changed(department))
    return department, differing


def authority_changed(department: Department) -> AuthorityChanged:
    """What the desktop hears of it."""
    return AuthorityChanged(
        department=department.id,
        project=department.project_id,
        branch=department.branch_id,
        home_class_authority=department.home_class_authority,
        version=department.version,
        at=clock.now(),
    )
