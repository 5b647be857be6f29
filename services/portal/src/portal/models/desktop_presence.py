"""Who is in the desktop."""

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import PortalBase
from shared.contracts.ids import BranchId, ProjectId, SchoolId, StudentCode


class DesktopPresence(PortalBase):
    """Whether a student is in a desktop project, as the desktop told last; the newest revision wins.

    Who went keeps his row, `present` no more: a word that comes late must not bring him back.
    """

    __tablename__ = "desktop_presence"

    student_code: Mapped[StudentCode] = mapped_column(primary_key=True)
    project_id: Mapped[ProjectId] = mapped_column(primary_key=True, autoincrement=False)
    school_id: Mapped[SchoolId]
    school_year: Mapped[int]
    branch_id: Mapped[BranchId]
    revision: Mapped[int] = mapped_column(BigInteger)
    present: Mapped[bool]
