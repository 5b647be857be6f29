"""Reading project files: what is accepted, and that each kind of mistake is named at its place."""

import copy
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.project_file import Problem, ProjectFile, ProjectFileProblems, read_project_file, warnings_of

SMALL = json.loads((Path(__file__).parents[1] / "support" / "small_school.json").read_text(encoding="utf-8"))


def full_file() -> dict[str, Any]:
    """A file of our own format that uses every key."""
    slots = [
        {"id": "Amo1", "day": 0, "period": 1, "week": "A"},
        {"id": "Bmo1", "day": 0, "period": 1, "week": "B"},
        {"id": "tu2", "day": 1, "period": 2},
    ]
    limits = {"soft_max": 30, "hard_max": 32}
    person = {
        "given_name": "Zoë",
        "prefix": "van der",
        "family_name": "Berg",
        "birth_date": "2010-02-28",
        "email": "zoe@school.example",
        "street": "Kerkstraat",
        "house_number": "12",
        "house_number_suffix": "a",
        "postal_code": "1811 AB",
        "city": "Alkmaar",
        "country": "NL",
    }
    return {
        "format": "doorstroom-project/1",
        "name": "Main 2025-2026",
        "week": {"days": ["mo", "tu"], "periods": 9, "cycle": ["A", "B"]},
        "slots": slots,
        "departments": [
            {"id": "d4", "code": "H4", "name": "Havo 4", "home_class_led_by": "desktop"},
            {"id": "d5", "code": "H5", "home_class_led_by": "portal"},
        ],
        "home_classes": [
            {"id": "c1", "code": "H4a", "department": "d4", **limits, "mentors": ["men"]},
            {"id": "c2", "code": "H4b", "department": "d4", **limits},
            {"id": "c3", "code": "H5a", "department": "d5", **limits},
        ],
        "groups": [
            {
                "id": "g1",
                "department": "d4",
                "subject": "netl",
                "home_class": "c1",
                **limits,
                "lessons": [0, None],
            },
            {"id": "g2", "department": "d4", "departments": ["d5"], "subject": "econ", "home_class": None}
            | limits
            | {"code": "econ1", "lessons": [2], "teachers": ["tea", "men"]},
            {"id": "g3", "department": "d5", "subject": "biol", "home_class": None, **limits, "lessons": []},
        ],
        "subjects": [
            {"id": "netl", "name": "Nederlands"},
            {"id": "econ", "code": "econ"},
            {"id": "biol", "department": "d5"},
        ],
        "students": [
            {"id": "s1", "code": "200001", **person, "department": "d4", "home_class": "c1"}
            | {"subjects": ["netl", "econ"], "groups": {"netl": "g1", "econ": "g2"}, "profile": "EM"},
            {
                "id": "s2",
                "department": "d5",
                "home_class": None,
                "subjects": ["econ"],
                "groups": {"econ": "g2"},
            },
        ],
        "guardians": [
            {"id": "s1", **person, "children": ["s1", "s2"]},
            {"id": "p2", "code": "g100002", "children": ["s2"]},
        ],
    }


def read(document: object) -> ProjectFile:
    return read_project_file(json.dumps(document).encode())


def problems_of(raw: object) -> list[Problem]:
    with pytest.raises(ProjectFileProblems) as refusal:
        read_project_file(raw if isinstance(raw, bytes) else json.dumps(raw).encode())
    return refusal.value.problems


def told(raw: object) -> list[tuple[str, str]]:
    return [(problem.place, problem.code) for problem in problems_of(raw)]


def changed(path: Sequence[Any], value: object, document: Any = None) -> Any:
    """The full file with one value set (`...` takes it out)."""
    document = full_file() if document is None else document
    target = document
    *road, last = path
    for step in road:
        target = target[step]
    if value is ...:
        del target[last]
    else:
        target[last] = value
    return document


def test_both_formats_are_read():
    small, full = read(SMALL), read(full_file())
    assert (len(small.students), small.format, small.students[0].code) == (12, "group-options/1", None)
    assert str(full.students[0].birth_date) == "2010-02-28"
    assert full.groups[1].serves == ["d4", "d5"]
    assert (full.departments[0].code_or_id, small.departments[0].code_or_id) == ("H4", "B1")
    assert full.groups[0].lessons == [0, None]
    assert warnings_of(small) == warnings_of(full) == []


