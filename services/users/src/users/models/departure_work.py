"""What users did for a departure's account step, to answer a repeated command and to undo it."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Mapped, mapped_column

from shared.contracts.commands import ArchiveAccount
from shared.contracts.facts import AccountArchived
from shared.contracts.ids import DepartureId, UserCode
from users.models.schema import Base
from users.models.user import User

_BEFORE_ANY: Final = -1


class DepartureWork(Base):
    """One row a departure: the newest epoch, its answer, and how the account was before it.

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
    def on(cls, command: ArchiveAccount) -> "DepartureWork":
        """Nothing done yet."""
        return cls(departure=command.departure, epoch=_BEFORE_ANY, user=UserCode(command.student))

    def is_past(self, command: ArchiveAccount) -> bool:
        return command.epoch < self.epoch

    def is_done(self, command: ArchiveAccount) -> bool:
        return command.epoch == self.epoch

    def archive(self, command: ArchiveAccount, user: User | None, at: datetime) -> bool:
        """Archive the user for this command and remember how he was. False when nothing had to change.

        A student users does not know has no login to end: that is an answer too (version 0), else his
        departure could never complete.
        """
        changed = user is not None and user.archive(at)
        self.epoch, self.at = command.epoch, at
        self.memory = {"known": user is not None, "was_archived": user is not None and not changed}
        self.result = {
            "version": user.version if user else 0,
            "session_version": user.session_version if user else 0,
            "at": ((user.archived_at if user else None) or at).isoformat(),
            "changed": changed,
        }
        return changed

    def answer(self) -> AccountArchived:
        """What was done, however often it is asked."""
        return AccountArchived(user=self.user, departure=self.departure, epoch=self.epoch, **self.result)
