"""Enrolling a student in a department: a newcomer, or one who comes back after he left.

Once a departure can no longer be undone, this is the way back: a new enrolment, under a new id. His account
is restored by itself (Beheer, Gebruikers); a second departure is then a new one.
"""

from portal.errors import AlreadyEnrolled, UnknownStudents
from portal.features.enrolment_removal import refuse_while_departing
from portal.features.placement import announce_placement
from portal.models.student import Enrolment
from portal.unit_of_work import PortalUnitOfWork
from shared import clock
from shared.contracts.ids import DepartmentId, StudentCode
from shared.errors import NotFound
from shared.runtime.access import Scope


async def enrol_student(
    uow: PortalUnitOfWork, code: StudentCode, department_id: DepartmentId, scope: Scope
) -> Enrolment:
    """A new enrolment or prognosis, without home class or groups yet.

    Raises NotFound for a department of a past year or of another branch, UnknownStudents, DepartureRunning,
    AlreadyEnrolled.
    """
    this_year = clock.school_year_of(clock.today())
    place = await uow.structure.place_of(department_id, scope)
    if place is None or place.Project.school_year < this_year:
        raise NotFound
    students = await uow.students.lock([code])
    if code not in students or not await uow.students.is_visible(code, scope):
        raise UnknownStudents(students=[code])
    refuse_while_departing(await uow.departures.of_students([code]))
    live = (await uow.enrolments.of([code], since=this_year))[code]
    same = next((one for one in live if one.project_id == place.Project.id), None)
    if same:
        raise AlreadyEnrolled(student=code, enrolment=same.id)
    enrolment = Enrolment(
        student_code=code,
        project_id=place.Project.id,
        school_id=place.Project.school_id,
        school_year=place.Project.school_year,
        branch_id=place.Department.branch_id,
        department_id=department_id,
        created_at=clock.now(),
        memberships=[],
        choices=[],
    )
    uow.enrolments.add(enrolment)
    students[code].settle(sorted([*live, enrolment], key=lambda one: one.school_year))
    await announce_placement(uow, [students[code]])
    uow.record(f"{enrolment.kind_in(this_year)}.add", "enrolment", [enrolment.id])
    return enrolment
