"""Guardians (ouders, verzorgers): who they are of, and how they go and come with their children."""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from shared.contracts.ids import DepartureId, UserCode
from users.models.schema import Base
from users.models.user import User


class Guardianship(Base):
    """A guardian and one of his children; both may have more."""

    __tablename__ = "guardianship"

    guardian: Mapped[UserCode] = mapped_column(ForeignKey("user.code"), primary_key=True)
    student: Mapped[UserCode] = mapped_column(ForeignKey("user.code"), primary_key=True, index=True)


@dataclass(frozen=True, slots=True)
class Family:
    """A guardian with all of his children."""

    guardian: User
    children: Sequence[User]

    def is_left_by(self, leaving: Container[UserCode] = ()) -> bool:
        """Whether an active guardian has no active child but those who are leaving."""
        return not self.guardian.is_archived and all(
            child.is_archived or child.code in leaving for child in self.children
        )

    def go_along(self, departure: DepartureId, at: datetime) -> bool:
        """The guardian whose last active child left goes with that departure. False when nothing changes."""
        return self.is_left_by() and self.guardian.archive(at, along_with=departure)

    def come_back(self, undone: DepartureId | None = None) -> bool:
        """The guardian whom a departure took along comes back when it is undone, or any child is back.

        False when nothing changes: who was archived on his own stays so.
        """
        taken_by = self.guardian.archived_with
        if taken_by is None or (taken_by != undone and all(child.is_archived for child in self.children)):
            return False
        return self.guardian.restore()

    def follow(self) -> None:
        """The guardian is where his children are: their offices are his."""
        self.guardian.branches = sorted({branch for child in self.children for branch in child.branches})
