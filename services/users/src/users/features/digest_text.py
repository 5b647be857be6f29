"""The words of a digest: a student's name and code, never his address, birth date or e-mail address."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, Self

from shared.contracts.values import DepartureReason
from users.models import Notice, User

Language = Literal["nl", "en"]


@dataclass(frozen=True, slots=True)
class Leaver:
    """A student as a digest tells of him; `groups` are the recipient's own that have a free seat."""

    name: str
    code: str
    home_class: str | None
    leaves_on: date | None
    reason: DepartureReason
    groups: Sequence[str]

    @classmethod
    def of(cls, notice: Notice, student: User | None) -> Self:
        return cls(
            name_of(student) if student else notice.student,
            notice.student,
            notice.home_class,
            notice.leaves_on,
            notice.reason,
            notice.groups,
        )


@dataclass(frozen=True, slots=True)
class _Words:
    one: str
    many: str
    dear: str
    left: str
    home_class: str
    last_day: str
    day: str
    reason: str
    reasons: dict[DepartureReason, str]
    groups: str
    end: str


_WORDS: dict[Language, _Words] = {
    "nl": _Words(
        one="Een leerling is van school gegaan",
        many="{} leerlingen zijn van school gegaan",
        dear="Beste {},",
        left="Van school gegaan:",
        home_class="stamklas",
        last_day="laatste dag",
        day="%d-%m-%Y",
        reason="reden",
        reasons={
            DepartureReason.LEFT: "van school gegaan",
            DepartureReason.GRADUATED: "geslaagd",
            DepartureReason.NEVER_CAME: "nooit gekomen",
        },
        groups="plaats vrij in",
        end="Dit bericht is door Doorstroom gestuurd. Antwoorden komen nergens aan.",
    ),
    "en": _Words(
        one="A student has left",
        many="{} students have left",
        dear="Dear {},",
        left="Have left:",
        home_class="home class",
        last_day="last day",
        day="%Y-%m-%d",
        reason="reason",
        reasons={
            DepartureReason.LEFT: "left",
            DepartureReason.GRADUATED: "graduated",
            DepartureReason.NEVER_CAME: "never came",
        },
        groups="free seat in",
        end="Sent by Doorstroom. Nobody reads answers.",
    ),
}


def written(recipient: User, leavers: Sequence[Leaver], language: Language) -> tuple[str, str]:
    """Subject and text. The subject has no names: it shows on locked screens."""
    words = _WORDS[language]
    subject = words.one if len(leavers) == 1 else words.many.format(len(leavers))
    parts = [words.dear.format(name_of(recipient)), words.left]
    parts += ["\n".join(_lines(leaver, words)) for leaver in leavers]
    return subject, "\n\n".join([*parts, words.end]) + "\n"


def name_of(user: User) -> str:
    """As one writes it: Noor van Dijk."""
    return " ".join(part for part in (user.given_name, user.prefix, user.family_name) if part)


def _lines(leaver: Leaver, words: _Words) -> list[str]:
    told = [
        (words.home_class, leaver.home_class),
        (words.last_day, leaver.leaves_on and leaver.leaves_on.strftime(words.day)),
        (words.reason, words.reasons[leaver.reason]),
        (words.groups, ", ".join(leaver.groups)),
    ]
    return [f"{leaver.name} ({leaver.code})", *(f"  {what}: {value}" for what, value in told if value)]
