"""Where the portal says a student is: a copy, the newest version wins."""

from sqlalchemy import BigInteger, Index
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from shared.contracts.facts import StudentPlaced
from shared.contracts.ids import BranchId, ProjectId, SchoolId, StudentCode
from users.models.schema import Base


class PlacementCopy(Base):
    """Of students users may not know yet: the two services learn of him in either order.

    `branches` are his own and those where he is a guest: the offices of all of them may find him.
    """

    __tablename__ = "placement_copy"
    __table_args__ = (Index("ix_placement_copy_projects", "projects", postgresql_using="gin"),)

    student: Mapped[StudentCode] = mapped_column(primary_key=True)
    version: Mapped[int]
    school_id: Mapped[SchoolId]
    branch_id: Mapped[BranchId]
    branches: Mapped[list[BranchId]] = mapped_column(ARRAY(BigInteger))
    projects: Mapped[list[ProjectId]] = mapped_column(ARRAY(BigInteger))

    @classmethod
    def of(cls, fact: StudentPlaced) -> "PlacementCopy":
        """The part of the fact that users works with."""
        return cls(
            student=fact.student,
            version=fact.version,
            school_id=fact.school,
            branch_id=fact.branch,
            branches=sorted({fact.branch, *(enrolment.branch for enrolment in fact.enrolments)}),
            projects=sorted({enrolment.project for enrolment in fact.enrolments}),
        )
