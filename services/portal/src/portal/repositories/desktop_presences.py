"""Who is in the desktop, and how he stands there."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from portal.models.desktop_presence import DesktopPresence, Unsynchronised, UnsynchronisedRow
from portal.models.structure import Group
from portal.models.student import Enrolment
from shared.contracts.ids import DepartmentId, ProjectId, StudentCode
from shared.database.among import among
from shared.database.set_based import inserting, table_of

_KEY = ("student_code", "project_id")


class DesktopPresences:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def keep_newest(self, rows: Sequence[dict[str, Any]]) -> None:
        """Insert or update, never with an older revision; one row of a student and project."""
        statement = inserting(table_of(DesktopPresence), rows)
        await self._session.execute(
            statement.on_conflict_do_update(
                index_elements=_KEY,
                set_={name: statement.excluded[name] for name in rows[0] if name not in _KEY},
                where=DesktopPresence.revision < statement.excluded.revision,
            )
        )

    async def of(
        self, students: Collection[StudentCode]
    ) -> dict[StudentCode, dict[ProjectId, DesktopPresence]]:
        """How each of these students stands in each project, as the desktop told last."""
        query = select(DesktopPresence).where(among(DesktopPresence.student_code, students))
        found: dict[StudentCode, dict[ProjectId, DesktopPresence]] = {student: {} for student in students}
        for presence in await self._session.scalars(query.execution_options(populate_existing=True)):
            found[presence.student_code][presence.project_id] = presence
        return found

    async def unsynchronised(self, department: DepartmentId, most: int) -> Unsynchronised:
        """Whose home class differs between portal and desktop, where the desktop told how he stands."""
        here, there = aliased(Group), aliased(Group)
        query = (
            select(
                Enrolment.student_code.label("student"),
                here.code.label("portal"),
                there.code.label("desktop"),
                func.count().over().label("all_of_them"),
            )
            .select_from(Enrolment)
            .join(DesktopPresence, _stands_for(Enrolment))
            .outerjoin(here, here.id == Enrolment.home_class_id)
            .outerjoin(there, there.id == DesktopPresence.home_class_id)
            .where(
                Enrolment.department_id == department,
                Enrolment.home_class_id.is_distinct_from(DesktopPresence.home_class_id),
            )
            .order_by(here.code, there.code, Enrolment.student_code)
            .limit(most)
        )
        rows = (await self._session.execute(query)).all()
        return Unsynchronised(
            rows[0].all_of_them if rows else 0,
            [UnsynchronisedRow(r.student, r.portal, r.desktop) for r in rows],
        )


def _stands_for(enrolment: type[Enrolment]) -> ColumnElement[bool]:
    """The desktop has a student in one department of a project: of two enrolments it means that one."""
    other = aliased(Enrolment)
    is_the_other = (
        select(other.id)
        .where(
            other.student_code == enrolment.student_code,
            other.department_id == DesktopPresence.department_id,
        )
        .correlate(enrolment, DesktopPresence)
        .exists()
    )
    return and_(
        DesktopPresence.student_code == enrolment.student_code,
        DesktopPresence.project_id == enrolment.project_id,
        DesktopPresence.present,
        DesktopPresence.department_id.is_not(None),
        or_(DesktopPresence.department_id == enrolment.department_id, ~is_the_other),
    )
