"""The digest: what a colleague is to be told, in one mail.

Taken, handed over, noted: the first and the last are transactions, and between them nothing is held, however
long a mail server takes. What is taken nobody else takes for a while; when we die with it, it goes again
after that, under the same id. Who cannot be reached is tried again later, and holds up nobody.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from uuid import NAMESPACE_URL, uuid5

from shared.contracts.ids import DepartureId, UserCode
from shared.runtime.access import Scope
from users.errors import MailRefused
from users.features.digest_text import Language, Leaver, written
from users.models import Notice, User
from users.models.notice import Outcome
from users.unit_of_work import UsersUnitOfWork

Deliver = Callable[[EmailMessage], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Digest:
    """What one colleague is told of these departures; no mail for who cannot be written to."""

    recipient: UserCode
    departures: Sequence[DepartureId]
    mail: EmailMessage | None


async def take_next_digest(
    uow: UsersUnitOfWork, language: Language, *, created_before: datetime, at: datetime
) -> Digest | None:
    """All that one colleague is to be told; None when there is nobody left to tell now."""
    notices = await uow.notices.lock_next(created_before, at)
    if not notices:
        return None
    students = {UserCode(notice.student) for notice in notices}
    recipient = notices[0].recipient
    people = await uow.users.among({recipient, *students}, Scope(everything=True))
    for notice in notices:
        notice.take(at)
    mail = _mail(people.get(recipient), notices, people, language)
    return Digest(recipient, [notice.departure for notice in notices], mail)


async def hand_over(digest: Digest, deliver: Deliver) -> Outcome:
    """Raises what `deliver` raises, but for MailRefused."""
    if digest.mail is None:
        return Outcome.NO_ADDRESS
    try:
        await deliver(digest.mail)
    except MailRefused:
        return Outcome.POSTPONED
    return Outcome.SENT


async def note_digest(uow: UsersUnitOfWork, digest: Digest, outcome: Outcome, at: datetime) -> None:
    """What became of it; a departure that was undone meanwhile has no notice any more."""
    for notice in await uow.notices.lock(digest.recipient, digest.departures):
        notice.note(outcome, at)
    if outcome is Outcome.SENT:
        uow.record("digest.send", "user", [digest.recipient])


def _mail(
    recipient: User | None, notices: Sequence[Notice], people: Mapping[UserCode, User], language: Language
) -> EmailMessage | None:
    """None for who was archived since, or has no address that a mail can go to."""
    if recipient is None or recipient.is_archived or not recipient.email:
        return None
    mail = EmailMessage()
    try:
        mail["To"] = Address(addr_spec=recipient.email)
    except (HeaderParseError, ValueError, IndexError):
        return None
    leavers = [Leaver.of(notice, people.get(UserCode(notice.student))) for notice in notices]
    mail["Subject"], text = written(recipient, leavers, language)
    told = "/".join([recipient.code, *(str(notice.departure) for notice in notices)])
    mail["Message-ID"] = f"<{uuid5(NAMESPACE_URL, told)}@doorstroom>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(text)
    return mail
