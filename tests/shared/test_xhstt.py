"""Timetables in XHSTT: what becomes of one, and that each kind of mistake is named at its place."""

from pathlib import Path
from typing import Any

import pytest

from shared.project_file import ProjectFile, ProjectFileProblems
from shared.xhstt import Converted, Options, convert
from shared.xhstt.archive import Event
from shared.xhstt.classes import department_of
from shared.xhstt.groups import subject_and_unit
from shared.xhstt.xml_text import MOST_DEPTH, MOST_ELEMENTS

SMALL = (Path(__file__).parents[1] / "support" / "small_timetable.xml").read_text(encoding="utf-8")
TIME = '<Time Id="ma1"><Name>ma1</Name><Day Reference="d1"/></Time>'


def changed(*changes: tuple[str, str]) -> bytes:
    """The small timetable, each first text of a change replaced by its second."""
    text = SMALL
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return text.encode()


def read(*changes: tuple[str, str], **options: Any) -> Converted:
    return convert(changed(*changes), Options(**options))


def project(*changes: tuple[str, str], **options: Any) -> ProjectFile:
    return read(*changes, **options).file


def problems(raw: bytes, **options: Any) -> list[tuple[str, str]]:
    with pytest.raises(ProjectFileProblems) as refused:
        convert(raw, Options(**options))
    return [(problem.place, problem.code) for problem in refused.value.problems]


def lessons(file: ProjectFile) -> dict[str, list[int | None]]:
    return {group.id: group.lessons for group in file.groups}


def test_the_slots_are_the_times_of_each_day():
    file = project()
    assert (file.name, file.days) == ("Small school", ["ma", "di"])
    slots = [("ma1", 0, 1), ("ma2", 0, 2), ("ma3", 0, 3), ("di1", 1, 1), ("di2", 1, 2)]
    assert [(slot.id, slot.day, slot.period) for slot in file.slots] == slots
    assert {slot.week for slot in file.slots} == {None}


def test_classes_are_class_resources_and_student_groups_but_those_of_everyone():
    file = project()
    assert {one.id: one.department for one in file.home_classes} == {"1A": "1", "4H1": "4H", "4H2": "4H"}
    assert {one.home_class_led_by for one in file.departments} == {"desktop"}


def test_an_event_of_one_class_is_bound_and_any_other_a_cluster():
    bound = {group.id: group.home_class for group in project().groups}
    assert bound == {
        "ne.4H1": "4H1",
        "ne.4H2": "4H2",
        "wi.1A": "1A",
        "bi.4H_A": None,
        "bi.4H_B": None,
        "ne.4H_X": None,
    }


def test_students_have_their_class_and_their_groups_and_no_names():
    anna, bram, cees, _, guest = project().students
    assert (anna.id, anna.code, anna.home_class, anna.department) == ("Student_1", None, "4H1", "4H")
    assert bram.groups == {"ne": "ne.4H1", "bi": "bi.4H_B"}
    assert (cees.id, cees.code) == ("8800003", "8800003")  # digits are a student's code
    assert (guest.home_class, guest.department, guest.groups) == (None, "4H", {"bi": "bi.4H_A"})
    assert {student.given_name for student in project().students} == {None}


def test_what_a_student_has_besides_the_subject_of_his_class_is_a_second_part():
    anna = project().students[0]
    assert anna.groups == {"ne": "ne.4H1", "bi": "bi.4H_A", "ne (2)": "ne.4H_X"}


def test_lessons_are_those_of_the_solution_split_moved_or_without_a_time():
    assert lessons(project(solution="as it is")) == {
        "ne.4H1": [0, 3, 4],  # split in one hour and two
        "ne.4H2": [4],  # given ma1 beforehand, moved to di2
        "bi.4H_A": [1, 2],  # two hours after each other
        "bi.4H_B": [1, None],  # only half of it has a time
        "ne.4H_X": [None],
        "wi.1A": [4],  # not in the solution: its own time
    }


