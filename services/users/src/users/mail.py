"""Handing a mail over: to an SMTP server, or as a file into a folder."""

import asyncio
import ssl
from email.message import EmailMessage
from email.utils import localtime
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

import aiosmtplib

from users.errors import MailRefused
from users.features.digest import Deliver
from users.settings import UsersSettings

_ANSWER_SECONDS: Final = 8.0
_SEND_SECONDS: Final = 20.0
"""Shorter than a notice stays taken."""

_SERVER_REFUSES: Final = (
    aiosmtplib.SMTPAuthenticationError,
    aiosmtplib.SMTPConnectResponseError,
    aiosmtplib.SMTPHeloError,
    aiosmtplib.SMTPSenderRefused,
)
_MAIL_REFUSED: Final = (
    aiosmtplib.SMTPResponseException,
    aiosmtplib.SMTPRecipientsRefused,
    aiosmtplib.SMTPNotSupported,
    aiosmtplib.SMTPServerDisconnected,
    TimeoutError,
    UnicodeError,
)


def delivery_of(settings: UsersSettings) -> Deliver | None:
    """How mails leave; None when no way was set."""
    if settings.smtp_url is not None:
        return by_smtp(settings.smtp_url.get_secret_value(), settings.mail_from)
    if settings.mail_dir is not None:
        return into_folder(settings.mail_dir, settings.mail_from)
    return None


def by_smtp(url: str, sender: str, *, trusted: ssl.SSLContext | None = None) -> Deliver:
    """`smtps://` is TLS from the start; `smtp://` with a password must become TLS before it is said."""
    parts = urlsplit(url)
    username, password = (unquote(text) if text else None for text in (parts.username, parts.password))
    encrypted = parts.scheme == "smtps"
    if_offered = True if username else None

    async def deliver(mail: EmailMessage) -> None:
        """Raises MailRefused when it is this mail that is not taken; otherwise no mail would be now."""
        _signed(mail, sender)
        try:
            async with asyncio.timeout(_SEND_SECONDS):
                await aiosmtplib.send(
                    mail,
                    hostname=parts.hostname,
                    port=parts.port or (465 if encrypted else 587 if username else 25),
                    username=username,
                    password=password,
                    use_tls=encrypted,
                    start_tls=False if encrypted else if_offered,
                    tls_context=trusted,
                    timeout=_ANSWER_SECONDS,
                )
        except _SERVER_REFUSES as refusal:
            raise ConnectionError(f"the mail server answers {refusal.code}") from None
        except aiosmtplib.SMTPConnectError:
            raise
        except _MAIL_REFUSED:
            # What it says may name the recipient, and goes nowhere.
            raise MailRefused from None

    return deliver


def into_folder(folder: Path, sender: str) -> Deliver:
    """One file a mail, named after its id: the same mail again is the same file."""

    def write(mail: EmailMessage) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = str(mail["Message-ID"]).strip("<>").partition("@")[0]
        unfinished = folder / f".{name}"
        unfinished.write_bytes(mail.as_bytes())
        unfinished.rename(folder / f"{name}.eml")

    async def deliver(mail: EmailMessage) -> None:
        _signed(mail, sender)
        await asyncio.to_thread(write, mail)

    return deliver


def _signed(mail: EmailMessage, sender: str) -> None:
    del mail["From"], mail["Date"]
    mail["From"], mail["Date"] = sender, localtime()