def test_names_are_composed_trimmed_and_empty_is_absent():
    for text in ("Zoe\u0308", " Zo\u00eb "):
        for ascii_only in (True, False):
            document = changed(("students", 0, "given_name"), text)
            document["students"][0]["prefix"] = ""
            student = read_project_file(json.dumps(document, ensure_ascii=ascii_only).encode()).students[0]
            assert (student.given_name, student.prefix) == ("Zo\u00eb", None)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "empty_file"),
        (b" \n", "empty_file"),
        (b"{", "not_json"),
        (b"[]", "not_an_object"),
        (b"\xff{}", "not_utf8"),
        (b'{"name": NaN}', "not_a_number"),
        (b'{"a": -Infinity}', "not_a_number"),
        (b"9" * 5000, "not_json"),
        (b"[" * 200_000, "nested_too_deep"),
        (json.dumps({str(n): n for n in range(300)}).encode(), "too_many_keys"),
    ],
)
def test_what_is_no_json_object_is_told_in_one_problem(raw, code):
    assert told(raw) == [("", code)]


@pytest.mark.parametrize(
    ("path", "value", "place", "code"),
    [
        (("format",), "group-options/2", "format", "unknown_format"),
        (("format",), ..., "format", "missing"),
        (("colour",), 1, "colour", "unknown_key"),
        (("students", 1, "shoe_size"), 40, "students[1].shoe_size", "unknown_key"),
        (("students", 1), 7, "students[1]", "wrong_type"),
        (("slots", 2, "period"), 2.0, "slots[2].period", "wrong_type"),
        (("slots", 2, "day"), True, "slots[2].day", "wrong_type"),
        (("slots", 2, "day"), -1, "slots[2].day", "out_of_range"),
        (("slots", 2, "day"), 2, "slots[2].day", "slot_outside_week"),
        (("slots", 2, "period"), 10, "slots[2].period", "slot_outside_week"),
        (("week", "cycle"), ["A"], "slots[1].week", "slot_outside_week"),
        (("slots", 0, "week"), "C", "slots[0].week", "unknown_value"),
        (("slots", 0, "week"), "B", "slots[1]", "duplicate_slot"),
        (("departments", 0, "home_class_led_by"), "us", "departments[0].home_class_led_by", "unknown_value"),
        (("departments", 1, "id"), "d4", "departments[1].id", "duplicate_id"),
        (("departments", 1, "code"), "H4", "departments[1].code", "duplicate_code"),
        (("home_classes", 1, "code"), "H4a", "home_classes[1].code", "duplicate_code"),
        (("groups", 1, "code"), "H4b", "groups[1].code", "duplicate_code"),
        (("home_classes", 2, "department"), "d6", "home_classes[2].department", "unknown_department"),
        (("home_classes", 2, "soft_max"), 33, "home_classes[2].soft_max", "soft_max_above_hard_max"),
        (("groups", 2, "department"), "d6", "groups[2].department", "unknown_department"),
        (("groups", 1, "departments"), ["d5", "d6"], "groups[1].departments[1]", "unknown_department"),
        (("groups", 0, "home_class"), "c9", "groups[0].home_class", "unknown_home_class"),
        (("groups", 0, "lessons"), [0, 3], "groups[0].lessons[1]", "slot_out_of_range"),
        (("groups", 0, "lessons"), [-1], "groups[0].lessons[0]", "slot_out_of_range"),
        (("groups", 0, "lessons"), [0, "1"], "groups[0].lessons[1]", "wrong_type"),
        (("groups", 2, "subject"), "latin", "groups[2].subject", "unknown_subject"),
        (("subjects", 1, "department"), "d6", "subjects[1].department", "unknown_department"),
        (("students", 1, "id"), "s1", "students[1].id", "duplicate_id"),
        (("students", 1, "code"), "200001", "students[1].code", "duplicate_code"),
        (("students", 1, "code"), "20000x", "students[1].code", "code_not_digits"),
        (("students", 1, "code"), "\u0661", "students[1].code", "code_not_digits"),
        (("students", 1, "code"), "1" * 21, "students[1].code", "code_too_long"),
        (("students", 1, "code"), 200002, "students[1].code", "wrong_type"),
        (("students", 1, "department"), "d6", "students[1].department", "unknown_department"),
        (("students", 1, "home_class"), "c9", "students[1].home_class", "unknown_home_class"),
        (("students", 1, "home_class"), "c2", "students[1].home_class", "home_class_of_another_department"),
        (("students", 0, "home_class"), "c2", "students[0].groups.netl", "group_of_another_home_class"),
        (("students", 0, "groups", "econ"), "g9", "students[0].groups.econ", "unknown_group"),
        (("students", 0, "groups", "econ"), "g1", "students[0].groups.econ", "group_of_another_subject"),
        (("groups", 1, "departments"), [], "students[1].groups.econ", "group_of_another_department"),
        (("students", 0, "subjects"), ["econ"], "students[0].groups.netl", "group_without_subject"),
        (("students", 1, "subjects"), ["econ", "econ"], "students[1].subjects[1]", "duplicate_subject"),
        (("students", 1, "subjects"), ["econ", "latin"], "students[1].subjects[1]", "unknown_subject"),
        (("students", 0, "subjects", 1), "biol", "students[0].subjects[1]", "subject_of_another_department"),
        (("students", 0, "given_name"), "Zo\x00e", "students[0].given_name", "unsafe_characters"),
        (("students", 0, "given_name"), "\u202eeoZ", "students[0].given_name", "unsafe_characters"),
        (("students", 0, "family_name"), "\ud800", "students[0].family_name", "unsafe_characters"),
        (("students", 0, "street"), "x" * 101, "students[0].street", "too_long"),
        (("students", 0, "email"), "zoe at school", "students[0].email", "bad_email"),
        (("students", 0, "birth_date"), "2010-02-29", "students[0].birth_date", "bad_date"),
        (("students", 0, "birth_date"), "28-02-2010", "students[0].birth_date", "bad_date"),
        (("students", 0, "birth_date"), 20100228, "students[0].birth_date", "bad_date"),
        (("students", 0, "birth_date"), "0010-02-28", "students[0].birth_date", "bad_date"),
        (("home_classes", 0, "mentors"), "men", "home_classes[0].mentors", "wrong_type"),
        (("home_classes", 0, "mentors", 0), "m n", "home_classes[0].mentors[0]", "malformed_code"),
        (("groups", 1, "teachers", 1), "", "groups[1].teachers[1]", "empty"),
        (("guardians", 1, "id"), "s1", "guardians[1].id", "duplicate_id"),
        (("guardians", 0, "code"), "g100002", "guardians[1].code", "duplicate_code"),
        (("guardians", 1, "code"), "100002", "guardians[1].code", "malformed_code"),
        (("guardians", 1, "code"), "g\u00e9", "guardians[1].code", "malformed_code"),
        (("guardians", 1, "children"), [], "guardians[1].children", "too_few"),
        (("guardians", 1, "children"), ["s9"], "guardians[1].children[0]", "unknown_student"),
        (("guardians", 1, "children"), ["s1", "s1"], "guardians[1].children[1]", "duplicate_child"),
        (("guardians", 1, "children"), "s1", "guardians[1].children", "wrong_type"),
        (("guardians", 0, "email"), "zoe at home", "guardians[0].email", "bad_email"),
        (("guardians", 0, "department"), "d4", "guardians[0].department", "unknown_key"),
    ],
)
def test_a_mistake_is_named_at_its_place(path, value, place, code):
    assert (place, code) in told(changed(path, value))