def test_the_best_solution_is_taken_or_the_named_one():
    assert lessons(project()) == lessons(project(solution="as it is"))
    assert lessons(project(solution="first try"))["ne.4H1"] == [0, 1, 2]
    warning = read(solution="first try").warnings[0]
    assert (warning.place, warning.code) == ("Solution[0]", "solution_taken")


def test_of_solutions_with_as_many_hours_that_with_fewer_clashes_is_taken():
    one = SMALL[SMALL.index('<SolutionGroup Id="as it is">') : SMALL.index("  </SolutionGroups>")]
    two_clash, one_clashes = (
        one.replace('<Event Reference="neX"/>', f'<Event Reference="neX"><Time Reference="{time}"/></Event>')
        for time in ("ma2", "ma3")
    )
    for both in (two_clash + one_clashes, one_clashes + two_clash):
        assert lessons(project((one, both)))["ne.4H_X"] == [2]


def test_a_solution_with_a_mistake_gives_way_to_one_without():
    wrong = '<Event Reference="ne2"><Time Reference="di2"/></Event>'
    assert lessons(project((wrong, wrong.replace("di2", "zo9"))))["ne.4H1"] == [0, 1, 2]


def test_capacities_are_options_and_never_below_the_present_size():
    group = {one.id: one for one in project(soft_max=1, hard_max=2).groups}
    assert (group["bi.4H_A"].soft_max, group["bi.4H_A"].hard_max) == (1, 3)
    assert (group["bi.4H_B"].soft_max, group["bi.4H_B"].hard_max) == (1, 2)


def test_a_cluster_of_two_departments_serves_both_that_of_most_students_first():
    file = project(("<Name>4H2</Name>", "<Name>5H1</Name>"), (">bi (4H_B)<", ">bi (B)<"))
    groups = {group.id: group for group in file.groups}
    assert groups["bi.B"].departments == ["4H", "5H"]
    file = project(("<Name>4H2</Name>", "<Name>5H1</Name>"), ('<Resource Reference="Guest"/>', ""))
    assert [student.id for student in file.students][-1] == "Student_4"  # the guest is in no group any more


def test_what_is_left_out_is_a_warning():
    told = [(one.code, one.id) for one in read().warnings[1:]]
    assert told == [
        ("student_without_class", "Guest"),
        ("student_left_out", "Nobody"),
        ("events_left_out", None),
    ]


def test_classes_and_students_are_recognised_by_what_the_school_calls_them():
    assert len(project(class_prefix="class_").home_classes) == 3
    assert {one.id for one in project(class_prefix="4H1").home_classes} == {"1A", "4H1"}
    assert {one.id for one in project(class_type="Stamklas").home_classes} == {"4H1", "4H2"}
    leerling = ('<ResourceType Id="S"><Name>Student<', '<ResourceType Id="S"><Name>Leerling<')
    assert len(project(leerling, student_type="leerling").students) == 5
    departments = project(departments=("4", "1A")).home_classes
    assert {one.id: one.department for one in departments} == {"1A": "1A", "4H1": "4", "4H2": "4"}


@pytest.mark.parametrize(
    ("name", "department"),
    [
        ("4H1", "4H"),
        ("KO3T12", "KO3T"),
        ("H4a", "H4"),
        ("KO1HV3A", "KO1HV3"),
        ("4HV-2", "4HV"),
        ("7", "7"),
        ("ISK", "ISK"),
    ],
)
def test_a_department_is_a_class_without_its_last_number_or_letter(name, department):
    assert department_of(name, ()) == department


@pytest.mark.parametrize(
    ("name", "course", "told"),
    [
        ("ne (4H1)", "co", ("ne", "4H1")),
        ("Event12", "ne (4H1)", ("ne", "4H1")),
        ("Event12", "wi-4H1-4H2", ("wi", "4H1-4H2")),
        ("wi-4H1", None, ("wi", "4H1")),
        ("mentor", None, ("mentor", "")),
        ("-", None, ("-", "")),
    ],
)
def test_a_subject_and_a_unit_are_told_by_the_name_of_the_event_or_its_course(name, course, told):
    assert subject_and_unit(Event("e", name, course, 1, None, (), ())) == told


