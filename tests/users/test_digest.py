"""Who is told that a student left, and how the mail goes: once, and to nobody else."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from aiosmtplib import SMTPException
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import ValidationError

from shared.clock import AMSTERDAM, latest, now
from shared.contracts.facts import DepartureCompleted, DepartureUndone, FreedGroup
from shared.contracts.ids import DepartureId, GroupId, StudentCode, UserCode
from shared.contracts.rights import Role
from shared.contracts.values import DepartureReason
from shared.ids import new_id
from tests.support.counting import counted_statements
from tests.support.eventually import eventually
from tests.users.conftest import BRANCH, OTHER_BRANCH, SCHOOL, Service, colleague, student
from users.errors import MailRefused
from users.features.departure_notices import notice_departures, take_back_notices
from users.features.digest import Deliver
from users.features.digest_text import Language
from users.loops import loops_of, send_next
from users.mail import by_smtp, delivery_of, into_folder
from users.models import HeldRole, Notice
from users.models.notice import MOST_ATTEMPTS, TAKEN_FOR, Outcome
from users.settings import UsersSettings

NOTICES = "SELECT recipient, student, groups, outcome FROM notice ORDER BY student, recipient"
PERSONAL: dict[str, Any] = {
    "street": "Dorpsstraat",
    "birth_date": date(2010, 2, 3),
    "email": "noor@example.org",
}


def group(code: str, *staff: str, home: bool = False) -> FreedGroup:
    return FreedGroup(group=GroupId(1), code=code, is_home_class=home, staff=[*map(UserCode, staff)])


def completed(code: str, *freed: FreedGroup, departure=None, **more: Any) -> DepartureCompleted:
    told: dict[str, Any] = {"branch": BRANCH, "leaves_on": date(2026, 11, 23)}
    return DepartureCompleted(
        departure=DepartureId(departure or new_id()), student=StudentCode(code), school=SCHOOL, at=now(),
        freed=list(freed), **(told | more),
    )  # fmt: skip


def undone(fact: DepartureCompleted) -> DepartureUndone:
    return DepartureUndone(departure=fact.departure, student=fact.student, school=fact.school, at=now())


async def hear(service: Service, *facts: DepartureCompleted | DepartureUndone) -> None:
    """As two batches: what is completed, then what is undone."""
    ends = [fact for fact in facts if isinstance(fact, DepartureCompleted)]
    backs = [fact for fact in facts if isinstance(fact, DepartureUndone)]
    async with service.work() as uow:
        if ends:
            await notice_departures(uow, ends)
        if backs:
            await take_back_notices(uow, backs)
        await uow.commit()


async def send(
    service: Service, deliver: Deliver, at: datetime | None = None, language: Language = "nl"
) -> list[Outcome]:
    """All digests that are due."""
    outcomes: list[Outcome] = []
    while True:
        outcome = await send_next(service.work, deliver, language, created_before=at or now(), at=at or now())
        if outcome is None:
            return outcomes
        outcomes.append(outcome)


@dataclass
class Box:
    """What was delivered; it refuses whom it is told to."""

    mails: list[EmailMessage] = field(default_factory=list)
    refuses: set[str] = field(default_factory=set)

    async def __call__(self, mail: EmailMessage) -> None:
        if mail["To"] in self.refuses:
            raise MailRefused
        self.mails.append(mail)

    @property
    def told(self) -> dict[str, str]:
        return {str(mail["To"]): mail.get_content() for mail in self.mails}


@pytest.fixture
async def school(service: Service) -> Service:
    """A mentor, a teacher, timetablers of this branch, of another and of all; two students."""
    await service.add(
        *(colleague(code, email=f"{code}@school.example") for code in ("men", "tea", "here", "other", "all")),
        student("1", given_name="Noor", prefix="van", family_name="Dijk", city="Ons Dorp", **PERSONAL),
        student("2", given_name="Ömer", family_name="Şahin"),
        roles={
            "here": HeldRole(Role.TIMETABLER, BRANCH),
            "other": HeldRole(Role.TIMETABLER, OTHER_BRANCH),
            "all": HeldRole(Role.TIMETABLER),
        },
    )
    return service


async def test_the_staff_of_the_freed_groups_and_the_timetablers_of_the_branch_are_told(school):
    freed = group("H4a", "men", home=True), group("biol1", "tea", "men", "nobody")
    await hear(school, completed("1", *freed), completed("2", branch=OTHER_BRANCH))
    assert [tuple(row) for row in await school.rows(NOTICES)] == [
        ("all", "1", [], None),
        ("here", "1", [], None),
        ("men", "1", ["H4a", "biol1"], None),
        ("tea", "1", ["biol1"], None),
        ("all", "2", [], None),
        ("other", "2", [], None),
    ]
    box = Box()
    assert await send(school, box) == [Outcome.SENT] * 5
    assert set(box.told) == {f"{code}@school.example" for code in ("men", "tea", "here", "other", "all")}
    assert await send(school, box) == []
    audited = await school.rows("SELECT object_id FROM audit WHERE action = 'digest.send' ORDER BY 1")
    assert [code for (code,) in audited] == ["all", "here", "men", "other", "tea"]


async def test_what_a_digest_says_in_dutch(school):
    await hear(
        school,
        completed("1", group("H4a", "men", home=True), group("biol1", "tea")),
        completed("2", group("H4b", home=True), group("biol1", "tea"), reason=DepartureReason.GRADUATED),
    )
    box = Box()
    await send(school, box)
    [mail] = [mail for mail in box.mails if mail["To"] == "tea@school.example"]
    assert mail["Subject"] == "2 leerlingen zijn van school gegaan"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert (
        mail.get_content()
        == """Beste tea,

