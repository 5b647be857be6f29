"""People and their accounts."""

from collections.abc import Collection, Iterable, Sequence

from sqlalchemy import ColumnElement, Numeric, case, cast, func, or_, select, true, union
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import flag_modified

from shared.contracts.ids import ProjectId, UserCode
from shared.contracts.values import UserKind
from shared.database.among import among
from shared.errors import NotFound
from shared.person_names import search_words
from shared.runtime.access import Scope
from shared.runtime.paging import PersonKeyset
from users.models import Guardianship, PlacementCopy, User
from users.models.user import WHOLE


class Users:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get(self, code: UserCode, scope: Scope) -> User:
        """Raises NotFound, alike for who is unknown and who is out of scope."""
        query = select(User).where(User.code == code, _visible(scope))
        user = await self._session.scalar(query)
        if user is None:
            raise NotFound
        return user

    async def among(self, codes: Collection[UserCode], scope: Scope) -> dict[UserCode, User]:
        """Those of these codes that are known and in scope."""
        query = select(User).where(among(User.code, codes), _visible(scope))
        return {user.code: user for user in await self._session.scalars(query)}

    async def find_by_username(self, username: str) -> User | None:
        return await self._session.scalar(select(User).where(User.username == username))

    async def lock(self, codes: Iterable[str]) -> dict[UserCode, User]:
        """Those of these codes that are known; locked in the order of code: no deadlocks."""
        query = (
            select(User)
            .where(among(User.code, codes))
            .order_by(User.code)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        return {user.code: user for user in await self._session.scalars(query)}

    async def relatives_of(self, code: UserCode, scope: Scope) -> Sequence[User]:
        """His guardians, or his children: those in scope, and all of one's own."""
        guardians = select(Guardianship.guardian).where(Guardianship.student == code)
        children = select(Guardianship.student).where(Guardianship.guardian == code)
        query = select(User).where(User.code.in_(union(guardians, children)))
        if scope.own is None or code != UserCode(scope.own):
            query = query.where(_visible(scope))
        return (await self._session.scalars(query.order_by(User.sort_key, User.code))).all()

    async def page(  # noqa: PLR0913 - a list has these filters
        self,
        scope: Scope,
        keyset: PersonKeyset,
        *,
        q: str | None = None,
        project: ProjectId | None = None,
        archived: bool = False,
        kind: UserKind | None = None,
    ) -> Sequence[User]:
        """People in scope whose name or code has each word of `q`, who are in `project`."""
        query = select(User).where(
            _visible(scope),
            User.archived_at.is_not(None) if archived else User.archived_at.is_(None),
            *(User.search_key.contains(word, autoescape=True) for word in search_words(q or "")),
        )
        if kind is not None:
            query = query.where(User.kind == kind)
        if project is not None:
            enrolled = select(PlacementCopy.student).where(PlacementCopy.projects.contains([project]))
            query = query.where(User.code.in_(enrolled))
        return (await self._session.scalars(keyset.apply_from(query, select(User.sort_key)))).all()

    async def owners_of(self, usernames: Collection[str]) -> dict[str, UserCode]:
        """Who has which of these user names."""
        query = select(User.username, User.code).where(among(User.username, usernames))
        return dict((await self._session.execute(query)).all())

    async def numbers_in_use(self, prefix: str, *, above: int) -> set[str]:
        """Numbers above this one, with this prefix, that somebody has as a code or a user name.

        Here or in the portal.
        """
        names = union(select(User.code), select(User.username), select(PlacementCopy.student)).subquery()
        name = names.c[0]
        digits = func.substr(name, len(prefix) + 1)
        number = case((name.regexp_match(f"^{prefix}[1-9][0-9]{{0,19}}$"), cast(digits, Numeric)))
        return set(await self._session.scalars(select(name).where(number > above)))

    def add(self, *users: User) -> None:
        self._session.add_all(users)

    async def flush(self) -> None:
        """Write them now: what refers to them comes next."""
        await self._session.flush()

    def write_whole(self, users: Iterable[User]) -> None:
        """Let the next flush write all columns of these users: one statement, whichever columns changed."""
        for user in users:
            for column in WHOLE:
                flag_modified(user, column)


def _visible(scope: Scope) -> ColumnElement[bool]:
    """People of the caller's branches, guests there included, and the caller himself."""
    if scope.everything:
        return true()
    return or_(User.branches.overlap(sorted(scope.branches)), User.code == (scope.own or ""))