def weeks(second_day: str) -> list[tuple[str, str]]:
    """Monday in week A, and another day in week B."""
    return [
        ('<TimeGroup Id="mornings">', '<Week Id="w1"/><Week Id="w2"/><TimeGroup Id="mornings">'),
        ('<Day Reference="d1"/></Time>', '<Week Reference="w1"/><Day Reference="d1"/></Time>'),
        (
            'ma2</Name><Day Reference="d1"/>',
            f'ma2</Name><Week Reference="w2"/><Day Reference="{second_day}"/>',
        ),
        ('<Time Id="ma3"><Name>ma3</Name><Day Reference="d1"/></Time>', ""),
        ('<Time Id="di1"><Name>di1</Name><Day Reference="d2"/></Time>', ""),
        ('<Time Id="di2"><Name>di2</Name><Day Reference="d2"/></Time>', ""),
        ('<Event Reference="ne1"><Duration>2</Duration><Time Reference="di1"/></Event>', ""),
        ('<Event Reference="ne2"><Time Reference="di2"/></Event>', ""),
        ('<Event Reference="biA"><Time Reference="ma2"/></Event>', ""),
        ('<Time Reference="di2"/>', ""),
        ('<Time Reference="di2"/>', ""),
    ]


@pytest.mark.parametrize("second_day", ["d1", "d2"])
def test_two_weeks_are_a_and_b_whether_they_share_their_days_or_number_them_on(second_day):
    slots = project(*weeks(second_day)).slots
    assert [(slot.day, slot.period, slot.week) for slot in slots] == [(0, 1, "A"), (0, 1, "B")]


def test_an_archive_of_several_instances_is_asked_which():
    two = ("</Instances>", '<Instance Id="OTHER"/></Instances>')
    assert problems(changed(two)) == [("Instances", "several_instances")]
    assert lessons(project(two, instance="SMALL")) == lessons(project())
    assert ("Instance.Times", "no_times") in problems(changed(two), instance="OTHER")


