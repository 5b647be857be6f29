"""What the source of a school's own list leads is taken over, by the rules of each change by itself."""

from collections import defaultdict
from collections.abc import Sequence

from portal.features.choice_package import PackageRound, PackageWish
from portal.features.department_change import change_departments
from portal.features.department_outlook import DepartmentWish
from portal.features.home_class_change import HomeClassRound
from portal.features.student_differences import Comparison, Difference
from portal.features.student_rows import FieldGroup
from portal.models.student import Enrolment
from portal.unit_of_work import PortalUnitOfWork
from shared.contracts.ids import EnrolmentId
from shared.contracts.values import Authority, PackagePolicy
from shared.runtime.access import Scope


async def take_over(
    uow: PortalUnitOfWork, comparison: Comparison, differences: Sequence[Difference], scope: Scope
) -> None:
    """Carry out what is applied of these differences; a class that gets too full is the source's doing."""
    by_field: defaultdict[str, list[Difference]] = defaultdict(list)
    for one in differences:
        if one.applied:
            by_field[one.field].append(one)
    await _home_classes(uow, comparison, by_field[FieldGroup.HOME_CLASS])
    package = by_field[FieldGroup.PROFILE] + by_field[FieldGroup.CHOICE_PACKAGE]
    await _packages(uow, comparison, package)
    await _departments(uow, comparison, by_field[FieldGroup.DEPARTMENT], scope)


async def _home_classes(
    uow: PortalUnitOfWork, comparison: Comparison, differences: Sequence[Difference]
) -> None:
    if not differences:
        return
    wanted = {one.enrolment.id: comparison.home_class(one.row) for one in differences}
    moving = await HomeClassRound.of(uow, comparison.sight, set(wanted.values()), refuse_full=False)
    for one in differences:
        moving.move(one.enrolment, wanted[one.enrolment.id])
    await moving.carry_out(uow)


async def _packages(uow: PortalUnitOfWork, comparison: Comparison, differences: Sequence[Difference]) -> None:
    """Profile and subjects are one package: what is not taken over of it stays, as far as it is offered."""
    if not differences:
        return
    choosing = await PackageRound.of(uow, comparison.sight)
    of_enrolment: defaultdict[EnrolmentId, list[Difference]] = defaultdict(list)
    for one in differences:
        of_enrolment[one.enrolment.id].append(one)
    for found in of_enrolment.values():
        choosing.choose(found[0].enrolment, _package(choosing, found[0].enrolment, found))
    await choosing.carry_out(uow)


def _package(choosing: PackageRound, enrolment: Enrolment, found: Sequence[Difference]) -> PackageWish:
    listed = {one.field: one.listed for one in found}
    offered = choosing.choosable[enrolment.department_id]
    had = [code for code in choosing.codes(enrolment) if code in offered]
    return PackageWish(
        enrolment.id,
        listed.get(FieldGroup.CHOICE_PACKAGE, had),
        listed.get(FieldGroup.PROFILE, enrolment.profile),
    )


async def _departments(
    uow: PortalUnitOfWork, comparison: Comparison, differences: Sequence[Difference], scope: Scope
) -> None:
    """He keeps of his package what the new department offers; what is left to do is on its checklist."""
    wishes = [
        DepartmentWish(
            one.enrolment.id,
            comparison.department(one.row),
            PackagePolicy.KEEP,
            comparison.home_class(one.row) if _portal_places(comparison, one) else None,
        )
        for one in differences
    ]
    if wishes:
        await change_departments(uow, wishes, scope, refuse_full=False)


def _portal_places(comparison: Comparison, difference: Difference) -> bool:
    department = comparison.structure.departments[difference.row.department]
    return department.home_class_authority is Authority.PORTAL
