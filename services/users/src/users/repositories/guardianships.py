"""Who is whose guardian."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.contracts.ids import UserCode
from shared.database.among import among
from shared.database.set_based import insert_rows, table_of
from users.models import Family, Guardianship, User


class Guardianships:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def families_of(
        self, students: Collection[UserCode], *, lock: bool = False
    ) -> dict[UserCode, list[Family]]:
        """By student the families of his guardians.

        Locked, the guardians wait their turn before anything is read of their children: of two children who
        leave at the same moment the later sees the earlier gone. A guardian's code begins with a letter and
        sorts after all students': who locks students first locks in the order of code.
        """
        his = select(Guardianship.guardian).where(among(Guardianship.student, students))
        families: dict[UserCode, list[Family]] = defaultdict(list)
        for family in await self._families(User.code.in_(his), lock=lock):
            for child in family.children:
                families[child.code].append(family)
        return families

    async def lock_families(self, guardians: Collection[UserCode]) -> Sequence[Family]:
        """The families of these guardians."""
        return await self._families(among(User.code, guardians), lock=True)

    async def children_of(
        self, guardians: Collection[UserCode], students: Collection[UserCode]
    ) -> dict[UserCode, frozenset[UserCode]]:
        """By guardian his children among these students."""
        held: dict[UserCode, set[UserCode]] = {code: set() for code in guardians}
        query = select(Guardianship).where(_between(guardians, students))
        for one in await self._session.scalars(query):
            held[one.guardian].add(one.student)
        return {guardian: frozenset(children) for guardian, children in held.items()}

    async def replace(
        self, children: Mapping[UserCode, frozenset[UserCode]], students: Collection[UserCode]
    ) -> None:
        """Of these students each guardian has from now on these as children; of others he keeps his."""
        if not children:
            return
        await self._session.execute(delete(Guardianship).where(_between(children, students)))
        rows = [
            {"guardian": guardian, "student": student}
            for guardian, his in sorted(children.items())
            for student in sorted(his)
        ]
        await insert_rows(self._session, table_of(Guardianship), rows)

    async def _families(self, guardians: ColumnElement[bool], *, lock: bool) -> list[Family]:
        query = select(User).where(guardians).order_by(User.code)
        if lock:
            query = query.with_for_update().execution_options(populate_existing=True)
        found = (await self._session.scalars(query)).all()
        children: dict[UserCode, list[User]] = {guardian.code: [] for guardian in found}
        theirs = (
            select(Guardianship.guardian, User)
            .join(User, User.code == Guardianship.student)
            .where(among(Guardianship.guardian, children))
        )
        for guardian, child in await self._session.execute(theirs):
            children[guardian].append(child)
        return [Family(guardian, children[guardian.code]) for guardian in found]


def _between(guardians: Collection[UserCode], students: Collection[UserCode]) -> ColumnElement[bool]:
    return among(Guardianship.guardian, guardians) & among(Guardianship.student, students)
