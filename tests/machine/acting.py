"""What the machine's rules stand on: its students, the calls people make, and what the model says of them."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import permutations
from typing import ClassVar

from hypothesis.stateful import RuleBasedStateMachine, initialize

from shared import clock
from tests.machine import model
from tests.machine.door import House, Person
from tests.machine.model import Answer, Enrolment, World
from tests.machine.observation import observe, settle
from tests.support.own_school import NEXT, NOW

STUDENTS = 3
DEPARTURES = "/api/portal/departures"

Call = tuple[model.Act, Callable[[], Answer]]


class Acting(RuleBasedStateMachine):
    """`house` is set by the test. Each run has students of its own."""

    house: ClassVar[House]
    runs: ClassVar[int] = 0
    acts: ClassVar[int] = 0
    threads: ClassVar[ThreadPoolExecutor] = ThreadPoolExecutor(3)

    @initialize()
    def take_students(self) -> None:
        type(self).runs += 1
        self.school, self.codes = self.house.wait(self.house.schools.take(STUDENTS))
        self.people = self.house.people_of(self.school)
        self.worlds: list[set[World]] = []
        self.departures: list[list[str]] = [[] for _ in self.codes]
        self.enrolments: list[list[Enrolment]] = []
        for code in self.codes:
            shown = self.manager.get(f"/api/portal/students/{code}")["enrolments"]
            held = [Enrolment(NOW if one["kind"] == "enrolment" else NEXT, one["id"]) for one in shown]
            self.enrolments.append(held)
            self.worlds.append({World(frozenset(held), frozenset({NOW, NEXT}))})

    @property
    def manager(self) -> Person:
        return self.people["application_manager"]

    def teardown(self) -> None:
        """After quiet all three services agree with a world of the model."""
        if not hasattr(self, "worlds"):
            return
        for code in self.codes:
            settle(self.manager, code)
        for code, worlds in zip(self.codes, self.worlds, strict=True):
            observe(self.manager, self.school, code, worlds)

    def a_request(self, number: int, who: str, prognoses: str, reason: str, *, planned: bool) -> Call:
        body = {"students": [self.codes[number]], "reason": reason, "prognoses": prognoses}
        tomorrow = clock.today() + timedelta(days=1)
        planned = planned and clock.school_year_of(tomorrow) == clock.school_year_of(clock.today())
        if planned:
            body["leaves_on"] = str(tomorrow)
        return model.Request(prognoses, planned), lambda: self.people[who].ask("POST", DEPARTURES, body)

    def an_undo(self, number: int, which: int, who: str) -> Call:
        index, departure = self.departure(number, which)
        return model.Undo(index), lambda: self.people[who].ask("POST", f"{DEPARTURES}/{departure}/undo")

    def a_cancel(self, number: int, which: int, who: str) -> Call:
        index, departure = self.departure(number, which)
        return model.Cancel(index), lambda: self.people[who].ask("POST", f"{DEPARTURES}/{departure}/cancel")

    def a_deletion(self, number: int, which: int, who: str) -> Call:
        enrolment = self.enrolments[number][which % len(self.enrolments[number])]
        path = f"/api/portal/enrolments/{enrolment.id}"
        return model.Delete(enrolment), lambda: self.people[who].ask("DELETE", path)

    def an_enrolment(self, number: int, year: str, who: str) -> Call:
        body = {"student": self.codes[number], "department": self.school.departments[year]}
        return model.Enrol(year), lambda: self.people[who].ask("POST", "/api/portal/enrolments", body)

    def an_account(self, number: int, archive: bool, who: str) -> Call:
        path = f"/api/users/users/{self.codes[number]}/{'archive' if archive else 'restore'}"
        return model.Account(archive), lambda: self.people[who].ask("POST", path)

    def departure(self, number: int, which: int) -> tuple[int, str]:
        index = which % len(self.departures[number])
        return index, self.departures[number][index]

    def act(self, number: int, *calls: Call) -> None:
        answers = list(self.threads.map(lambda call: call[1](), calls))
        together = [(act, answer) for (act, _), answer in zip(calls, answers, strict=True)]
        self.explain_together(number, together)
        for act, answer in together:
            if isinstance(act, model.Request) and answer.said == "202":
                self.departures[number].append(answer.body["items"][0]["id"])
            if isinstance(act, model.Enrol) and answer.said == "201":
                self.enrolments[number].append(Enrolment(act.year, answer.body["enrolment"]["id"]))

    def explain(self, number: int, act: model.Act, answer: Answer) -> None:
        self.explain_together(number, [(act, answer)])

    def explain_together(self, number: int, together: Sequence[tuple[model.Act, Answer]]) -> None:
        type(self).acts += len(together)
        explained: set[World] = set()
        for order in permutations(together):
            worlds = self.worlds[number]
            for act, answer in order:
                worlds = act.explain(worlds, answer)
            explained |= worlds
        said = [(act, answer.said) for act, answer in together]
        assert explained, f"nothing explains {said} of {self.codes[number]} in {self.worlds[number]}"
        self.worlds[number] = explained
