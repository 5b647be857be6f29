"""The rules of the models, without a database."""

from datetime import UTC, date, datetime, timedelta

import pytest

from desktop_sync.errors import ProjectDiffers
from desktop_sync.models import DepartureWork, Project
from desktop_sync.models.memory import Memory, RemovedEnrolment, RemovedPlacement, RemovedStudent
from shared.contracts.commands import DeleteStudent
from shared.contracts.facts import StudentDeleted
from shared.contracts.ids import (
    BranchId,
    DepartmentId,
    DepartureId,
    EnrolmentId,
    ProjectId,
    SchoolId,
    StudentCode,
    UserCode,
)
from shared.ids import new_id

SCHOOL, OTHER_SCHOOL = SchoolId(1), SchoolId(2)
PLACE = {"project": ProjectId(7), "school": SCHOOL, "branch": BranchId(11), "department": DepartmentId(1)}


def project(year: int = 2026, school: SchoolId = SCHOOL) -> Project:
    return Project(id=ProjectId(7), school_id=school, school_year=year, name="p", revision=1)


def command(epoch: int = 1) -> DeleteStudent:
    return DeleteStudent(
        departure=DepartureId(new_id()),
        epoch=epoch,
        student=StudentCode("1"),
        school=SCHOOL,
        requested_by=UserCode("abc"),
        school_year=2026,
    )


def memory(enrolment: int = 5) -> Memory:
    return Memory(
        students=[RemovedStudent(**PLACE, home_class=None)],
        placements=[RemovedPlacement(project=ProjectId(7), subject="netl", group=None)],
        enrolments=[
            RemovedEnrolment(**PLACE, id=EnrolmentId(enrolment), home_class=None, groups=[], choices=[])
        ],
    )


@pytest.mark.parametrize(
    ("year", "school", "keep_later", "reached"),
    [
        (2025, SCHOOL, False, False),
        (2026, SCHOOL, False, True),
        (2027, SCHOOL, False, True),
        (2027, SCHOOL, True, False),
        (2026, SCHOOL, True, True),
        (2026, OTHER_SCHOOL, False, False),
    ],
)
def test_which_projects_a_departure_reaches(
    year: int, school: SchoolId, keep_later: bool, reached: bool
) -> None:
    assert project(year, school).is_reached_by(SCHOOL, 2026, keep_later=keep_later) is reached


@pytest.mark.parametrize(("day", "history"), [(date(2027, 7, 31), False), (date(2027, 8, 1), True)])
def test_a_project_is_history_from_the_first_of_august(day: date, history: bool) -> None:
    assert project(2026).is_history(day) is history


def test_a_project_stays_of_its_school_and_year() -> None:
    project().must_be(SCHOOL, 2026)
    for school, year in ((OTHER_SCHOOL, 2026), (SCHOOL, 2027)):
        with pytest.raises(ProjectDiffers):
            project().must_be(school, year)


def test_work_is_done_once_for_an_epoch_and_answered_alike() -> None:
    asked = command(epoch=2)
    work = DepartureWork.begun_by(asked)
    assert not work.is_done_for(asked)
    work.done(asked, memory())
    assert work.is_done_for(asked)
    assert work.is_done_for(asked.model_copy(update={"epoch": 1}))
    assert not work.is_done_for(asked.model_copy(update={"epoch": 3}))
    assert work.answer() == work.answer()
    answer = work.answer()
    assert isinstance(answer, StudentDeleted)
    assert (answer.projects, answer.placements) == ([7], 1)


def test_a_newer_epoch_forgets_nothing() -> None:
    asked = command()
    work = DepartureWork.begun_by(asked)
    work.done(asked, memory(5))
    work.done(asked.model_copy(update={"epoch": 2}), memory(6))
    assert [gone.id for gone in work.remembered.enrolments] == [5, 6]


def test_memories_do_not_share_their_lists() -> None:
    Memory().students.append(memory().students[0])
    assert Memory().is_empty


def test_who_departed_stays_out_of_an_import_that_looked_before() -> None:
    work = DepartureWork.begun_by(command())
    work.done(command(), memory(5))
    before, after = work.at - timedelta(seconds=1), work.at + timedelta(days=1)
    gone, new = EnrolmentId(5), EnrolmentId(6)
    assert work.keeps_out(project(), new, before)
    assert work.keeps_out(project(), gone, after)
    assert not work.keeps_out(project(), new, after)
    assert not work.keeps_out(project(2025), gone, datetime(2000, 1, 1, tzinfo=UTC))
