"""What users did for a departure's account step, to answer a repeated command and to undo it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Mapped, mapped_column

from shared.contracts.commands import ArchiveAccount, RestoreAccount
from shared.contracts.facts import AccountArchived, AccountRestored
from shared.contracts.ids import DepartureId, UserCode
from users.models.schema import Base
from users.models.user import User

_BEFORE_ANY: Final = -1


class DepartureWork(Base):
    """One row a departure: the newest epoch, its answer, and what it did to the account.

    (nothing) ── archive at n ──▶ done ── restore at a later epoch ──▶ undone
        └─────── restore at n, before its archive arrived ───────────▶ undone

    The epoch rises with each undo. The same epoch again is answered again; an older one is past.
    """

    __tablename__ = "departure_work"

    departure: Mapped[DepartureId] = mapped_column(primary_key=True)
    epoch: Mapped[int]
    user: Mapped[UserCode]
    at: Mapped[datetime]
    memory: Mapped[dict[str, Any]]
    result: Mapped[dict[str, Any]]

    @classmethod
    def on(cls, command: ArchiveAccount | RestoreAccount) -> "DepartureWork":
        """Nothing done yet."""
        return cls(
            departure=command.departure,
            epoch=_BEFORE_ANY,
            user=UserCode(command.student),
            memory={"archived_at": None, "undone": False},
        )

    def is_past(self, command: ArchiveAccount | RestoreAccount) -> bool:
        """An older epoch; of one epoch the undo is the later."""
        if command.epoch == self.epoch:
            return self.is_undone and isinstance(command, ArchiveAccount)
        return command.epoch < self.epoch

    def is_done(self, command: ArchiveAccount | RestoreAccount) -> bool:
        return command.epoch == self.epoch and self.is_undone == isinstance(command, RestoreAccount)

    @property
    def is_undone(self) -> bool:
        return bool(self.memory["undone"])

    def archive(self, command: ArchiveAccount, user: User | None, at: datetime) -> bool:
        """Archive the user for this command and remember it. False when nothing had to change.

        A student users does not know has no login to end: that is an answer too (version 0), else his
        departure could never complete.
        """
        changed = user is not None and user.archive(at)
        archived_at = at.isoformat() if changed else self.memory["archived_at"]
        self.memory = {"archived_at": archived_at, "undone": False}
        self._done(command, user, at, (user.archived_at if user else None) or at, changed=changed)
        return changed

    def took_along(self, guardians: Sequence[UserCode]) -> None:
        """These guardians were archived with him; the answer names them."""
        self.result = {**self.result, "guardians": list(guardians)}

    def restore(self, command: RestoreAccount, user: User | None, at: datetime) -> bool:
        """Let the user log in again if he is archived by this departure. False when nothing had to change.

        Who was archived before it, or by somebody else after it, stays so: that was another decision.
        """
        changed = user is not None and self._archived(user) and user.restore()
        self.memory = {"archived_at": None, "undone": True}
        self._done(command, user, at, at, changed=changed)
        return changed

    def answer(self) -> AccountArchived | AccountRestored:
        """What was done, however often it is asked."""
        fact = AccountRestored if self.is_undone else AccountArchived
        return fact(user=self.user, departure=self.departure, epoch=self.epoch, **self.result)

    def _archived(self, user: User) -> bool:
        return user.archived_at is not None and user.archived_at.isoformat() == self.memory["archived_at"]

    def _done(
        self,
        command: ArchiveAccount | RestoreAccount,
        user: User | None,
        at: datetime,
        said_at: datetime,
        *,
        changed: bool,
    ) -> None:
        self.epoch, self.at = command.epoch, at
        self.result = {
            "version": user.version if user else 0,
            "session_version": user.session_version if user else 0,
            "at": said_at.isoformat(),
            "changed": changed,
            "by": command.requested_by,
        }
