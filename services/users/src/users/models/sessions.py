"""What a person is logged in with. Tokens are stored hashed; only their bearer has them.

A refresh token works once and is followed by another of the same session. One that comes a second time was
stolen, or was stolen from: the session ends, with every token of it.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from shared.contracts.ids import UserCode
from shared.ids import new_id
from users.models.schema import Base

SESSION_LIFETIME: Final = timedelta(hours=12)


def hash_of(token: str) -> bytes:
    """Tokens are random and long: a plain hash suffices."""
    return hashlib.sha256(token.encode()).digest()


class LoginSession(Base):
    """One login on one device; it ends a working day after the login, whatever is refreshed."""

    __tablename__ = "session"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user: Mapped[UserCode] = mapped_column(ForeignKey("user.code"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]

    @classmethod
    def begin(cls, user: UserCode, at: datetime) -> "LoginSession":
        return cls(id=new_id(), user=user, created_at=at, expires_at=at + SESSION_LIFETIME)

    def issue(self, at: datetime) -> tuple[str, "RefreshToken"]:
        """A new refresh token: the text for its bearer, and what we keep of it."""
        text = secrets.token_urlsafe(32)
        kept = RefreshToken(hash=hash_of(text), session=self.id, created_at=at, expires_at=self.expires_at)
        return text, kept


class RefreshToken(Base):
    """`used_at` stays: only so is it known when it comes again."""

    __tablename__ = "refresh_token"

    hash: Mapped[bytes] = mapped_column(primary_key=True)
    session: Mapped[UUID] = mapped_column(ForeignKey("session.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    @property
    def is_used(self) -> bool:
        return self.used_at is not None

    def is_expired(self, at: datetime) -> bool:
        return self.expires_at <= at


class ApiToken(Base):
    """A named token of an integration."""

    __tablename__ = "api_token"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user: Mapped[UserCode] = mapped_column(ForeignKey("user.code"), index=True)
    name: Mapped[str]
    hash: Mapped[bytes] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