def test_a_key_that_stands_twice_is_named():
    raw = json.dumps(full_file())
    assert told(raw.replace('"econ": "g2"}', '"econ": "g2", "econ": "g2"}', 1).encode()) == [
        ("students[0].groups", "duplicate_key")
    ]
    assert told(raw.replace('"period": 2', '"period": 2, "period": 3').encode()) == [
        ("slots[2]", "duplicate_key")
    ]


def test_all_mistakes_are_told_at_once_and_with_the_object():
    document = changed(("students", 0, "birth_date"), "today")
    document["students"][0]["department"] = "d6"
    document["groups"][0]["lessons"] = [77]
    document["slots"][2]["day"] = "mo"
    found = problems_of(document)
    assert {(problem.place, problem.code, problem.id) for problem in found} == {
        ("students[0].birth_date", "bad_date", "s1"),
        ("students[0].department", "unknown_department", "s1"),
        ("groups[0].lessons[0]", "slot_out_of_range", "g1"),
        ("slots[2].day", "wrong_type", "tu2"),
    }


def test_a_missing_list_is_one_problem():
    assert told(changed(("departments",), ...)) == [("departments", "missing")]


def test_problems_beyond_the_list_are_counted():
    document = full_file()
    document["students"] = [{"id": f"x{n}"} for n in range(1_500)]
    with pytest.raises(ProjectFileProblems) as refusal:
        read(document)
    assert len(refusal.value.problems) + refusal.value.more == 1_500 * 3
    assert len(refusal.value.problems) == 1_000


