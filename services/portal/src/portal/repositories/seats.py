"""Seats for enrolments that come back: what is still there, and what room it has.

Departments are held, then groups locked.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Self

from sqlalchemy import func, not_, select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.models.structure import Department, Group, Subject
from portal.models.student import Choice, Enrolment, GroupMembership
from shared.contracts.ids import EnrolmentId, StudentCode
from shared.contracts.values import WhyLeftOver
from shared.database.among import among
from shared.database.set_based import insert_rows, table_of


class Seats:
    """`take` one remembered enrolment after the other, then `fill` them all at once."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._departments: set[int] = set()
        self._subjects: set[int] = set()
        self._groups: dict[int, Group] = {}
        self._sizes: Counter[int] = Counter()
        self._enrolled: set[tuple[StudentCode, int]] = set()
        self._taken: set[tuple[StudentCode, int]] = set()
        self._enrolments: list[dict[str, Any]] = []
        self._memberships: list[dict[str, Any]] = []
        self._choices: list[dict[str, Any]] = []

    @classmethod
    async def of(
        cls,
        session: AsyncSession,
        remembered: Sequence[tuple[StudentCode, dict[str, Any]]],
        beside: Collection[EnrolmentId] = (),
    ) -> Self:
        """What the remembered enrolments refer to, as it is now; a few statements for all of them.

        Those `beside` are in nobody's way: they stood beside them before.
        """
        seats = cls(session)
        if not remembered:
            return seats
        departments = {enrolment["department"] for _, enrolment in remembered}
        groups = {
            group
            for _, enrolment in remembered
            for group in (*enrolment["groups"], enrolment["home_class"])
            if group is not None
        }
        subjects = {subject for _, enrolment in remembered for subject in enrolment["choices"]}
        held = select(Department.id).where(among(Department.id, departments)).order_by(Department.id)
        seats._departments = set(await session.scalars(held.with_for_update(read=True)))
        locked = select(Group).where(among(Group.id, groups)).order_by(Group.id).with_for_update()
        seats._groups = {group.id: group for group in await session.scalars(locked)}
        seats._subjects = set(await session.scalars(select(Subject.id).where(among(Subject.id, subjects))))
        for column in (Enrolment.home_class_id, GroupMembership.group_id):
            counted = await session.execute(
                select(column, func.count()).where(among(column, groups)).group_by(column)
            )
            seats._sizes.update({group: size for group, size in counted if group is not None})
        there = select(Enrolment.student_code, Enrolment.project_id).where(
            among(Enrolment.student_code, {student for student, _ in remembered}),
            not_(among(Enrolment.id, beside)),
        )
        seats._enrolled = {(student, project) for student, project in await session.execute(there)}
        return seats

    def take(self, student: StudentCode, enrolment: dict[str, Any]) -> list[dict[str, str]]:
        """Seat one enrolment; returns the pieces of it that no longer fit.

        Who was enrolled anew in the project meanwhile gets no second enrolment beside that, in whatever
        department it is.
        """
        place = student, enrolment["department"]
        if enrolment["department"] not in self._departments:
            return [_left(f"enrolment:{enrolment['id']}", WhyLeftOver.GONE)]
        if place in self._taken or (student, enrolment["project"]) in self._enrolled:
            return [_left(f"enrolment:{enrolment['id']}", WhyLeftOver.THERE_ALREADY)]
        self._taken.add(place)
        left: list[dict[str, str]] = []
        home_class = enrolment["home_class"]
        if home_class is not None and not self._seat(home_class, "home_class", left):
            home_class = None
        self._enrolments.append(
            {
                "id": enrolment["id"],
                "student_code": student,
                "project_id": enrolment["project"],
                "school_id": enrolment["school"],
                "school_year": enrolment["school_year"],
                "branch_id": enrolment["branch"],
                "department_id": enrolment["department"],
                "home_class_id": home_class,
                "profile": enrolment["profile"],
                "created_at": datetime.fromisoformat(enrolment["created_at"]),
            }
        )
        self._memberships += [
            {"enrolment_id": enrolment["id"], "group_id": group, "department_id": enrolment["department"]}
            for group in enrolment["groups"]
            if self._seat(group, "group", left)
        ]
        for subject in enrolment["choices"]:
            if subject in self._subjects:
                self._choices.append({"enrolment_id": enrolment["id"], "subject_id": subject})
            else:
                left.append(_left(f"subject:{subject}", WhyLeftOver.GONE))
        return left

    async def fill(self) -> None:
        """Insert all that was taken."""
        for kind, rows in (
            (Enrolment, self._enrolments),
            (GroupMembership, self._memberships),
            (Choice, self._choices),
        ):
            await insert_rows(self._session, table_of(kind), rows)

    def _seat(self, group: int, kind: str, left: list[dict[str, str]]) -> bool:
        found = self._groups.get(group)
        if found is None:
            left.append(_left(f"{kind}:{group}", WhyLeftOver.GONE))
        elif found.hard_max is not None and self._sizes[group] >= found.hard_max:
            left.append(_left(f"{kind}:{group}", WhyLeftOver.FULL))
        else:
            self._sizes[group] += 1
            return True
        return False


def _left(what: str, why: WhyLeftOver) -> dict[str, str]:
    return {"what": what, "why": why}
