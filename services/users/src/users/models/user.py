"""A person with an account: the person across the school years.

    registered ──archive──▶ archived ──restore──▶ active again
                                        (tokens of before stay dead: session_version only rises)

`version` rises with each change of the person or the account and orders what users says about him.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any, Final, Unpack

from sqlalchemy import BigInteger, Index, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from shared.contracts.ids import BranchId, DepartureId, SchoolId, UserCode
from shared.contracts.values import UserKind
from shared.person_names import search_key, sort_key
from users.models.personal_details import NAME_FIELDS, PersonalDetails
from users.models.schema import Base

FREE_ATTEMPTS: Final = 4
LONGEST_LOCK: Final = timedelta(minutes=15)
_NAMELESS: Final = {
    UserKind.STUDENT: "Leerling",
    UserKind.STAFF: "Medewerker",
    UserKind.GUARDIAN: "Ouder",
}


class User(Base):
    """Made by `User.register`; `school_id` and `branch_id` are the portal's last word on where he is.

    `branches` are `branch_id` and those where he is a guest: who may see him there may see him here. Of a
    guardian they are those of his children, and `archived_with` is the departure that took him along.
    """

    __tablename__ = "user"
    __table_args__ = (
        Index("ix_user_list", "sort_key", "code"),
        Index("ix_user_branches", "branches", postgresql_using="gin"),
    )

    code: Mapped[UserCode] = mapped_column(primary_key=True)
    kind: Mapped[UserKind]
    username: Mapped[str] = mapped_column(unique=True)
    version: Mapped[int]
    session_version: Mapped[int]
    archived_at: Mapped[datetime | None]
    archived_with: Mapped[DepartureId | None]
    school_id: Mapped[SchoolId | None]
    branch_id: Mapped[BranchId | None]
    branches: Mapped[list[BranchId]] = mapped_column(ARRAY(BigInteger))
    password_hash: Mapped[str | None]
    failed_count: Mapped[int]
    locked_until: Mapped[datetime | None]
    given_name: Mapped[str]
    prefix: Mapped[str]
    family_name: Mapped[str]
    sort_key: Mapped[str] = mapped_column(Text(collation="C"))
    search_key: Mapped[str]
    birth_date: Mapped[date | None]
    email: Mapped[str | None]
    street: Mapped[str | None]
    house_number: Mapped[str | None]
    postal_code: Mapped[str | None]
    city: Mapped[str | None]
    country: Mapped[str | None]
    created_at: Mapped[datetime]

    @classmethod
    def register(
        cls,
        code: UserCode,
        kind: UserKind,
        at: datetime,
        *,
        username: str | None = None,
        **details: Unpack[PersonalDetails],
    ) -> "User":
        """A new account, which has no password yet. Without any name he is called after his code."""
        if not any(details.get(name) for name in NAME_FIELDS):
            details |= {"given_name": _NAMELESS[kind], "family_name": code}
        user = cls(
            code=code, kind=kind, username=as_username(username or code), version=1, session_version=1,
            failed_count=0, branches=[], given_name="", prefix="", family_name="", created_at=at,
        )  # fmt: skip
        user._put(details)
        return user

    @property
    def is_student(self) -> bool:
        return self.kind is UserKind.STUDENT

    @property
    def is_staff(self) -> bool:
        return self.kind is UserKind.STAFF

    @property
    def is_archived(self) -> bool:
        return self.archived_at is not None

    def archive(self, at: datetime, *, along_with: DepartureId | None = None) -> bool:
        """End the account: no login, and every token of before is dead. False when it was archived before."""
        if self.is_archived:
            return False
        self.archived_at, self.archived_with = at, along_with
        self.version += 1
        self.session_version += 1
        return True

    def restore(self) -> bool:
        """Let him log in again; what he was logged in with stays dead. False when he was not archived."""
        if not self.is_archived:
            return False
        self.archived_at = self.archived_with = None
        self.version += 1
        return True

    def correct(self, **details: Unpack[PersonalDetails]) -> list[str]:
        """Take over what is given; returns the fields that differed. No difference, no new version."""
        changed = [field for field, value in details.items() if getattr(self, field) != value]
        if changed:
            self._put(details)
            self.version += 1
        return changed

    def rename(self, username: str) -> bool:
        """The name he logs in with. False when it is his already."""
        wanted = as_username(username)
        if wanted == self.username:
            return False
        self.username = wanted
        self.version += 1
        return True

    def assigned(self) -> None:
        """His roles changed; tokens tell it from the next refresh on."""
        self.version += 1

    def place(
        self, school: SchoolId | None, branch: BranchId | None, guest_in: Iterable[BranchId] = ()
    ) -> None:
        """Where the portal says he is; not part of the person, so no new version."""
        self.school_id, self.branch_id = school, branch
        self.branches = sorted({*guest_in} | ({branch} if branch is not None else set()))

    def set_password(self, password_hash: str) -> None:
        """A new password ends every session of the old one."""
        self.password_hash = password_hash
        self.version += 1
        self.session_version += 1
        self.failed_count, self.locked_until = 0, None

    def may_log_in(self, at: datetime) -> bool:
        """Whether a right password is enough now."""
        return not self.is_archived and (self.locked_until is None or self.locked_until <= at)

    def login_failed(self, at: datetime) -> None:
        """After a few free attempts the wait doubles, from a second up to a quarter of an hour."""
        self.failed_count += 1
        if self.failed_count > FREE_ATTEMPTS:
            doublings = min(self.failed_count - FREE_ATTEMPTS - 1, 10)
            self.locked_until = at + min(timedelta(seconds=2**doublings), LONGEST_LOCK)

    def login_succeeded(self) -> None:
        """Earlier failures are forgotten."""
        self.failed_count, self.locked_until = 0, None

    def _put(self, details: PersonalDetails) -> None:
        values: dict[str, Any] = dict(details)
        for field, value in values.items():
            setattr(self, field, value)
        names = self.given_name, self.prefix, self.family_name
        self.sort_key, self.search_key = sort_key(*names), search_key(*names, self.code)


def as_username(text: str) -> str:
    """User names differ by more than case."""
    return text.strip().casefold()


WHOLE: Final = tuple(column.key for column in User.__table__.columns if not column.primary_key)
"""Every column but the code."""
