"""Each reason for *no* as a sentence, in both languages."""

from dataclasses import replace

import pytest

from desktop_sync.options.explanation import Explanation, Reason, explain
from desktop_sync.options.question import Question
from desktop_sync.options.sentences import why_not
from desktop_sync.options.timetable import Cycle, Department, Group, HomeClass, Hour, Student
from tests.desktop_sync.options.random_departments import random_department

TUESDAY_3, THURSDAY_5, FRIDAY_A = Hour(None, 1, 3), Hour(None, 3, 5), Hour("A", 4, 1)
CYCLE = Cycle.of([Hour(None, 0, 1), TUESDAY_3, THURSDAY_5, FRIDAY_A, Hour(None, 4, 8)])
NAMES = {
    "nl": {"wisB": "Wiskunde B", "nat": "Natuurkunde", "fa": "Frans", "du": "Duits", "biol": "Biologie"},
    "en": {"wisB": "Mathematics B", "nat": "Physics", "fa": "French", "du": "German", "biol": "Biology"},
}


def group(id_: int, code: str, subject: str, *hours: Hour, home: int | None = None, size: int = 20) -> Group:
    return Group(id_, code, subject, home, size, 30, 32, CYCLE.mask(hours))


def department(*groups: Group, full: bool = False) -> Department:
    """One student, in H4a (1), without a group; H4b (2) is where he would go."""
    subjects = {one.subject for one in groups}
    return Department(
        CYCLE,
        {1: HomeClass(1, "H4a", 20, 30, 32), 2: HomeClass(2, "H4b", 32 if full else 20, 30, 32)},
        {one.id: one for one in groups},
        frozenset(one.id for one in groups),
        {"900001": Student("900001", 1, dict.fromkeys(subjects))},
    )


TO_H4B = Question("900001", homes=(2,))
ANYWHERE = Question("900001")
ONLY_A = group(1, "fatl1", "fa", home=1)

CASES = {
    "class full": (
        department(group(1, "biol1", "biol"), full=True),
        TO_H4B,
        "Klas H4b is vol (32 van 32).",
        "Class H4b is full (32 of 32).",
    ),
    "classes full": (
        replace(
            department(full=True),
            classes={one: HomeClass(one, f"H4{one}", 32, 30, 32) for one in (2, 3)},
        ),
        ANYWHERE,
        "De klassen H42 (32 van 32) en H43 (32 van 32) zijn vol.",
        "Classes H42 (32 of 32) and H43 (32 of 32) are full.",
    ),
    "no class at all": (
        department(group(1, "biol1", "biol")),
        replace(ANYWHERE, homes=()),
        "Er is hier geen klas voor deze leerling.",
        "There is no class here for this student.",
    ),
    "no group": (
        department(ONLY_A),
        TO_H4B,
        "Klas H4b heeft geen groep voor Frans.",
        "Class H4b has no group for French.",
    ),
    "no group for two": (
        department(ONLY_A, group(2, "dutl1", "du", home=1)),
        TO_H4B,
        "Klas H4b heeft geen groep voor Duits of Frans.",
        "Class H4b has no group for German or French.",
    ),
    "no group anywhere": (
        department(group(1, "biol1", "biol")),
        replace(ANYWHERE, subjects=frozenset({"fa"})),
        "Geen van deze klassen heeft een groep voor Frans: H4a en H4b.",
        "None of these classes has a group for French: H4a and H4b.",
    ),
    "no group, without a class": (
        department(ONLY_A),
        replace(ANYWHERE, homes=(None,)),
        "Er is geen groep voor Frans.",
        "There is no group for French.",
    ),
    "no class has both": (
        department(ONLY_A, group(2, "dutl2", "du", home=2)),
        ANYWHERE,
        "Geen klas heeft groepen voor Duits en Frans samen.",
        "No class has groups for German and French together.",
    ),
    "set aside": (
        department(group(1, "fatl1", "fa")),
        replace(TO_H4B, excluded=frozenset({1})),
        "Voor Frans blijft geen groep over: fatl1 doet niet mee.",
        "No group is left for French: fatl1 is set aside.",
    ),
    "several set aside": (
        department(group(1, "fatl1", "fa"), group(2, "fatl2", "fa")),
        replace(TO_H4B, excluded=frozenset({1, 2})),
        "Voor Frans blijft geen groep over: fatl1 en fatl2 doen niet mee.",
        "No group is left for French: fatl1 and fatl2 are set aside.",
    ),
    "group full": (
        department(group(1, "biol2", "biol", size=32)),
        TO_H4B,
        "Groep biol2 van Biologie is vol (32 van 32).",
        "Group biol2 of Biology is full (32 of 32).",
    ),
    "groups full": (
        department(group(1, "biol1", "biol", size=33), group(2, "biol2", "biol", size=32)),
        TO_H4B,
        "De groepen biol1 (33 van 32) en biol2 (32 van 32) van Biologie zijn vol.",
        "Groups biol1 (33 of 32) and biol2 (32 of 32) of Biology are full.",
    ),
    "a full group would do": (
        department(
            group(1, "wisB1", "wisB", TUESDAY_3),
            group(2, "nat1", "nat", TUESDAY_3),
            group(3, "nat2", "nat", THURSDAY_5, size=32),
        ),
        TO_H4B,
        (
            "Natuurkunde en Wiskunde B kunnen alleen samen als er plaats komt in een volle groep:"
            " nat2 (32 van 32)."
        ),
        "Physics and Mathematics B only go together if there is a seat in a full group: nat2 (32 of 32).",
    ),
    "no time": (
        department(
            group(1, "wisB1", "wisB", TUESDAY_3, THURSDAY_5), group(2, "nat1", "nat", TUESDAY_3, THURSDAY_5)
        ),
        TO_H4B,
        "Natuurkunde en Wiskunde B kunnen niet samen: de lessen vallen tegelijk op di 3 en do 5.",
        (
            "Physics and Mathematics B cannot go together:"
            " their lessons are at the same time on Tue 3 and Thu 5."
        ),
    ),
    "no time in any combination": (
        department(
            group(1, "wisB1", "wisB", TUESDAY_3, FRIDAY_A),
            group(2, "nat1", "nat", TUESDAY_3),
            group(3, "nat2", "nat", FRIDAY_A),
        ),
        TO_H4B,
        (
            "Natuurkunde en Wiskunde B kunnen niet samen: in elke combinatie van groepen"
            " vallen lessen tegelijk, op di 3 en vr 1 (week A)."
        ),
        (
            "Physics and Mathematics B cannot go together: in every combination of groups lessons"
            " are at the same time, on Tue 3 and Fri 1 (week A)."
        ),
    ),
    "blocked": (
        department(group(1, "fatl1", "fa", TUESDAY_3)),
        replace(TO_H4B, blocked=CYCLE.mask([TUESDAY_3])),
        "Frans kan niet: elke groep heeft les in een uur dat geblokkeerd is (di 3).",
        "French is not possible: each group has a lesson in a blocked hour (Tue 3).",
    ),
}


