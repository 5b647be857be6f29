"""Several people act on a few students, in any order and at once; the model says what may come of it."""

import asyncio
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.machine import model
from tests.machine.acting import DEPARTURES, STUDENTS, Acting, Call
from tests.machine.door import request_by_queue
from tests.machine.model import Answer
from tests.support.again import publish_again, sent_about
from tests.support.own_school import NEXT, NOW

RARELY = 17

students = st.integers(0, STUDENTS - 1)
who = st.sampled_from(["application_manager", "student_office"])
years = st.sampled_from([NOW, NEXT])
reasons = st.sampled_from(["left", "graduated", "never_came"])
policies = st.sampled_from(["remove", "remove_now", "keep"])
steps = st.sampled_from(["enrolments", "prognoses", "account", "desktop"])
which = st.integers(0, 3)


class Machine(Acting):
    """What is drawn never depends on what was answered, which may differ the next time.

    So there are no preconditions and no bundles; a departure there is none of yet is passed over.
    """

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
