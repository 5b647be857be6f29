from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from desktop_sync.models import Person
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