@pytest.mark.parametrize(("of", "question", "dutch", "english"), CASES.values(), ids=CASES.keys())
def test_a_reason_is_told_in_dutch_and_english(
    of: Department, question: Question, dutch: str, english: str
) -> None:
    explanation = explain(of, question)
    assert why_not(of, explanation, "nl", NAMES["nl"]) == dutch
    assert why_not(of, explanation, "en", NAMES["en"]) == english


def test_it_is_told_that_the_portal_leads_and_where_it_would_fit() -> None:
    of = department(group(1, "fatl2", "fa", home=2))
    explanation = explain(of, ANYWHERE, portal_leads=True)
    assert explanation.reason is Reason.PORTAL_LEADS
    assert [one.reason for one in explanation.sets] == [Reason.NO_GROUP]
    assert why_not(of, explanation, "nl") == "In klas H4b past het, maar over de stamklas gaat het portaal."
    assert why_not(of, explanation, "en") == "Class H4b would do, but the portal decides about home classes."


def test_who_fits_only_as_he_stands_is_told_so() -> None:
    of = department(group(1, "biol1", "biol"))
    explanation = explain(of, replace(ANYWHERE, without_present=True))
    assert why_not(of, explanation, "nl") == "Er past niets anders dan hoe het nu is."
    assert why_not(of, explanation, "en") == "Nothing fits but the present placement."


def test_of_many_hours_the_first_are_named() -> None:
    hours = [Hour(None, day, period) for day in range(4) for period in (1, 2)]
    of = department(group(1, "wisB1", "wisB", *hours), group(2, "nat1", "nat", *hours))
    told = why_not(of, explain(of, TO_H4B), "nl")
    assert told.endswith("tegelijk op ma 1, ma 2, di 1, di 2, wo 1 en nog 3 andere uren.")


def test_every_explanation_is_one_whole_sentence() -> None:
    for seed in range(300):
        of = random_department(seed)
        for student in of.students:
            for home in (None, *((one,) for one in of.class_ids)):
                sentence = told(of, explain(of, Question(student, homes=home), portal_leads=seed % 3 == 0))
                assert sentence.endswith(".")
                assert not {"  ", "()", ": .", " ."} & {sentence[at : at + 2] for at in range(len(sentence))}


def told(of: Department, explanation: Explanation) -> str:
    return why_not(of, explanation, "en")
