"""Telling where students are: each change of placement raises the student's version and is said in full."""

from collections.abc import Collection, Mapping

from sqlalchemy.orm.attributes import set_committed_value

from portal.models.student import Student
from portal.unit_of_work import PortalUnitOfWork
from shared.contracts.facts import StudentPlaced
from shared.contracts.ids import StudentCode
from shared.contracts.message import Message


async def announce_placement(
    uow: PortalUnitOfWork, students: Collection[Student], because: Mapping[StudentCode, Message] | None = None
) -> None:
    """Raise the versions and publish `StudentPlaced` for each, with all enrolments as they stand now.

    `because` names, per student code, the command that is answered.
    """
    await uow.session.flush()
    codes = [student.code for student in students]
    versions = await uow.students.raise_versions(codes)
    enrolments = await uow.contents.told_of(codes)
    for student in students:
        set_committed_value(student, "version", versions[student.code])
        placed = StudentPlaced(
            student=student.code,
            version=versions[student.code],
            school=student.school_id,
            branch=student.branch_id,
            enrolments=enrolments[student.code],
        )
        uow.publish(placed, because=(because or {}).get(student.code))
