from collections.abc import Collection, Sequence

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from desktop_sync.models import CopyEnrolment, Person, Student
from shared.contracts.ids import ProjectId, StudentCode
from shared.database.among import among
from shared.database.set_based import inserting, table_of

PERSON = table_of(Person)


class People:
    """Names and addresses of students."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def keep_newest(self, people: Sequence[Person]) -> None:
        """Write those that are newer than what we have; one statement."""
        rows = [{c.key: getattr(person, c.key) for c in PERSON.c} for person in people]
        if not rows:
            return
        statement = inserting(PERSON, rows)
        await self._session.execute(
            statement.on_conflict_do_update(
                index_elements=[PERSON.c.code],
                set_={name: statement.excluded[name] for name in rows[0] if name != "code"},
                where=PERSON.c.version < statement.excluded.version,
            )
        )

    async def versions(self, codes: Collection[StudentCode]) -> dict[StudentCode, int]:
        """Of those of these whom we have, how new that is."""
        query = select(Person.code, Person.version).where(among(Person.code, codes))
        return {row.code: row.version for row in await self._session.execute(query)}

    async def known_of(self, project: ProjectId) -> dict[StudentCode, int]:
        """The same, of all who are in a project or in its copy."""
        in_project = select(Student.code).where(Student.project_id == project)
        copied = select(CopyEnrolment.student_code).where(CopyEnrolment.project_id == project)
        query = select(Person.code, Person.version).where(
            or_(Person.code.in_(in_project), Person.code.in_(copied))
        )
        return {row.code: row.version for row in await self._session.execute(query.order_by(Person.code))}
