"""The class grid says of each cell what the list says of that one class."""

from collections import Counter

from desktop_sync.options.explanation import Reason, explain
from desktop_sync.options.grid import Cell, Verdict, class_grid
from desktop_sync.options.listing import list_options
from desktop_sync.options.question import Question
from desktop_sync.options.timetable import Department
from tests.desktop_sync.options.random_departments import random_department

SEATS = {Reason.CLASS_FULL, Reason.NO_PLACE}


def by_asking(department: Department, student: str, home: int | None, most: int, *, portal: bool) -> Cell:
    own = department.students[student].home_class == home
    question = Question(student, max_clashes=most, homes=(home,))
    rows = list_options(department, question).rows
    if rows and (own or not portal):
        verdict = Verdict.FITS_WITH_CLASHES if rows[0].clashes else Verdict.FITS
        return Cell(verdict, clashes=rows[0].clashes, own=own)
    why = Reason.PORTAL_LEADS if rows else explain(department, question).reason
    return Cell(Verdict.FULL if why in SEATS else Verdict.NO, reason=why, own=own)


def test_each_cell_is_what_the_list_and_the_explanation_say() -> None:
    seen = Counter[tuple[Verdict, Reason | None]]()
    for seed in range(500):
        department, most, portal = random_department(seed), seed % 4, seed % 5 == 0
        grid = class_grid(department, max_clashes=most, portal_leads=portal)
        assert list(grid) == sorted(department.students)
        for student, row in grid.items():
            assert tuple(row) == department.class_ids
            for home, cell in row.items():
                assert cell == by_asking(department, student, home, most, portal=portal)
                seen[cell.verdict, cell.reason] += 1
    assert seen.keys() == {
        (Verdict.FITS, None),
        (Verdict.FITS_WITH_CLASHES, None),
        (Verdict.FULL, Reason.CLASS_FULL),
        (Verdict.FULL, Reason.NO_PLACE),
        (Verdict.NO, Reason.NO_GROUP),
        (Verdict.NO, Reason.NO_TIME),
        (Verdict.NO, Reason.PORTAL_LEADS),
    }


def test_the_grid_is_the_same_whatever_the_order_of_what_was_loaded() -> None:
    department = random_department(11)
    turned = Department(
        department.cycle,
        dict(reversed(list(department.classes.items()))),
        dict(reversed(list(department.groups.items()))),
        department.offered,
        dict(reversed(list(department.students.items()))),
    )
    assert repr(class_grid(turned)) == repr(class_grid(department))
