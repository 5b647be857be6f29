from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Self
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from desktop_sync.models.base import Base
from shared.clock import now
from shared.contracts.copies import PeopleRepublished, SnapshotSent
from shared.contracts.ids import ProjectId, StudentCode, UserCode
from shared.database.base import word
from shared.ids import new_id

LONGEST_WAIT: Final = timedelta(seconds=60)


class RefreshKind(StrEnum):
    """Both do the same; the history of a project says which it was."""

    OPEN = "open"
    REFRESH = "refresh"


class RefreshState(StrEnum):
    ASKED = "asked"
    DONE = "done"
    FAILED = "failed"


class Refresh(Base):
    """A project's copy is being brought up to date: the portal and users were asked, and answer in pieces.

    asked ── all parts are here, and everybody whom users named, at that version ──> done
      ├──── portal or users cannot ──────────────────────────────────────────────> failed
      └──── nothing for a minute, and somebody asks again ───────────────────────> failed

    One of a project is under way; `version` rises with each change, for who looks on.
    """

    __tablename__ = "refresh"
    __table_args__ = (
        Index("uq_refresh_asked", "project_id", unique=True, postgresql_where=text("state = 'asked'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    project_id: Mapped[ProjectId] = mapped_column(ForeignKey("project.id"))
    kind: Mapped[RefreshKind] = mapped_column(word(RefreshKind))
    state: Mapped[RefreshState] = mapped_column(word(RefreshState))
    version: Mapped[int]
    requested_by: Mapped[UserCode]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    portal_at: Mapped[datetime | None]
    users_at: Mapped[datetime | None]
    parts_arrived: Mapped[int]
    parts_of: Mapped[int | None]
    people: Mapped[dict[str, Any]]
    """Whom users named, by code the version that must be here."""
    copy_taken_at: Mapped[datetime | None]
    error: Mapped[str | None]

    @classmethod
    def begun(cls, project: ProjectId, kind: RefreshKind, by: UserCode) -> Self:
        """Nothing has come yet."""
        return cls(
            id=new_id(),
            project_id=project,
            kind=kind,
            state=RefreshState.ASKED,
            version=1,
            requested_by=by,
            started_at=now(),
            parts_arrived=0,
            people={},
        )

    @property
    def is_late(self) -> bool:
        """Whether an answer is no longer to be waited for, if somebody wants one."""
        return now() - self.started_at > LONGEST_WAIT

    @property
    def has_arrived(self) -> bool:
        """All that was said about it is here; whether the people are is another question."""
        return self.users_at is not None and self.parts_arrived == self.parts_of

    @property
    def as_of(self) -> datetime:
        """The older of the two times. Raises ValueError while one of them is missing."""
        if self.portal_at is None or self.users_at is None:
            raise ValueError(self.id)
        return min(self.portal_at, self.users_at)

    def begins_with(self, part: SnapshotSent) -> bool:
        """Whether the part is of the one snapshot that counts, which is the first that came."""
        if self.portal_at is None:
            self.portal_at, self.parts_of = part.taken_at, part.parts
        return self.portal_at == part.taken_at

    def has_parts(self, arrived: int) -> None:
        self.version += self.parts_arrived != arrived
        self.parts_arrived = arrived

    def names(self, told: PeopleRepublished) -> None:
        """These people must be here; said a second time it is not heard."""
        if self.users_at is None:
            self.users_at = told.at
            self.people = {person.user: person.version for person in told.people}
            self.version += 1

    @property
    def codes(self) -> Iterable[StudentCode]:
        """Whom users named, by code."""
        return map(StudentCode, self.people)

    def has_all_of(self, known: Mapping[StudentCode, int]) -> bool:
        """Whether these are the versions that must be here, or newer ones."""
        return all(known.get(StudentCode(code), -1) >= version for code, version in self.people.items())

    def done(self, copy_taken_at: datetime) -> None:
        self.copy_taken_at = copy_taken_at
        self._end(RefreshState.DONE)

    def failed(self, error: str) -> None:
        self.error = error
        self._end(RefreshState.FAILED)

    def _end(self, state: RefreshState) -> None:
        self.state, self.ended_at, self.people = state, now(), {}
        self.version += 1


class SnapshotPart(Base):
    """A part of a snapshot that waits for the others; codes and ids, no names."""

    __tablename__ = "snapshot_part"

    refresh_id: Mapped[UUID] = mapped_column(ForeignKey("refresh.id"), primary_key=True)
    part: Mapped[int] = mapped_column(primary_key=True)
    body: Mapped[dict[str, Any]]
