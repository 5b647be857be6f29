"""What students lose when a part of the structure goes."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import CTE, Select, Text, delete, func, literal, select, union_all, update
from sqlalchemy.ext.asyncio import AsyncSession

from portal.models.dissolution import Dissolution, Loses, Loss
from portal.models.structure import Department, Group, Subject
from portal.models.student import Choice, Enrolment, GroupMembership
from shared.database.among import among
from shared.runtime.paging import Keyset


class Dissolutions:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def losses(self, what: Dissolution) -> list[Loss]:
        """All of them, by student."""
        lost = _losses(what)
        rows = await self._session.execute(select(lost).order_by(lost.c.student, lost.c.enrolment, lost.c.id))
        return [_loss(row) for row in rows]

    async def page(self, what: Dissolution, limit: int, cursor: str | None) -> tuple[Keyset, Sequence[Loss]]:
        """Some of them, by student."""
        lost = _losses(what)
        keyset = Keyset(limit, cursor, lost.c.student, lost.c.enrolment, lost.c.loses, lost.c.id)
        rows = await self._session.execute(keyset.apply(select(lost)))
        return keyset, [_loss(row) for row in rows]

    async def counts(self, what: Dissolution) -> tuple[int, dict[Loses, int]]:
        """How many students lose anything, and how many times each thing is lost."""
        lost = _losses(what)
        students = await self._session.scalar(select(func.count(lost.c.student.distinct()))) or 0
        rows = await self._session.execute(select(lost.c.loses, func.count()).group_by(lost.c.loses))
        found: dict[str, int] = dict(rows.all())
        return students, {loses: found.get(loses, 0) for loses in Loses}

    async def lose(self, what: Dissolution) -> None:
        """Take home classes, memberships and choices of these away from all who have them."""
        for statement in (
            update(Enrolment).where(among(Enrolment.home_class_id, what.groups)).values(home_class_id=None),
            delete(GroupMembership).where(among(GroupMembership.group_id, what.groups)),
            delete(Choice).where(among(Choice.subject_id, what.subjects)),
        ):
            await self._session.execute(statement.execution_options(synchronize_session=False))


def _losses(what: Dissolution) -> CTE:
    def lost(loses: Loses, kind: Any) -> Select[Any]:
        return select(
            Enrolment.student_code.label("student"),
            Enrolment.id.label("enrolment"),
            Enrolment.school_id,
            Enrolment.branch_id,
            literal(loses, Text).label("loses"),
            kind.code.label("code"),
            kind.id.label("id"),
        )

    in_class = lost(Loses.HOME_CLASS, Group).join(Group, Group.id == Enrolment.home_class_id)
    in_cluster = lost(Loses.MEMBERSHIP, Group).join(
        GroupMembership, GroupMembership.enrolment_id == Enrolment.id
    )
    chose = lost(Loses.CHOICE, Subject).join(Choice, Choice.enrolment_id == Enrolment.id)
    here = lost(Loses.ENROLMENT, Department).join(Department, Department.id == Enrolment.department_id)
    return union_all(
        in_class.where(among(Group.id, what.groups)),
        in_cluster.join(Group, Group.id == GroupMembership.group_id).where(among(Group.id, what.groups)),
        chose.join(Subject, Subject.id == Choice.subject_id).where(among(Subject.id, what.subjects)),
        here.where(Department.id == what.department),
    ).cte("lost")


def _loss(row: Any) -> Loss:
    loses = Loses(row.loses)
    return Loss(row.student, row.enrolment, row.school_id, row.branch_id, loses, row.code, row.id)
