"""The reason for *no* as one sentence, in Dutch or English."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from desktop_sync.options.explanation import Conflict, Explanation, Reason
from desktop_sync.options.timetable import Department, Group, HomeClass, Hour
from desktop_sync.options.wording import DAYS, WORDS, Language

MOST_HOURS = 6

_NO_NAMES: Mapping[str, str] = MappingProxyType({})


def why_not(
    department: Department,
    explanation: Explanation,
    language: Language,
    names: Mapping[str, str] = _NO_NAMES,
) -> str:
    """One sentence, with the subjects by their `names` (else codes) and the hours.

    Of several sets it tells the first that has the reason of the whole.
    """
    return _Teller(department, explanation, language, names).sentence()


class _Teller:
    def __init__(
        self, department: Department, explanation: Explanation, language: Language, names: Mapping[str, str]
    ) -> None:
        self.department, self.explanation = department, explanation
        self.words, self.days, self.names = WORDS[language], DAYS[language], names

    def sentence(self) -> str:
        explanation, classes = self.explanation, self.department.classes
        if explanation.reason is None:
            return self.words["nothing_else"]
        if explanation.reason is Reason.PORTAL_LEADS:
            codes = [classes[one].code for one in explanation.elsewhere if one is not None]
            return self.say("portal_leads", classes=self.joined(codes, "or"))
        fitting = [one for one in explanation.sets if one.reason is explanation.reason]
        return self.of_set((fitting or explanation.sets)[0])

    def of_set(self, conflict: Conflict) -> str:
        match conflict.reason:
            case Reason.CLASS_FULL:
                return self.class_full()
            case Reason.NO_GROUP:
                return self.no_group(conflict)
            case Reason.NO_PLACE:
                return self.no_place(conflict)
            case _:
                return self.no_time(conflict)

    def class_full(self) -> str:
        full = [self.department.classes[one] for one in self.explanation.full]
        if not full:
            return self.words["no_class"]
        if len(full) == 1:
            return self.say("class_full", **_seats(full[0]))
        return self.say("classes_full", classes=self.full(full))

    def no_group(self, conflict: Conflict) -> str:
        if conflict.groups:
            groups = self.joined([self.department.groups[one].code for one in conflict.groups])
            form = "set_aside" if len(conflict.groups) == 1 else "sets_aside"
            return self.say(form, subjects=self.subjects(conflict.subjects), groups=groups)
        if len(conflict.subjects) > 1:
            return self.say("no_group_together", subjects=self.subjects(conflict.subjects))
        alike = [one for one in self.explanation.sets if one.reason is Reason.NO_GROUP and not one.groups]
        subjects = self.subjects([subject for one in alike for subject in one.subjects], "or")
        codes = [self.department.classes[one].code for one in self.explanation.classes if one is not None]
        if not codes:
            return self.say("no_group", subjects=subjects)
        form = "no_group_in" if len(codes) == 1 else "no_group_anywhere"
        return self.say(form, subjects=subjects, classes=self.joined(codes))

    def no_place(self, conflict: Conflict) -> str:
        groups = [self.department.groups[one] for one in conflict.groups]
        subjects = self.subjects(conflict.subjects)
        if len(conflict.subjects) > 1:
            return self.say("full_together", subjects=subjects, groups=self.full(groups))
        if len(groups) == 1:
            return self.say("group_full", subjects=subjects, **_seats(groups[0]))
        return self.say("groups_full", subjects=subjects, groups=self.full(groups))

    def no_time(self, conflict: Conflict) -> str:
        several = len(conflict.groups) > len(conflict.subjects)
        form = "blocked" if len(conflict.subjects) == 1 else "meet_always" if several else "meet"
        return self.say(form, subjects=self.subjects(conflict.subjects), hours=self.hours(conflict.hours))

    def say(self, form: str, **parts: object) -> str:
        return self.words[form].format(**parts)

    def subjects(self, codes: Sequence[str], word: str = "and") -> str:
        return self.joined([self.names.get(one, one) for one in codes], word)

    def full(self, them: Sequence[Group | HomeClass]) -> str:
        return self.joined([self.say("full", **_seats(one)) for one in them])

    def hours(self, hours: Sequence[Hour]) -> str:
        told = [
            self.say("hour_of_week" if week else "hour", day=self.days[day % 7], period=period, week=week)
            for week, day, period in hours
        ]
        if len(told) > MOST_HOURS:
            told[MOST_HOURS - 1 :] = [self.words["more_hours"].format(len(told) - MOST_HOURS + 1)]
        return self.joined(told)

    def joined(self, parts: Sequence[str], word: str = "and") -> str:
        *some, last = parts
        return self.words[word].format(", ".join(some), last) if some else last


def _seats(one: Group | HomeClass) -> dict[str, object]:
    return {"code": one.code, "size": one.size, "most": one.hard_max}