Van school gegaan:

Noor van Dijk (1)
  stamklas: H4a
  laatste dag: 23-11-2026
  reden: van school gegaan
  plaats vrij in: biol1

Ömer Şahin (2)
  stamklas: H4b
  laatste dag: 23-11-2026
  reden: geslaagd
  plaats vrij in: biol1

Dit bericht is door Doorstroom gestuurd. Antwoorden komen nergens aan.
"""
    )
    everything = b"".join(mail.as_bytes() for mail in box.mails).decode() + "".join(box.told.values())
    for personal in ("Dorp", "2010", "03-02", "noor@"):
        assert personal not in everything


async def test_or_in_english_without_names_in_the_subject(school):
    await hear(school, completed("1", group("H4a", "men", home=True), reason=DepartureReason.NEVER_CAME))
    box = Box()
    await send(school, box, language="en")
    [mail] = [mail for mail in box.mails if mail["To"] == "men@school.example"]
    assert mail["Subject"] == "A student has left"
    assert (
        "Noor van Dijk (1)\n  home class: H4a\n  last day: 2026-11-23\n  reason: never came"
        in mail.get_content()
    )


async def test_who_was_archived_or_has_no_address_is_told_nothing(school):
    await school.add(colleague("mute"), colleague("odd", email="a,b@c.example"), colleague("gone"))
    await school.client.post("/users/gone/archive")
    await hear(school, completed("1", group("H4a", "mute", "odd", "gone", "men", home=True), branch=None))
    assert "gone" not in [row.recipient for row in await school.rows(NOTICES)]
    await school.client.post("/users/men/archive")
    box = Box()
    assert sorted(await send(school, box)) == [Outcome.NO_ADDRESS] * 3 + [Outcome.SENT]
    assert set(box.told) == {"all@school.example"}
    assert await send(school, box) == []


@pytest.mark.parametrize("first", ["completed", "undone"])
async def test_a_departure_that_is_undone_in_time_is_told_to_nobody(school, first):
    fact = completed("1", group("H4a", "men", home=True))
    for one in (fact, undone(fact)) if first == "completed" else (undone(fact), fact):
        await hear(school, one)
    assert await school.rows(NOTICES) == []
    await hear(school, fact)
    box = Box()
    assert await send(school, box) == []


async def test_what_was_told_stays_told(school):
    fact = completed("1", group("H4a", "men", home=True))
    await hear(school, fact)
    await send(school, Box())
    await hear(school, undone(fact))
    assert {row.outcome for row in await school.rows(NOTICES)} == {Outcome.SENT}


async def test_heard_twice_it_is_told_once(school):
    fact = completed("1", group("H4a", "men", home=True))
    await hear(school, fact)
    await hear(school, fact, fact)
    assert len(await school.rows(NOTICES)) == 3


async def test_who_cannot_be_reached_holds_up_nobody_and_is_tried_again_later(school):
    await hear(school, completed("1", group("H4a", "men", "tea", home=True)))
    box, at = Box(refuses={"all@school.example"}), now()
    assert sorted(await send(school, box)) == [Outcome.POSTPONED, *[Outcome.SENT] * 3]
    assert await send(school, box) == []
    assert await send(school, box, at + timedelta(minutes=2)) == [Outcome.POSTPONED]
    assert await send(school, box, at + timedelta(minutes=3)) == []
    box.refuses.clear()
    assert await send(school, box, at + timedelta(minutes=5)) == [Outcome.SENT]
    assert len(box.mails) == 4


def test_after_some_days_it_is_given_up():
    notice, at = Notice(attempts=0, ended_at=None), now()
    began = at
    while notice.ended_at is None:
        notice.note(Outcome.POSTPONED, at)
        at = notice.try_at
    assert notice.outcome is Outcome.GIVEN_UP
    assert notice.attempts == MOST_ATTEMPTS
    assert timedelta(days=2) < at - began < timedelta(days=5)


async def test_two_replicas_send_one_mail_each(school):
    await hear(school, *(completed(str(number % 2 + 1), group("H4a", "men", "tea")) for number in range(6)))
    box = Box()

    async def slowly(mail: EmailMessage) -> None:
        await asyncio.sleep(0)
        await box(mail)

    await asyncio.gather(*(send(school, slowly) for _ in range(4)))
    await send(school, slowly)
    assert sorted(str(mail["To"]) for mail in box.mails) == sorted(box.told)
    assert len(box.told) == 4


async def test_a_mail_goes_again_under_the_same_id_when_we_die_before_it_is_noted(school):
    await hear(school, completed("1", group("H4a", "men", home=True), branch=None))
    box, at = Box(), now()

    async def and_die(mail: EmailMessage) -> None:
        await box(mail)
        raise ConnectionError("died")

    for _ in range(2):
        with pytest.raises(ConnectionError, match="died"):
            await send(school, and_die)
    assert await send(school, box) == []
    assert await send(school, box, at + TAKEN_FOR * 2) == [Outcome.SENT] * 2
    ids = [str(mail["Message-ID"]) for mail in box.mails]
    assert len(ids) == 4
    assert sorted(ids[:2]) == sorted(ids[2:])


async def test_nothing_waits_while_a_mail_server_takes_its_time(school):
    fact = completed("1", group("H4a", "men", home=True))
    await hear(school, fact)

    async def slowly(_: EmailMessage) -> None:
        async with asyncio.timeout(10):
            await hear(school, undone(fact))

    assert await send(school, slowly) == [Outcome.SENT]
    assert await school.rows(NOTICES) == []


async def test_a_batch_takes_the_same_statements_however_large(school):
    counts = []
    for many in (1, 40):
        facts = [completed("1", group("H4a", "men", home=True)) for _ in range(many)]
        for batch in (facts, [*map(undone, facts)]):
            with counted_statements(school.engine) as statements:
                await hear(school, *batch)
            counts.append(len(statements))
    assert counts[:2] == counts[2:]


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-11-23T16:00", "2026-11-23T16:00"),
        ("2026-11-23T15:59", "2026-11-22T16:00"),
        ("2026-03-29T12:00", "2026-03-28T16:00"),
        ("2026-10-25T23:00", "2026-10-25T16:00"),
    ],
)
def test_the_digest_goes_at_a_time_of_the_day_in_amsterdam(moment, expected):
    def here(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=AMSTERDAM)

    assert latest(time(16), here(moment)) == here(expected)


async def test_what_is_noticed_after_that_time_waits_for_the_next_day(school):
    await hear(school, completed("1"))
    before = now() - timedelta(minutes=1)
    assert await send_next(school.work, Box(), "nl", created_before=before, at=now()) is None


async def test_each_mail_is_a_file(school, tmp_path):
    await hear(school, completed("1", group("H4a", "men", home=True)))
    await send(school, into_folder(tmp_path / "mail", "office@school.example"))
    files = [message_from_bytes(path.read_bytes(), policy=default) for path in (tmp_path / "mail").iterdir()]
    assert {str(mail["To"]) for mail in files} == {
        f"{code}@school.example" for code in ("men", "here", "all")
    }
    assert {str(mail["From"]) for mail in files} == {"office@school.example"}


async def test_the_loop_sends_and_logs_no_names(school, tmp_path, caplog):
    settings = school.house.settings(
        UsersSettings,
        "users",
        signing_key_file=school.house.signing_key_file,
        digest_seconds=0.1,
        mail_dir=tmp_path,
    )
    await hear(school, completed("1", group("H4a", "men", home=True)))
    caplog.set_level("INFO")
    [loop] = loops_of(settings)
    running = asyncio.ensure_future(loop(school.app.state.road))
    await eventually(lambda: _files(tmp_path, 3), what="three mails")
    running.cancel()
    assert "Noor" not in caplog.text
    assert "@" not in caplog.text


async def _files(folder: Path, count: int) -> bool:
    return len(list(folder.glob("*.eml"))) == count  # noqa: ASYNC240 - a test


def test_without_a_way_out_none_is_sent_and_it_is_said_once(migrated, caplog):
    settings = migrated.settings(UsersSettings, "users", signing_key_file=migrated.signing_key_file)
    assert delivery_of(settings) is None
    assert loops_of(settings) == []
    assert caplog.text.count("no mail is sent") == 1


@pytest.mark.parametrize("url", ["http://host", "smtp://", "host:25", "smtp://me:pass/word@host"])
def test_an_address_that_is_no_mail_servers_is_refused(migrated, url):
    with pytest.raises(ValidationError):
        migrated.settings(UsersSettings, "users", signing_key_file=migrated.signing_key_file, smtp_url=url)


# A real server.


@dataclass
class Postbox:
    """What a mail server took."""

    taken: list[tuple[str, bytes]] = field(default_factory=list)
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address.startswith("refused"):
            return "550 no such person"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        self.taken.append((envelope.rcpt_tos[0], envelope.content))
        return "250 taken"

    def check(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _kind: str, data: Any
    ) -> AuthResult:
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == b"p@ss", handled=False)


@asynccontextmanager
async def mail_server(
    box: Postbox, *, encrypted: ssl.SSLContext | None = None, **more: Any
) -> AsyncIterator[int]:
    """Its port."""
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(box, hostname="localhost", **more), "127.0.0.1", 0, ssl=encrypted
    )
    async with server:
        yield server.sockets[0].getsockname()[1]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> Path:
    """Its key and itself, for localhost, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now() - timedelta(days=1))
        .not_valid_after(now() + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file: Path = tmp_path_factory.mktemp("mail") / "both.pem"
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return file


def server_side(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def mail_to(address: str) -> EmailMessage:
    mail = EmailMessage()
    mail["To"], mail["Subject"] = address, "Ömer"
    mail.set_content("Şahin\n")
    return mail


async def test_a_mail_server_takes_it(school):
    await hear(school, completed("2", group("H4a", "men", home=True)))
    box = Postbox()
    async with mail_server(box) as port:
        told = await send(school, by_smtp(f"smtp://127.0.0.1:{port}", "office@school.example"))
    assert told == [Outcome.SENT] * 3
    taken = {to: message_from_bytes(content, policy=default) for to, content in box.taken}
    assert set(taken) == {f"{code}@school.example" for code in ("men", "here", "all")}
    assert "Ömer Şahin (2)" in taken["men@school.example"].get_content()


async def test_whom_the_server_refuses_is_told_apart_from_a_server_that_is_away():
    box = Postbox()
    async with mail_server(box) as port:
        deliver = by_smtp(f"smtp://127.0.0.1:{port}", "office@school.example")
        with pytest.raises(MailRefused):
            await deliver(mail_to("refused@school.example"))
        await deliver(mail_to("men@school.example"))
    assert [to for to, _ in box.taken] == ["men@school.example"]
    with pytest.raises(ConnectionError):
        await deliver(mail_to("men@school.example"))


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
async def test_a_password_goes_over_tls(certificate, scheme):
    trusted, server = ssl.create_default_context(cafile=certificate), server_side(certificate)
    tls = {"tls_context": server} if scheme == "smtp" else {"encrypted": server, "auth_require_tls": False}
    box = Postbox()
    async with mail_server(box, authenticator=box.check, **tls) as port:
        good, bad = (
            by_smtp(f"{scheme}://office:{password}@localhost:{port}", "o@school.example", trusted=trusted)
            for password in ("p%40ss", "wrong")
        )
        await good(mail_to("men@school.example"))
        with pytest.raises(ConnectionError, match="535"):
            await bad(mail_to("men@school.example"))
    assert len(box.taken) == 1
    assert box.logins[0] == (b"office", b"p@ss")


async def test_a_password_is_not_said_in_the_clear():
    box = Postbox()
    async with mail_server(box, authenticator=box.check, auth_require_tls=False) as port:
        deliver = by_smtp(f"smtp://office:p%40ss@127.0.0.1:{port}", "o@school.example")
        with pytest.raises(SMTPException, match="STARTTLS"):
            await deliver(mail_to("men@school.example"))
    assert (box.logins, box.taken) == ([], [])
