"""What people are logged in with: sessions, refresh tokens, API tokens."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Text, delete, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from shared.contracts.ids import UserCode
from shared.database.among import among
from users.models import ApiToken, LoginSession, RefreshToken
from users.models.sessions import hash_of


class Alive(NamedTuple):
    """How many of each still work."""

    sessions: int
    refresh_tokens: int
    api_tokens: int


class Sessions:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    def add(self, *rows: LoginSession | RefreshToken) -> None:
        self._session.add_all(rows)

    async def flush(self) -> None:
        """Write what was added, in this order: a token refers to its session."""
        await self._session.flush()

    async def find_owner(self, token: str) -> UserCode | None:
        """Whose session this refresh token is of."""
        query = (
            select(LoginSession.user)
            .join(RefreshToken, RefreshToken.session == LoginSession.id)
            .where(RefreshToken.hash == hash_of(token))
        )
        return await self._session.scalar(query)

    async def lock_refresh_token(self, token: str) -> tuple[RefreshToken, LoginSession] | None:
        """The token with its session; a second one who comes with it waits here."""
        query = (
            select(RefreshToken, LoginSession)
            .join(LoginSession, LoginSession.id == RefreshToken.session)
            .where(RefreshToken.hash == hash_of(token))
            .with_for_update(of=RefreshToken)
        )
        row = (await self._session.execute(query)).one_or_none()
        return (row[0], row[1]) if row else None

    async def end(self, session: UUID) -> None:
        """End a session with all its refresh tokens."""
        await self._session.execute(delete(LoginSession).where(LoginSession.id == session))

    async def forget_expired(self, user: UserCode, at: datetime) -> None:
        await self._session.execute(
            delete(LoginSession).where(LoginSession.user == user, LoginSession.expires_at <= at)
        )

    async def end_all(self, codes: Collection[UserCode], *, api_tokens: bool) -> None:
        """End everything these people are logged in with; refresh tokens go with their session."""
        if not codes:
            return
        await self._session.execute(delete(LoginSession).where(among(LoginSession.user, codes)))
        if api_tokens:
            await self._session.execute(delete(ApiToken).where(among(ApiToken.user, codes)))

    async def count_alive(self, users: Collection[UserCode], at: datetime) -> dict[UserCode, Alive]:
        """What still works now of each of these people, in one query."""
        user = select(func.unnest(literal(list(users), ARRAY(Text))).label("code")).subquery().c.code
        alive = (LoginSession.user == user, LoginSession.expires_at > at)
        sessions = select(func.count()).select_from(LoginSession).where(*alive)
        refresh_tokens = (
            select(func.count())
            .select_from(RefreshToken)
            .join(LoginSession, LoginSession.id == RefreshToken.session)
            .where(*alive, RefreshToken.used_at.is_(None), RefreshToken.expires_at > at)
        )
        api_tokens = select(func.count()).select_from(ApiToken).where(ApiToken.user == user)
        counts = select(
            user,
            *(
                each.correlate(user.table).scalar_subquery()
                for each in (sessions, refresh_tokens, api_tokens)
            ),
        )
        return {code: Alive(*alive) for code, *alive in await self._session.execute(counts)}
