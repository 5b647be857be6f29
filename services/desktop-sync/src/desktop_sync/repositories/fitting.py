from sqlalchemy import Select, case, select
from sqlalchemy.dialects.postgresql import distinct_on

from desktop_sync.models import CopyEnrolment, Student
from shared.contracts.ids import ProjectId


def fitting_enrolments(project: ProjectId) -> Select[CopyEnrolment]:
    """Of each student of the copy one enrolment: that of his department in the project, else the oldest.

    Who has two on purpose has one of them there; the other says nothing of how he stands.
    """
    fits = case((CopyEnrolment.department_id == Student.department_id, 0), else_=1)
    return (
        select(CopyEnrolment)
        .outerjoin(
            Student,
            (Student.project_id == CopyEnrolment.project_id) & (Student.code == CopyEnrolment.student_code),
        )
        .where(CopyEnrolment.project_id == project)
        .ext(distinct_on(CopyEnrolment.student_code))
        .order_by(CopyEnrolment.student_code, fits, CopyEnrolment.id)
    )
