"""Several people act on a few students, in any order and at once; the model says what may come of it."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import permutations
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from shared import clock
from tests.machine import model
from tests.machine.door import House, Person, request_by_queue
from tests.machine.model import Answer, Enrolment, World
from tests.machine.observation import observe, settle
from tests.support.again import publish_again, sent_about
from tests.support.own_school import NEXT, NOW

STUDENTS = 3
DEPARTURES = "/api/portal/departures"
RARELY = 17

students = st.integers(0, STUDENTS - 1)
who = st.sampled_from(["application_manager", "student_office"])
years = st.sampled_from([NOW, NEXT])
reasons = st.sampled_from(["left", "graduated", "never_came"])
policies = st.sampled_from(["remove", "remove_now", "keep"])
steps = st.sampled_from(["enrolments", "prognoses", "account", "desktop"])
which = st.integers(0, 3)

Call = tuple[model.Act, Callable[[], Answer]]


class Machine(RuleBasedStateMachine):
    """`house` is set by the test. Each run has students of its own.

    What is drawn never depends on what was answered, which may differ the next time: no preconditions, no
    bundles; a departure there is none of yet is passed over.
    """

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

    # -- what they do ---------------------------------------------------------------------------------

    @rule(number=students, who=who, prognoses=policies, reason=reasons, planned=st.booleans())
    def request(self, number: int, who: str, prognoses: str, reason: str, planned: bool) -> None:
        self.act(number, self.a_request(number, who, prognoses, reason, planned=planned))

    @rule(number=students, prognoses=policies, reason=reasons, times=st.integers(1, 3))
    def request_by_queue(self, number: int, prognoses: str, reason: str, times: int) -> None:
        body = {"students": [self.codes[number]], "reason": reason, "prognoses": prognoses}
        answer = self.house.wait(request_by_queue(self.house.rig, body, times=times))
        self.explain(number, model.Request(prognoses), answer)
        if answer.said == "202":
            self.departures[number].append(answer.body["departure"])

    @rule(who=who, prognoses=policies, reason=reasons)
    def request_for_all(self, who: str, prognoses: str, reason: str) -> None:
        body = {"students": self.codes, "reason": reason, "prognoses": prognoses}
        answer = self.people[who].ask("POST", DEPARTURES, body)
        act = model.Request(prognoses)
        if answer.said != "202":
            self.explain(self.codes.index(answer.body["params"]["student"]), act, answer)
            return
        for item in answer.body["items"]:
            number = self.codes.index(item["student"])
            self.explain(number, act, answer)
            self.departures[number].append(item["id"])

    @rule(number=students, which=which, who=who)
    def undo(self, number: int, which: int, who: str) -> None:
        if self.departures[number]:
            self.act(number, self.an_undo(number, which, who))

    @rule(who=who)
    def undo_all(self, who: str) -> None:
        """The newest departure of each student, in one request: each that can be."""
        newest = {of_student[-1]: number for number, of_student in enumerate(self.departures) if of_student}
        if not newest:
            return
        answer = self.people[who].ask("POST", f"{DEPARTURES}/undo", {"departures": list(newest)})
        assert answer.said == "202", answer
        refused = {one["departure"]: one["code"] for one in answer.body["refused"]}
        assert {item["id"] for item in answer.body["items"]} | refused.keys() == newest.keys()
        for departure, number in newest.items():
            act = model.Undo(len(self.departures[number]) - 1)
            self.explain(number, act, Answer(refused.get(departure, "202")))

    @rule(number=students, which=which, who=who)
    def cancel(self, number: int, which: int, who: str) -> None:
        if self.departures[number]:
            self.act(number, self.a_cancel(number, which, who))

    @rule(number=students)
    def day_is_over(self, number: int) -> None:
        due = "UPDATE departure SET due_at = now() WHERE student_code = $1 AND state = 'scheduled'"
        self.house.wait(self.house.rig.rows("portal", due, self.codes[number]))
        self.explain(number, model.DayIsOver(), Answer("200"))

    @rule(number=students, which=which, who=who)
    def delete_enrolment(self, number: int, which: int, who: str) -> None:
        self.act(number, self.a_deletion(number, which, who))

    @rule(number=students, year=years, who=who)
    def enrol(self, number: int, year: str, who: str) -> None:
        self.act(number, self.an_enrolment(number, year, who))

    @rule(number=students, archive=st.booleans(), who=who)
    def account(self, number: int, archive: bool, who: str) -> None:
        self.act(number, self.an_account(number, archive, who))

    @rule(number=students, year=years)
    def delete_in_desktop(self, number: int, year: str) -> None:
        path = f"/api/desktop/projects/{self.school.projects[year]}/students/{self.codes[number]}"
        answer = self.people["timetabler"].ask("DELETE", path)
        self.explain(number, model.DeleteInDesktop(year), answer)

    @rule(number=students, which=which, step=steps, who=who)
    def retry_step(self, number: int, which: int, step: str, who: str) -> None:
        if self.departures[number]:
            _, departure = self.departure(number, which)
            answer = self.people[who].ask("POST", f"{DEPARTURES}/{departure}/steps/{step}/retry")
            self.explain(number, model.NoEffect(), answer)

    @rule(number=students, new_ids=st.booleans(), newest_first=st.booleans())
    def say_it_again(self, number: int, new_ids: bool, newest_first: bool) -> None:
        """Everything that was said of him so far, by the broker or by a resend."""

        async def again() -> None:
            said = await sent_about(self.house.rig, [self.codes[number]])
            await publish_again(self.house.rig, said[::-1] if newest_first else said, new_ids=new_ids)

        self.house.wait(again())

    @rule(
        number=students,
        what=st.lists(
            st.tuples(
                st.sampled_from(["request", "undo", "cancel", "delete", "enrol", "account"]),
                which,
                who,
                years,
            ),
            min_size=2,
            max_size=3,
        ),
        prognoses=policies,
        reason=reasons,
    )
    def at_once(self, number: int, what: Sequence[Any], prognoses: str, reason: str) -> None:
        """Two or three people act on one student at the same moment: in some order that explains it."""
        calls: list[Call] = []
        for kind, which, who, year in what:
            if kind == "request":
                calls.append(self.a_request(number, who, prognoses, reason, planned=which == 0))
            elif kind == "delete":
                calls.append(self.a_deletion(number, which, who))
            elif kind == "enrol":
                calls.append(self.an_enrolment(number, year, who))
            elif kind == "account":
                calls.append(self.an_account(number, which % 2 == 0, who))
            elif self.departures[number]:
                make = self.an_undo if kind == "undo" else self.a_cancel
                calls.append(make(number, which, who))
        self.act(number, *calls)

    @rule(service=st.sampled_from(["portal", "users", "desktop_sync"]), chance=st.integers(0, 60))
    def kill(self, service: str, chance: int) -> None:
        """kill -9, rarely, while things are on their way."""
        if chance != RARELY:
            return
        rig = self.house.rig

        async def kill() -> None:
            pid = await asyncio.to_thread(rig.stack.kill, service)
            await rig.restarted(service, pid)

        self.house.wait(kill())

    def teardown(self) -> None:
        """After quiet all three services agree with a world of the model."""
        if not hasattr(self, "worlds"):
            return
        for code in self.codes:
            settle(self.manager, code)
        for code, worlds in zip(self.codes, self.worlds, strict=True):
            observe(self.manager, self.school, code, worlds)

    # -- what they ask, and what the model makes of the answer ----------------------------------------

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