BIG = "<HighSchoolTimetableArchive>" + "<a/>" * MOST_ELEMENTS + "</HighSchoolTimetableArchive>"
DEEP = "<HighSchoolTimetableArchive>" + "<a>" * MOST_DEPTH
ENTITIES = '<!DOCTYPE a [<!ENTITY b "bbb">]><HighSchoolTimetableArchive>&b;</HighSchoolTimetableArchive>'


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "not_xml"),
        (b"{}", "not_xml"),
        (SMALL.encode()[:-10], "not_xml"),
        (b'<?xml version="1.0" encoding="Klingon"?><a/>', "not_xml"),
        (b'<?xml version="1.0" encoding="EUC-JP"?><a/>', "not_xml"),
        (b"<HighSchoolTimetableArchive>\xff</HighSchoolTimetableArchive>", "not_xml"),
        (b"<html/>", "not_xhstt"),
        (ENTITIES.encode(), "unsafe_xml"),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "unsafe_xml"),
        (DEEP.encode(), "nested_too_deep"),
        (BIG.encode(), "too_many_elements"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_archive(raw, code):
    assert problems(raw) == [("", code)]


NE2 = '<Event Reference="ne2"><Time Reference="di2"/></Event>'
FIRST = SMALL[SMALL.index('<SolutionGroup Id="first try">') : SMALL.index('<SolutionGroup Id="as it is">')]


@pytest.mark.parametrize(
    ("old", "new", "place", "code"),
    [
        (TIME, TIME.replace(' Id="ma1"', ""), "Instance.Times.Time[0]", "no_id"),
        (TIME, TIME.replace('"ma1"', '"ma2"'), "Instance.Times.Time[1]", "duplicate_id"),
        (TIME, TIME.replace('<Day Reference="d1"/>', ""), "Instance.Times.Time[0]", "missing"),
        (TIME, TIME.replace('"d1"', '"d9"'), "Instance.Times.Time[0].Day", "unknown_reference"),
        ('<Time Reference="ma1"/>', "<Time/>", "Instance.Events.Event[1].Time", "no_reference"),
        (
            '<Time Reference="ma1"/>',
            '<Time Reference="zo9"/>',
            "Instance.Events.Event[1].Time",
            "unknown_reference",
        ),
        ("<Duration>3<", "<Duration>0<", "Instance.Events.Event[0].Duration", "bad_duration"),
        ("<Duration>3<", "<Duration>999999999<", "Instance.Events.Event[0].Duration", "bad_duration"),
        (
            '<ResourceGroup Reference="class_4H1"/></ResourceGroups>\n          <EventGroups>',
            '<ResourceGroup Reference="class_9"/></ResourceGroups>\n          <EventGroups>',
            "Instance.Events.Event[0].ResourceGroups.ResourceGroup[0]",
            "unknown_reference",
        ),
        (
            '<Resource Reference="Student_1"/>',
            '<Resource Reference="Student_9"/>',
            "Instance.Events.Event[2].Resources.Resource[0]",
            "unknown_reference",
        ),
        (
            '<ResourceGroup Reference="class_4H1"/>',
            '<ResourceGroup Reference="class_4H1"/><ResourceGroup Reference="class_4H2"/>',
            "Instance.Resources",
            "student_in_two_classes",
        ),
        (
            '<TimeGroup Id="m',
            '<Week Id="1"/><Week Id="2"/><Week Id="3"/><TimeGroup Id="m',
            "Instance.Times",
            "too_many_weeks",
        ),
        (FIRST + SMALL.split(FIRST)[1].split("</SolutionGroups>")[0], "", "SolutionGroups", "no_solution"),
    ],
    ids=range(13),
)
def test_a_mistake_in_the_instance_is_named_at_its_place(old, new, place, code):
    assert (place, code) in problems(changed((old, new)))


@pytest.mark.parametrize(
    ("new", "place", "code"),
    [
        (NE2.replace("ne2", "ne9"), "", "unknown_reference"),
        (NE2.replace(' Reference="ne2"', ""), "", "no_reference"),
        (NE2.replace("di2", "zo1"), ".Time", "unknown_reference"),
        (NE2.replace(' Reference="di2"', ""), ".Time", "no_reference"),
        (NE2.replace("<Time", "<Duration>x</Duration><Time"), ".Duration", "bad_duration"),
        (NE2.replace("<Time", "<Duration>2</Duration><Time"), ".Time", "after_last_time"),
    ],
)
def test_a_mistake_in_the_solution_is_named_at_its_place(new, place, code):
    found = problems(changed((NE2, new)), solution="as it is")
    assert found[0] == (f"Solution[1].Events.Event[2]{place}", code)


def test_an_event_cannot_last_longer_than_it_is():
    longer = NE2.replace('<Time Reference="di2"/>', '<Duration>2</Duration><Time Reference="ma1"/>')
    assert problems(changed((NE2, longer)), solution="as it is") == [("Solution[1]", "too_many_hours")]


@pytest.mark.parametrize(
    ("options", "place", "code"),
    [
        ({"instance": "OTHER"}, "Instances", "no_instance"),
        ({"solution": "the best one"}, "SolutionGroups", "no_solution"),
        ({"class_prefix": "x", "class_type": "x"}, "Instance.Resources", "no_class"),
        ({"soft_max": 31, "hard_max": 30}, "", "soft_max_above_hard_max"),
    ],
)
def test_options_that_fit_nothing(options, place, code):
    assert problems(SMALL.encode(), **options) == [(place, code)]


def test_an_empty_archive_has_no_instance():
    assert problems(b"<HighSchoolTimetableArchive/>") == [("Instances", "no_instance")]
