"""The digest: what a colleague is to be told, in one mail.

A mail is written and handed over in the transaction that notes it as sent: it is sent once, as far as that is
possible (when we die between the two it goes again, under the same id). Who cannot be reached is tried again
later, and holds up nobody.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from uuid import NAMESPACE_URL, uuid5

from shared.contracts.ids import UserCode
from shared.runtime.access import Scope
from users.errors import MailRefused
from users.features.digest_text import Language, Leaver, written
from users.models import Notice, User
from users.models.notice import Outcome
from users.unit_of_work import UsersUnitOfWork

Deliver = Callable[[EmailMessage], Awaitable[None]]


async def send_next_digest(
    uow: UsersUnitOfWork, deliver: Deliver, language: Language, *, created_before: datetime, at: datetime
) -> Outcome | None:
    """Tell one colleague what he is to be told; None when there is nobody left to tell now.

    Raises what `deliver` raises, but for MailRefused.
    """
    notices = await uow.notices.lock_next(created_before, at)
    if not notices:
        return None
    students = {UserCode(notice.student) for notice in notices}
    people = await uow.users.among({notices[0].recipient, *students}, Scope(everything=True))
    mail = _mail(people.get(notices[0].recipient), notices, people, language)
    outcome = Outcome.NO_ADDRESS if mail is None else await _hand_over(mail, deliver)
    for notice in notices:
        notice.note(outcome, at)
    if outcome is Outcome.SENT:
        uow.record("digest.send", "user", [notices[0].recipient])
    return outcome


async def _hand_over(mail: EmailMessage, deliver: Deliver) -> Outcome:
    try:
        await deliver(mail)
    except MailRefused:
        return Outcome.POSTPONED
    return Outcome.SENT


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
