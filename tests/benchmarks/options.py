"""What the options of a student cost beside CP-SAT, which enumerates the same list in the same run.

`python -m tests.benchmarks.options [--file PROJECT_FILE]`, after `uv sync --group bench`: on a tight and a
roomy department made here, and on each of a file. The lists must be equal. Then the explanation beside the
list for those who have no option, the class grid beside one student, and memory before and after 10,000
questions.
"""

import argparse
import itertools
import json
import random
import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

import psutil

from desktop_sync.options.explanation import explain
from desktop_sync.options.grid import MAX_CLASHES, class_grid
from desktop_sync.options.listing import list_options
from desktop_sync.options.question import Question
from desktop_sync.options.timetable import Department
from tests.benchmarks.cp_sat import list_by_solver
from tests.benchmarks.made_departments import ROOMY, TIGHT, made_department
from tests.support.options_engine import department_of

CLASHES = (0, 2)
SAMPLE = 40
ROUNDS = 5
MANY = 10_000


def timed(ask: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Milliseconds, the median of some rounds."""
    took = list[float]()
    for _ in range(rounds):
        began = time.perf_counter()
        ask()
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took)


def beside_the_solver(name: str, department: Department, max_clashes: int, sample: int) -> None:
    """The solver is asked once, ours some times; both have been asked before."""
    codes = sorted(department.students)
    random.Random(1).shuffle(codes)
    totals, ours, solver = list[int](), list[float](), list[float]()
    for code in codes[:sample]:
        question = Question(code, max_clashes=max_clashes)
        began = time.perf_counter()
        expected = list_by_solver(department, question)
        solver.append((time.perf_counter() - began) * 1000)
        listing = list_options(department, question)
        assert listing == expected, (name, question)
        totals.append(listing.total)
        ours.append(timed(partial(list_options, department, question)))
    print(
        f"{name:10} max_clashes {max_clashes}: {len(ours)} students,"
        f" options p50 {statistics.median(totals):g} max {max(totals)};"
        f" ours {_shown(ours)}; CP-SAT {_shown(solver)}; CP-SAT/ours {sum(solver) / sum(ours):.1f}"
    )


def explanation_beside_the_list(name: str, department: Department) -> None:
    """Over the students with no option."""
    none = [
        question
        for question in map(Question, sorted(department.students))
        if not list_options(department, question).total
    ]
    if not none:
        print(f"{name:10} every student has an option")
        return
    listed = [timed(partial(list_options, department, one)) for one in none]
    explained = [timed(partial(explain, department, one)) for one in none]
    relaxed = [timed(partial(_explain_and_open, department, one)) for one in none]
    ratio = statistics.median(explained) / statistics.median(listed)
    print(
        f"{name:10} no option: {len(none)} students; list {_shown(listed)}; explanation {_shown(explained)};"
        f" with what would open it {_shown(relaxed)}; explanation/list at p50 {ratio:.2f}"
    )


def _explain_and_open(department: Department, question: Question) -> object:
    return explain(department, question).cheapest


def grid_beside_one_student(name: str, department: Department) -> None:
    """All students in all classes beside one student's list for each class, with as many clashes."""
    grid = timed(partial(class_grid, department))
    each = [timed(partial(_each_class, department, code)) for code in department.students]
    cells = len(department.students) * len(department.class_ids)
    print(
        f"{name:10} grid of {cells} cells {grid:.2f} ms; one student per class {_shown(each)};"
        f" grid/one student at p50 {grid / statistics.median(each):.1f}"
    )


def _each_class(department: Department, code: str) -> None:
    for home_class in department.class_ids:
        list_options(department, Question(code, homes=(home_class,), max_clashes=MAX_CLASHES))


def memory(departments: Sequence[Department]) -> None:
    """Each question with its explanation, where there is no option."""
    process = psutil.Process()
    before = process.memory_info().rss
    students = [(one, code) for one in departments for code in one.students]
    began = time.perf_counter()
    for number, (department, code) in enumerate(itertools.islice(itertools.cycle(students), MANY)):
        question = Question(code, max_clashes=CLASHES[number // len(students) % len(CLASHES)])
        if not list_options(department, question).total:
            explain(department, question)
    took = time.perf_counter() - began
    after = process.memory_info().rss
    print(
        f"{MANY:,} questions in {took:.1f} s:"
        f" RSS {before / 2**20:.1f} MB before, {after / 2**20:.1f} MB after"
    )


def _shown(took: Iterable[float]) -> str:
    ordered = sorted(took)
    return f"p50 {statistics.median(ordered):.3f} p99 {ordered[int(0.99 * len(ordered))]:.3f} ms"


def main(departments: Mapping[str, Department], sample: int) -> None:
    for one in departments.values():  # what is made or loaded once is not measured
        list_by_solver(one, Question(next(iter(one.students))))
        list_options(one, Question(next(iter(one.students))))
    for name, one in departments.items():
        for max_clashes in CLASHES:
            beside_the_solver(name, one, max_clashes, sample)
    for name, one in departments.items():
        explanation_beside_the_list(name, one)
    for name, one in departments.items():
        grid_beside_one_student(name, one)
    memory(list(departments.values()))


def of_file(file: Path) -> dict[str, Department]:
    document = json.loads(file.read_bytes())
    known = {one["id"]: department_of(document, one["id"]) for one in document["departments"]}
    return {code: department for code, department in known.items() if department.students}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--file", type=Path, help="of doorstroom-project/1 or group-options/1")
    parser.add_argument("--sample", type=int, default=SAMPLE, help="students of each department")
    asked = parser.parse_args()
    made = {"tight": made_department(TIGHT), "roomy": made_department(ROOMY)}
    main(made | (of_file(asked.file) if asked.file else {}), asked.sample)
