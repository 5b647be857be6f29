"""Departments, groups and subjects in the year: adding them, and changing what they are called and hold.

What takes something away from students stands in dissolution.py; who leads home classes in authority.py.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

from portal.errors import CodeInUse, SoftMaxAboveHardMax, UnknownSubject
from portal.models.structure import Department, Group, Subject
from portal.unit_of_work import PortalUnitOfWork
from shared import clock
from shared.contracts.ids import BranchId, DepartmentId, GroupId, ProjectId, SubjectId
from shared.contracts.values import Authority
from shared.runtime.access import Scope
from shared.runtime.versions import SeenVersion

P = TypeVar("P", Group, Subject)


async def add_department(  # noqa: PLR0913 - what a department is
    uow: PortalUnitOfWork,
    project_id: ProjectId,
    branch: BranchId,
    scope: Scope,
    *,
    code: str,
    name: str,
    home_class_authority: Authority,
) -> Department:
    """A department (afdeling) of a branch in a project. Raises NotFound, CodeInUse."""
    project = await uow.structure_changes.project(project_id, branch, scope, _this_year())
    if await uow.structure_changes.has_department(project.id, branch, code):
        raise CodeInUse(code=code)
    department = Department(
        project_id=project.id,
        branch_id=branch,
        code=code,
        name=name,
        home_class_authority=home_class_authority,
    )
    await uow.structure_changes.add(department)
    uow.record("department.add", "department", [department.id])
    return department


async def add_group(
    uow: PortalUnitOfWork, department: DepartmentId, scope: Scope, given: Mapping[str, Any]
) -> Group:
    """A home class (stamklas), or a cluster group (clustergroep) of a subject.

    Raises NotFound, CodeInUse, UnknownSubject, SoftMaxAboveHardMax.
    """
    await uow.structure_changes.department(department, scope, _this_year())
    subject = given["subject_code"]
    if subject is not None and not await uow.structure_changes.has_part(Subject, department, subject):
        raise UnknownSubject(subject=subject)
    group = Group(department_id=department, **given)
    _check_room(group)
    return await _add(uow, group)


async def add_subject(
    uow: PortalUnitOfWork, department: DepartmentId, scope: Scope, given: Mapping[str, Any]
) -> Subject:
    """A subject (vak) that the department offers from now on. Raises NotFound, CodeInUse."""
    await uow.structure_changes.department(department, scope, _this_year())
    return await _add(uow, Subject(department_id=department, **given))


async def change_group(
    uow: PortalUnitOfWork, group_id: GroupId, wanted: Mapping[str, Any], seen: SeenVersion, scope: Scope
) -> Group:
    """Name, code, and how many it holds. Raises NotFound, VersionStale, CodeInUse, SoftMaxAboveHardMax."""
    group = await uow.structure_changes.group(group_id, scope, _this_year())
    seen.must_be(group.version)
    await _change(uow, group, wanted)
    _check_room(group)
    return group


async def change_subject(
    uow: PortalUnitOfWork, subject_id: SubjectId, wanted: Mapping[str, Any], seen: SeenVersion, scope: Scope
) -> Subject:
    """Name, code, and whether it can be chosen; its cluster groups follow its code.

    Raises NotFound, VersionStale, CodeInUse.
    """
    subject = await uow.structure_changes.subject(subject_id, scope, _this_year())
    seen.must_be(subject.version)
    groups = await uow.structure_changes.groups_of(subject.department_id, subject.code)
    if "code" in await _change(uow, subject, wanted):
        for group in groups:
            group.bring({"subject_code": subject.code})
    return subject


async def _add(uow: PortalUnitOfWork, part: P) -> P:
    if await uow.structure_changes.has_part(type(part), part.department_id, part.code):
        raise CodeInUse(code=part.code)
    await uow.structure_changes.add(part)
    kind = part.__tablename__
    uow.record(f"{kind}.add", kind, [part.id])
    return part


async def _change(uow: PortalUnitOfWork, part: P, wanted: Mapping[str, Any]) -> list[str]:
    code = wanted.get("code", part.code)
    if code != part.code and await uow.structure_changes.has_part(type(part), part.department_id, code):
        raise CodeInUse(code=code)
    if changed := part.bring(wanted):
        kind = part.__tablename__
        uow.record(f"{kind}.change", kind, [part.id], fields=changed)
    return changed


def _check_room(group: Group) -> None:
    if group.soft_max is not None and group.hard_max is not None and group.soft_max > group.hard_max:
        raise SoftMaxAboveHardMax(soft_max=group.soft_max, hard_max=group.hard_max)


def _this_year() -> int:
    """Past years are history: unknown here."""
    return clock.school_year_of(clock.today())
