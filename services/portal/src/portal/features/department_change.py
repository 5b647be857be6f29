"""A student changes department (wijzigt van afdeling).

The handbook: choose the other department in the cell Afdeling; where he has a choice package comes the
question keep or wipe; his group memberships are deleted in both cases. The enrolment is replaced by a new
one, in one transaction; what is then to be done is a checklist (department_checklist.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from portal.errors import ClassFull, ListedTwice
from portal.features.department_checklist import mark_by_desktop
from portal.features.department_outlook import DepartmentOutlook, DepartmentSight, DepartmentWish
from portal.features.history import note_change
from portal.features.home_class_change import FullWarning, told_class, warnings_of
from portal.features.placement import announce_placement
from portal.features.placement_sight import PlacementSight, refuse_list
from portal.models.department_change import DepartmentChange, DepartmentChangeStep, FollowUp, FollowUpState
from portal.models.ended_enrolment import EndedEnrolment
from portal.models.history_entry import HistoryEntry, HistoryWhat
from portal.models.student import Enrolment, Student
from portal.unit_of_work import PortalUnitOfWork
from shared import clock
from shared.contracts.changes import DepartmentChanged
from shared.contracts.ids import EnrolmentId, StudentCode
from shared.contracts.message import Message
from shared.contracts.values import EnrolmentKind
from shared.errors import Refusal
from shared.ids import new_id
from shared.runtime.access import Scope
from shared.runtime.versions import SeenVersion


@dataclass(slots=True)
class DepartmentsChanged:
    """What was done, in the order in which it was asked; `enrolments` are the new ones."""

    sight: PlacementSight
    changes: list[DepartmentChange] = field(default_factory=list)
    enrolments: dict[EnrolmentId, Enrolment] = field(default_factory=dict)
    warnings: list[FullWarning] = field(default_factory=list)


async def preview_department(
    uow: PortalUnitOfWork, wish: DepartmentWish, scope: Scope, *, refuse_full: bool
) -> tuple[PlacementSight, DepartmentOutlook]:
    """What it would do, with the package undecided still.

    Raises NotFound, ClassFull, and as DepartmentSight.outlook.
    """
    sight = await PlacementSight.of_enrolments(uow, [wish.enrolment], lock=False)
    enrolment = sight.enrolment(wish.enrolment, scope)
    looking = await DepartmentSight.of(
        uow, sight, [wish.department], [wish.home_class], refuse_full=refuse_full
    )
    outlook = looking.outlook(enrolment, wish, scope)
    looking.seats.move(None, wish.home_class)
    looking.check_room(wish.home_class)
    return sight, outlook


async def change_department(
    uow: PortalUnitOfWork, wish: DepartmentWish, scope: Scope, seen: SeenVersion, *, refuse_full: bool
) -> DepartmentsChanged:
    """One enrolment or prognosis.

    Raises NotFound, VersionStale, ChoicePackageUndecided, ClassFull, and as DepartmentSight.outlook.
    """
    sight = await PlacementSight.of_enrolments(uow, [wish.enrolment], into=[wish.department])
    enrolment = sight.enrolment(wish.enrolment, scope)
    seen.must_be(sight.students[enrolment.student_code].version)
    looking = await DepartmentSight.of(
        uow, sight, [wish.department], [wish.home_class], refuse_full=refuse_full
    )
    outlook = looking.outlook(enrolment, wish, scope)
    outlook.refuse_undecided()
    looking.seats.move(None, wish.home_class)
    looking.check_room(wish.home_class)
    return await carry_out(uow, looking, [outlook])


async def change_departments(
    uow: PortalUnitOfWork, wishes: Sequence[DepartmentWish], scope: Scope, *, refuse_full: bool
) -> DepartmentsChanged:
    """All of a list, of each student one, or nothing. Raises ChangesRefused with every problem."""
    departments = {wish.department for wish in wishes}
    sight = await PlacementSight.of_enrolments(uow, {wish.enrolment for wish in wishes}, into=departments)
    looking = await DepartmentSight.of(
        uow,
        sight,
        departments,
        {wish.home_class for wish in wishes},
        refuse_full=refuse_full,
    )
    outlooks: dict[int, DepartmentOutlook] = {}
    problems: dict[int, Refusal] = {}
    listed: set[StudentCode] = set()
    for index, wish in enumerate(wishes):
        try:
            enrolment = sight.enrolment(wish.enrolment, scope)
            if enrolment.student_code in listed:
                raise ListedTwice(student=enrolment.student_code)
            listed.add(enrolment.student_code)
            outlooks[index] = looking.outlook(enrolment, wish, scope)
            outlooks[index].refuse_undecided()
            looking.seats.move(None, wish.home_class)
        except Refusal as refusal:
            problems[index] = refusal
    for index, outlook in outlooks.items():
        try:
            looking.check_room(outlook.wish.home_class)
        except ClassFull as refusal:
            problems.setdefault(index, refusal)
    refuse_list(problems, [{"enrolment": wish.enrolment} for wish in wishes])
    return await carry_out(uow, looking, list(outlooks.values()))


async def carry_out(
    uow: PortalUnitOfWork,
    looking: DepartmentSight,
    outlooks: Sequence[DepartmentOutlook],
    because: Mapping[StudentCode, Message] | None = None,
) -> DepartmentsChanged:
    """Replace the enrolments, of each student one, and tell of it."""
    sight, causes = looking.sight, because or {}
    memories = {outlook.enrolment.id: outlook.enrolment.memory() for outlook in outlooks}
    live = await _replace(uow, sight, outlooks)
    done = DepartmentsChanged(sight)
    for outlook in outlooks:
        student = sight.students[outlook.enrolment.student_code]
        new = next(one for one in live[student.code] if one.department_id == outlook.department.id)
        student.follow(outlook.enrolment, new, live[student.code], sight.year)
        entry = _noted(uow, outlook, new, looking, causes.get(student.code))
        done.changes.append(_change(outlook, new, memories[outlook.enrolment.id], entry))
        done.enrolments[new.id] = new
    await mark_by_desktop(uow, done.changes)
    uow.department_changes.add(done.changes)
    await announce_placement(uow, [sight.students[one.student_code] for one in done.changes], causes)
    for change in done.changes:
        tell_department(
            uow,
            change.id,
            sight.students[change.student_code],
            change.from_enrolment_id,
            done.enrolments[change.enrolment_id],
            change.dropped,
            causes.get(change.student_code),
        )
    entered = {o.wish.home_class for o in outlooks if o.wish.home_class is not None}
    done.warnings = warnings_of(looking.seats, entered)
    return done


async def _replace(
    uow: PortalUnitOfWork, sight: PlacementSight, outlooks: Sequence[DepartmentOutlook]
) -> dict[StudentCode, list[Enrolment]]:
    """The old enrolments go, the new ones come; returns all that the students have then."""
    uow.ended_enrolments.add(
        EndedEnrolment.of(outlook.enrolment, clock.today())
        for outlook in outlooks
        if outlook.enrolment.kind_in(sight.year) is EnrolmentKind.ENROLMENT
    )
    await uow.enrolments.remove([outlook.enrolment for outlook in outlooks])
    made = await uow.contents.replace([_row(outlook) for outlook in outlooks])
    await uow.contents.choose(
        {
            made[o.enrolment.student_code, o.department.id]: [subject.id for subject in o.kept]
            for o in outlooks
            if o.keeps
        }
    )
    return await uow.enrolments.of([o.enrolment.student_code for o in outlooks], since=sight.year)


def _noted(
    uow: PortalUnitOfWork,
    outlook: DepartmentOutlook,
    new: Enrolment,
    looking: DepartmentSight,
    because: Message | None,
) -> HistoryEntry:
    old = outlook.enrolment
    uow.record("department.change", "enrolment", [old.id], fields=["department"], because=because)
    return note_change(
        uow,
        old.student_code,
        HistoryWhat.DEPARTMENT,
        new,
        enrolment=new.id,
        before=_told_before(outlook),
        after=_told_after(outlook, new, looking),
        because=because,
    )


def _row(outlook: DepartmentOutlook) -> dict[str, Any]:
    return {
        "student_code": outlook.enrolment.student_code,
        "project_id": outlook.project.id,
        "school_id": outlook.project.school_id,
        "school_year": outlook.project.school_year,
        "branch_id": outlook.department.branch_id,
        "department_id": outlook.department.id,
        "home_class_id": outlook.wish.home_class,
        "profile": outlook.enrolment.profile if outlook.keeps else None,
        "created_at": clock.now(),
    }


def _change(
    outlook: DepartmentOutlook, new: Enrolment, memory: dict[str, Any], entry: HistoryEntry
) -> DepartmentChange:
    now, old = clock.now(), outlook.enrolment
    change = DepartmentChange(
        id=new_id(),
        student_code=old.student_code,
        school_id=new.school_id,
        project_id=new.project_id,
        branch_id=new.branch_id,
        department_id=new.department_id,
        home_class_authority=outlook.department.home_class_authority,
        enrolment_id=new.id,
        from_project_id=old.project_id,
        from_department_id=old.department_id,
        from_enrolment_id=old.id,
        choice_package=outlook.wish.choice_package if outlook.has_package else None,
        dropped=list(outlook.dropped) if outlook.keeps else [],
        groups=[{"id": group.id, "code": group.code} for group in outlook.groups],
        memory=memory,
        requested_by=entry.actor,
        at=now,
        history_entry_id=entry.id,
        done_at=None,
        undone_at=None,
    )
    settled = {
        FollowUp.CHOICE_PACKAGE: outlook.package_is_settled,
        FollowUp.HOME_CLASS: new.home_class_id is not None,
    }
    change.steps = [
        DepartmentChangeStep(
            change_id=change.id,
            step=step,
            state=FollowUpState.DONE if settled.get(step) else FollowUpState.OPEN,
            at=now,
        )
        for step in outlook.steps
    ]
    return change


def _told_before(outlook: DepartmentOutlook) -> dict[str, Any]:
    return {
        "enrolment": outlook.enrolment.id,
        "department": outlook.old_department.id,
        "code": outlook.old_department.code,
        "home_class": outlook.home_class.code if outlook.home_class else None,
        "groups": [group.code for group in outlook.groups],
        "subjects": list(outlook.package),
        "profile": outlook.enrolment.profile,
    }


def _told_after(outlook: DepartmentOutlook, new: Enrolment, looking: DepartmentSight) -> dict[str, Any]:
    return {
        "enrolment": new.id,
        "department": outlook.department.id,
        "code": outlook.department.code,
        "home_class": told_class(looking.groups, new.home_class_id)["code"],
        "groups": [],
        "subjects": [subject.code for subject in outlook.kept] if outlook.keeps else [],
        "profile": new.profile,
    }


def tell_department(  # noqa: PLR0913, PLR0917 - what the fact says
    uow: PortalUnitOfWork,
    change: UUID,
    student: Student,
    before: EnrolmentId,
    enrolment: Enrolment,
    dropped: Sequence[str] = (),
    because: Message | None = None,
) -> None:
    """Say that one enrolment took the place of another; the student's version is raised already."""
    envelope = because.envelope if because else None
    fact = DepartmentChanged(
        change=change,
        student=student.code,
        version=student.version,
        before=before,
        enrolment=enrolment.id,
        department=enrolment.department_id,
        dropped=list(dropped),
        at=clock.now(),
        request=envelope.id if envelope else None,
    )
    uow.publish(fact, because=because)
