"""What hangs on enrolments, by the hundred, past the ORM: a branch is placed, or told, in few statements."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import BigInteger

from portal.models.student import Choice, Enrolment, GroupMembership
from shared.contracts.facts import PlacedEnrolment
from shared.contracts.ids import DepartmentId, EnrolmentId, GroupId, StudentCode, SubjectId
from shared.database.among import among
from shared.database.set_based import as_rows, insert_rows, inserting, table_of


@dataclass(frozen=True, slots=True)
class EnrolmentContent:
    """What hangs on one enrolment."""

    department: DepartmentId
    home_class: GroupId | None
    groups: frozenset[GroupId]
    choices: frozenset[SubjectId]
    profile: str | None

    @classmethod
    def of(cls, enrolment: Enrolment) -> "EnrolmentContent":
        """As it stands now."""
        return cls(
            enrolment.department_id,
            enrolment.home_class_id,
            frozenset(enrolment.group_ids),
            frozenset(enrolment.subject_ids),
            enrolment.profile,
        )


class EnrolmentContents:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def told_of(self, students: Collection[StudentCode]) -> dict[StudentCode, list[PlacedEnrolment]]:
        """All enrolments of these students as `StudentPlaced` says them; one statement."""
        groups = func.array_agg(
            aggregate_order_by(GroupMembership.group_id, GroupMembership.group_id), type_=ARRAY(BigInteger)
        )
        query = (
            select(
                Enrolment.student_code,
                Enrolment.id,
                Enrolment.project_id.label("project"),
                Enrolment.school_id.label("school"),
                Enrolment.school_year,
                Enrolment.branch_id.label("branch"),
                Enrolment.department_id.label("department"),
                Enrolment.home_class_id.label("home_class"),
                groups.filter(GroupMembership.group_id.is_not(None)).label("groups"),
            )
            .outerjoin(GroupMembership, GroupMembership.enrolment_id == Enrolment.id)
            .where(among(Enrolment.student_code, students))
            .group_by(Enrolment.id)
            .order_by(Enrolment.school_year, Enrolment.id)
        )
        told: dict[StudentCode, list[PlacedEnrolment]] = {code: [] for code in students}
        for row in (await self._session.execute(query)).mappings():
            told[row["student_code"]].append(
                PlacedEnrolment.model_validate({**row, "groups": row["groups"] or []})
            )
        return told

    async def enrol(self, rows: Sequence[Mapping[str, object]]) -> dict[StudentCode, EnrolmentId]:
        """New enrolments, with nothing hanging on them yet."""
        if not rows:
            return {}
        made = await self._session.execute(
            insert(Enrolment).returning(Enrolment.student_code, Enrolment.id), list(rows)
        )
        return dict(made.all())

    async def replace(
        self, rows: Sequence[Mapping[str, object]]
    ) -> dict[tuple[StudentCode, DepartmentId], EnrolmentId]:
        """New enrolments in the place of others, in one statement."""
        if not rows:
            return {}
        table = table_of(Enrolment)
        made = inserting(table, rows).returning(table.c.student_code, table.c.department_id, table.c.id)
        return {(row[0], row[1]): row[2] for row in await self._session.execute(made)}

    async def choose(self, choices: Mapping[EnrolmentId, Collection[SubjectId]]) -> None:
        """Let exactly these be the packages of these enrolments."""
        await self._session.execute(delete(Choice).where(among(Choice.enrolment_id, choices)))
        rows = [
            {"enrolment_id": enrolment, "subject_id": subject}
            for enrolment, subjects in choices.items()
            for subject in sorted(subjects)
        ]
        await insert_rows(self._session, table_of(Choice), rows)

    async def bring(self, contents: Mapping[EnrolmentId, EnrolmentContent]) -> None:
        """Let exactly this hang on these enrolments."""
        if not contents:
            return
        ids = list(contents)
        for kind in (GroupMembership, Choice):
            await self._session.execute(delete(kind).where(among(kind.enrolment_id, ids)))
        table = table_of(Enrolment)
        given = as_rows(
            table,
            [
                {"id": enrolment, "home_class_id": content.home_class, "profile": content.profile}
                for enrolment, content in contents.items()
            ],
        )
        brought = {"home_class_id": given.c.home_class_id, "profile": given.c.profile}
        await self._session.execute(update(table).where(table.c.id == given.c.id).values(brought))
        memberships = [
            {"enrolment_id": enrolment, "group_id": group, "department_id": content.department}
            for enrolment, content in contents.items()
            for group in sorted(content.groups)
        ]
        choices = [
            {"enrolment_id": enrolment, "subject_id": subject}
            for enrolment, content in contents.items()
            for subject in sorted(content.choices)
        ]
        for kind, rows in ((GroupMembership, memberships), (Choice, choices)):
            await insert_rows(self._session, table_of(kind), rows)