def test_no_name_or_address_is_repeated():
    secrets = {"given_name": "Zebedeus\x00", "family_name": "Quist" * 30, "street": "Quiststraat\u202e"}
    secrets |= {
        "email": "zebedeus quist",
        "birth_date": "Zebedeus",
        "department": "Zebedeus Quist",
        "code": "Quist",
    }
    document = full_file()
    document["students"][0] |= secrets | {"Zebedeus Quist": 1, "id": "Zebedeus Quist"}
    found = problems_of(document)
    assert len(found) >= len(secrets)
    for problem in found:
        assert "Zebedeus" not in repr(problem)
        assert "Quist" not in repr(problem)


def test_overfull_is_a_warning():
    document = copy.deepcopy(SMALL)
    document["home_classes"][0] |= {"soft_max": 3, "hard_max": 2}
    document["groups"][0]["lessons"] = [1, 1]
    assert [(warning.place, warning.code, warning.id) for warning in warnings_of(read(document))] == [
        ("home_classes[0]", "above_hard_max", "B1a"),
        ("home_classes[0].soft_max", "soft_max_above_hard_max", "B1a"),
        ("groups[0].lessons", "slot_twice", "netl.B1a"),
    ]


def places(value: object, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield here
    children = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for step, child in children:
        yield from places(child, (*here, step))


PLACES = [place for place in places(full_file()) if place]
ODD = st.one_of(
    st.just(...),
    st.none() | st.booleans() | st.integers() | st.floats() | st.dates().map(str),
    st.text(st.characters(), max_size=8),
    st.sampled_from(
        ["d4", "d5", "c1", "c3", "g1", "g3", "netl", "biol", "s1", "A", 10**400, "\ud800", "\0twice"]
    ),
    st.recursive(
        st.none(), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner)
    ),
)


def survive(raw: bytes) -> None:
    """Read, or refused with problems; anything else escapes."""
    told = [Problem("", "read", "read")]
    try:
        warnings_of(read_project_file(raw))
    except ProjectFileProblems as refusal:
        told = refusal.problems
    assert told
    assert all(problem.code and problem.text for problem in told)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(PLACES), ODD), min_size=1, max_size=6), st.booleans())
def test_no_mutation_raises_anything_else(mutations, ascii_only):
    document = full_file()
    for place, value in mutations:
        try:
            changed(place, value, document)
        except (LookupError, TypeError, AttributeError):  # an earlier mutation took the place away
            continue
    survive(json.dumps(document, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass"))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60), st.integers(0, 3_000))
def test_no_bytes_raise_anything_else(noise, at):
    raw = json.dumps(full_file()).encode()
    for spoilt in (noise, raw[:at] + noise + raw[at:], raw[:at] + noise + raw[at + len(noise) :]):
        survive(spoilt)


def test_a_large_school_is_read_quickly():
    document = copy.deepcopy(SMALL)
    document["students"] = [
        student | {"id": f"s{n}", "given_name": "Zoë", "street": "Kerkstraat", "birth_date": "2010-01-01"}
        for n in range(2_000)
        for student in [SMALL["students"][n % 12]]
    ]
    raw = json.dumps(document).encode()
    start = time.process_time()
    assert len(read_project_file(raw).students) == 2_000
    assert time.process_time() - start < 0.6
