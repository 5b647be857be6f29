"""The same list by a general solver: CP-SAT enumerates every option, and they are ranked after."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from ortools.sat.python import cp_model

from desktop_sync.options.listing import Listing, homes_of, may_be_in, open_groups
from desktop_sync.options.option import Option, clashes_of, cost_of_class, cost_of_group, key
from desktop_sync.options.question import Question
from desktop_sync.options.timetable import Department, Group

Chosen = tuple[int | None, dict[str, int]]


def list_by_solver(department: Department, question: Question) -> Listing:
    """Complete and ranked. Of a package that is his own, how he stands now included."""
    student = department.students[question.student]
    homes = [one for one in homes_of(department, question) if may_be_in(department, student, one, question)]
    offered = open_groups(department, student, question)
    if not homes or not all(offered.values()):
        return Listing(0, ())
    found = _enumerated(homes, offered, question.max_clashes)
    rows = [_option(department, question.student, *one) for one in found]
    rows.sort(key=lambda row: key(department, row))
    return Listing(len(rows), tuple(rows[: question.k]))


def _enumerated(
    homes: list[int | None], offered: Mapping[str, list[Group]], max_clashes: int
) -> list[Chosen]:
    model = cp_model.CpModel()
    in_class = {one: model.new_bool_var("") for one in homes}
    in_group = {
        (subject, group.id): model.new_bool_var("") for subject, groups in offered.items() for group in groups
    }
    model.add_exactly_one(in_class.values())
    at_hour = defaultdict[int, list[Any]](list)
    for subject, groups in offered.items():
        model.add_exactly_one(in_group[subject, group.id] for group in groups)
        for group in groups:
            one = in_group[subject, group.id]
            if group.home_class in in_class:
                model.add_implication(one, in_class[group.home_class])
            elif group.home_class is not None:
                model.add(one == 0)
            for bit in range(group.hours.bit_length()):
                if group.hours >> bit & 1:
                    at_hour[bit].append(one)
    _limit_clashes(model, [lessons for lessons in at_hour.values() if len(lessons) > 1], max_clashes)
    collected = _Collected(in_class, in_group)
    solver = cp_model.CpSolver()
    solver.parameters.enumerate_all_solutions = True
    solver.parameters.num_workers = 1
    # Of what was tried this is its fastest on models so small.
    solver.parameters.cp_model_probing_level = 0
    solver.parameters.linearization_level = 0
    solver.parameters.symmetry_level = 0
    assert solver.solve(model, collected) in {cp_model.OPTIMAL, cp_model.INFEASIBLE}
    return collected.found


def _limit_clashes(model: Any, hours: list[list[Any]], most: int) -> None:
    """The lessons in an hour less one, where there is any, over all hours."""
    if not most:
        for lessons in hours:
            model.add_at_most_one(lessons)
        return
    taken = list[Any]()
    for lessons in hours:
        busy = model.new_bool_var("")
        model.add_max_equality(busy, lessons)
        taken.append(busy)
    if hours:
        model.add(sum(one for lessons in hours for one in lessons) - sum(taken) <= most)


class _Collected(cp_model.CpSolverSolutionCallback):
    def __init__(self, in_class: Mapping[int | None, Any], in_group: Mapping[tuple[str, int], Any]) -> None:
        super().__init__()
        self._in_class, self._in_group = in_class, in_group
        self.found = list[Chosen]()

    def on_solution_callback(self) -> None:
        home_class = next(one for one, is_in in self._in_class.items() if self.boolean_value(is_in))
        groups = {
            subject: group for (subject, group), is_in in self._in_group.items() if self.boolean_value(is_in)
        }
        self.found.append((home_class, groups))


def _option(department: Department, code: str, home_class: int | None, groups: dict[str, int]) -> Option:
    student = department.students[code]
    costs = [cost_of_class(department, student, home_class)]
    for subject, group in groups.items():
        now = student.groups.get(subject)
        costs.append(cost_of_group(None if now is None else department.groups[now], department.groups[group]))
    masks = [department.groups[group].hours for group in groups.values()]
    used = 0
    for mask in masks:
        used |= mask
    changes, overfull, balance = (sum(one) for one in zip(*costs, strict=True))
    return Option(
        home_class, groups, clashes_of(masks), changes, overfull, balance, department.cycle.idle(used)
    )
