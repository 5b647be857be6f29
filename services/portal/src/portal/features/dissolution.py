"""Dissolving a group, a subject or a department in the year: what it does to students is shown first.

A home class or cluster group takes the seats of its students with it; a subject its cluster groups too, and
the choices; a department its groups and subjects, once nobody is enrolled there.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from portal.errors import InUse
from portal.features.department_checklist import mark_home_class_steps
from portal.features.enrolment_removal import refuse_while_departing
from portal.features.history import note_change
from portal.features.placement import announce_placement
from portal.models.dissolution import Dissolution, Loses, Loss
from portal.models.history_entry import HistoryWhat
from portal.unit_of_work import PortalUnitOfWork
from shared import clock
from shared.contracts.ids import DepartmentId, EnrolmentId, GroupId, StudentCode, SubjectId
from shared.errors import TryLater
from shared.runtime.access import Scope

_NOTED = {
    Loses.HOME_CLASS: HistoryWhat.HOME_CLASS,
    Loses.MEMBERSHIP: HistoryWhat.GROUPS,
    Loses.CHOICE: HistoryWhat.GROUPS,
}


async def dissolution_of_group(uow: PortalUnitOfWork, group_id: GroupId, scope: Scope) -> Dissolution:
    """Raises NotFound."""
    group = await uow.structure_changes.group(group_id, scope, _this_year())
    return Dissolution(groups=frozenset({group.id}))


async def dissolution_of_subject(uow: PortalUnitOfWork, subject_id: SubjectId, scope: Scope) -> Dissolution:
    """With its cluster groups. Raises NotFound."""
    subject = await uow.structure_changes.subject(subject_id, scope, _this_year())
    groups = await uow.structure_changes.groups_of(subject.department_id, subject.code)
    return Dissolution(groups=frozenset(group.id for group in groups), subjects=frozenset({subject.id}))


async def dissolution_of_department(
    uow: PortalUnitOfWork, department_id: DepartmentId, scope: Scope
) -> Dissolution:
    """With its groups and subjects. Raises NotFound."""
    department = await uow.structure_changes.department(department_id, scope, _this_year())
    groups = await uow.structure_changes.groups_of(department.id)
    subjects = await uow.structure_changes.subjects_of(department.id)
    return Dissolution(
        groups=frozenset(group.id for group in groups),
        subjects=frozenset(subject.id for subject in subjects),
        department=department.id,
    )


async def dissolve(uow: PortalUnitOfWork, what: Dissolution, *, confirmed: bool) -> None:
    """Let these go, with what hangs on them; the students stay enrolled.

    Raises InUse where students lose something and that is not confirmed, or would lose their enrolment;
    DepartureRunning; TryLater when somebody was placed there at that moment.
    """
    losing = await uow.dissolutions.losses(what)
    _refuse_in_use(losing, confirmed=confirmed)
    # Students before groups, as everybody who places somebody locks them.
    students = await uow.students.lock({loss.student for loss in losing})
    await uow.structure_changes.close(what)
    losing = await uow.dissolutions.losses(what)
    _refuse_in_use(losing, confirmed=confirmed)
    if not students.keys() >= {loss.student for loss in losing}:
        raise TryLater("Somebody was placed there at this moment")
    refuse_while_departing(await uow.departures.of_students(students))
    await uow.dissolutions.lose(what)
    await mark_home_class_steps(
        uow, {loss.enrolment: False for loss in losing if loss.loses is Loses.HOME_CLASS}
    )
    await uow.structure_changes.remove(what)
    _note(uow, losing)
    if losing:
        await announce_placement(uow, [students[code] for code in sorted({loss.student for loss in losing})])
    uow.record("department.remove", "department", [what.department] if what.department else [])
    uow.record("group.dissolve", "group", sorted(what.groups))
    uow.record("subject.remove", "subject", sorted(what.subjects))


def _refuse_in_use(losing: Iterable[Loss], *, confirmed: bool) -> None:
    enrolled = {loss.student for loss in losing if loss.loses is Loses.ENROLMENT}
    concerned = enrolled or {loss.student for loss in losing}
    if enrolled or (concerned and not confirmed):
        raise InUse(count=len(concerned))


def _note(uow: PortalUnitOfWork, losing: Iterable[Loss]) -> None:
    """One entry for each kind of thing that an enrolment lost."""
    lost: defaultdict[tuple[StudentCode, EnrolmentId, Loses], list[Loss]] = defaultdict(list)
    for loss in losing:
        lost[loss.student, loss.enrolment, loss.loses].append(loss)
    for (student, enrolment, loses), losses in lost.items():
        before, after = _told(loses, losses), _told(loses, [])
        note_change(uow, student, _NOTED[loses], losses[0], enrolment=enrolment, before=before, after=after)


def _told(loses: Loses, losses: Sequence[Loss]) -> dict[str, Any]:
    """Groups or choices as the history tells them: ids, and codes since the rows are gone."""
    if loses is Loses.HOME_CLASS:
        home = losses[0] if losses else None
        return {"home_class": home and home.id, "code": home and home.code}
    named = "groups" if loses is Loses.MEMBERSHIP else "choices"
    return {named: [loss.id for loss in losses], "codes": [loss.code for loss in losses]}


def _this_year() -> int:
    """Past years are history: unknown here."""
    return clock.school_year_of(clock.today())
