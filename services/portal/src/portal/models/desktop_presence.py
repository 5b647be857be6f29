"""Who is in the desktop, and how he stands there."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import BigInteger, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import PortalBase
from shared.contracts.ids import BranchId, DepartmentId, GroupId, ProjectId, SchoolId, StudentCode


class DesktopPresence(PortalBase):
    """How a student stands in a desktop project, as the desktop told last; the newest revision wins.

    Who went keeps his row, `present` no more: a word that comes late must not bring him back. `unplaced` are
    the subjects without a lesson group. What the desktop did not tell is None.
    """

    __tablename__ = "desktop_presence"

    student_code: Mapped[StudentCode] = mapped_column(primary_key=True)
    project_id: Mapped[ProjectId] = mapped_column(primary_key=True, autoincrement=False)
    school_id: Mapped[SchoolId]
    school_year: Mapped[int]
    branch_id: Mapped[BranchId]
    revision: Mapped[int] = mapped_column(BigInteger)
    present: Mapped[bool]
    department_id: Mapped[DepartmentId | None]
    home_class_id: Mapped[GroupId | None]
    unplaced: Mapped[list[str] | None] = mapped_column(ARRAY(Text))


@dataclass(frozen=True, slots=True)
class UnsynchronisedRow:
    """Codes of his home class on both sides; None is none."""

    student: StudentCode
    portal: str | None
    desktop: str | None


@dataclass(frozen=True, slots=True)
class Unsynchronised:
    """Students of a department whose home class in the portal is another than in the desktop.

    `count` of them; `rows` are the first, by class.
    """

    count: int = 0
    rows: Sequence[UnsynchronisedRow] = ()
