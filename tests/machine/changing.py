"""The changes in the year, in any order: what one may do is the services' to say, what holds after is not.

Here no model says what may come of an act: each is done or refused with a code of ours, and what was done
stands in the history. `holding.py` says what is true of every student once all is quiet.
"""

from collections import Counter
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.machine.door import House, Person
from tests.machine.holding import hold
from tests.machine.model import Answer
from tests.machine.observation import settle
from tests.support.own_school import NOW

STUDENTS = 3
SUBJECTS = ("biol", "wisA")
OTHER = "H4x"

students = st.integers(0, STUDENTS - 1)
which = st.integers(0, 3)
office = st.sampled_from(["application_manager", "student_office", "timetabler"])


class Changing(RuleBasedStateMachine):
    """`house` is set by the test. Each run has students of its own, in two departments of one branch."""

    house: ClassVar[House]
    runs: ClassVar[int] = 0
    acts: ClassVar[int] = 0
    refused: ClassVar[Counter[str]] = Counter()
    others: ClassVar[dict[int, int]] = {}

    @initialize()
    def take_students(self) -> None:
        type(self).runs += 1
        self.school, self.codes = self.house.wait(self.house.schools.take(STUDENTS))
        self.people = self.house.people_of(self.school)
        self.project = self.school.projects[NOW]
        self.departments = [self.school.departments[NOW], self._other_department()]
        self.versions = dict.fromkeys(self.codes, 0)
        self.did: Counter[tuple[str, str]] = Counter()
        self.departures: dict[str, str] = {}

    def _other_department(self) -> int:
        """One beside the first, made at the portal's own door."""
        if self.project not in self.others:
            [first] = [
                one
                for one in self.manager.get(f"/api/portal/departments?project={self.project}")["items"]
                if one["id"] == self.school.departments[NOW]
            ]
            body = {"project": self.project, "branch": first["branch"], "code": OTHER, "name": OTHER}
            made = self.manager.ask(
                "POST", "/api/portal/departments", body | {"home_class_authority": "portal"}
            )
            assert made.said == "201", made
            self.others[self.project] = made.body["id"]
            for code in (f"{OTHER}a", f"{OTHER}b"):
                self._new_class(made.body["id"], code)
            for code in SUBJECTS:
                subject = {"department": made.body["id"], "code": code, "name": code}
                assert self.manager.ask("POST", "/api/portal/subjects", subject).said == "201"
        return self.others[self.project]

    def _new_class(self, department: int, code: str) -> Any:
        body = {"department": department, "code": code, "name": code, "is_home_class": True}
        made = self.manager.ask("POST", "/api/portal/groups", body)
        assert made.said == "201", made
        return made.body

    @property
    def manager(self) -> Person:
        return self.people["application_manager"]

    @property
    def timetabler(self) -> Person:
        return self.people["timetabler"]

    def teardown(self) -> None:
        if hasattr(self, "departures"):
            for code in self.codes:
                settle(self.manager, code)
            hold(self.house, self.timetabler, self.manager, self.project, self.codes, self.did)

    def enrolment(self, number: int) -> dict[str, Any]:
        """The one of this year; none is asked for as an id that is unknown."""
        card = self.manager.get(f"/api/portal/students/{self.codes[number]}")
        assert card["version"] >= self.versions[self.codes[number]], "a version fell"
        self.versions[self.codes[number]] = card["version"]
        here = [one for one in card["enrolments"] if one["kind"] == "enrolment"]
        return here[0] if here else {"id": 2**62, "department": {"id": self.departments[0]}}

    def done(self, answer: Answer, number: int | None = None, what: str | None = None) -> bool:
        """Whether it was; a refusal has a code of ours."""
        type(self).acts += 1
        if not answer.said.startswith("2"):
            self.refused[answer.said] += 1
            return False
        if number is not None and what is not None:
            self.did[self.codes[number], what] += 1
        return True

    def classes(self, department: int) -> list[int]:
        groups = self.manager.get(f"/api/portal/groups?department={department}")["items"]
        return [one["id"] for one in groups if one["is_home_class"]]

    @rule(number=students, which=which, who=office)
    def home_class(self, number: int, which: int, who: str) -> None:
        """In the portal; where the desktop leads it is refused."""
        here = self.enrolment(number)
        groups = [*self.classes(here["department"]["id"]), None]
        body = {"group": groups[which % len(groups)]}
        before = (here.get("home_class") or {}).get("id")
        answer = self.people[who].ask("PUT", f"/api/portal/enrolments/{here['id']}/home-class", body)
        self.done(answer, number, "home_class" if body["group"] != before else None)

    @rule(number=students, policy=st.sampled_from(["keep", "wipe", None]), who=office)
    def department(self, number: int, policy: str | None, who: str) -> None:
        here = self.enrolment(number)
        there = next(one for one in self.departments if one != here["department"]["id"])
        body = {"department": there} | ({"choice_package": policy} if policy else {})
        answer = self.people[who].ask("PUT", f"/api/portal/enrolments/{here['id']}/department", body)
        self.done(answer, number, "department")

    @rule(number=students, subjects=st.sets(st.sampled_from(SUBJECTS)))
    def choice_package(self, number: int, subjects: set[str]) -> None:
        path = f"/api/portal/enrolments/{self.enrolment(number)['id']}/choice-package"
        before = self.manager.ask("GET", path)
        answer = self.manager.ask("PUT", path, {"subjects": sorted(subjects)})
        same = before.said == "200" and set(before.body["subjects"]) == subjects
        self.done(answer, number, None if same else "choice_package")

    @rule(
        number=students, city=st.sampled_from(["Hoorn", "Edam", None]), name=st.sampled_from(["Bos", "Vos"])
    )
    def name_and_address(self, number: int, city: str | None, name: str) -> None:
        path = f"/api/users/users/{self.codes[number]}"
        person = self.manager.get(path)
        seen = {"If-Match": f'"{person["version"]}"'}
        answer = self.manager.ask("PATCH", path, {"city": city, "family_name": name}, seen)
        changes = (person["address"]["city"], person["family_name"]) != (city, name)
        self.done(answer, number, "person" if changes else None)

    @rule(which=which, leads=st.sampled_from(["portal", "desktop"]))
    def authority(self, which: int, leads: str) -> None:
        wanted = self.departments[which % 2]
        shown = self.manager.get(f"/api/portal/departments?project={self.project}")["items"]
        version = next(one["version"] for one in shown if one["id"] == wanted)
        body = {"home_class_authority": leads, "confirm_unsynchronised": True}
        path = f"/api/portal/departments/{wanted}"
        self.done(self.manager.ask("PATCH", path, body, {"If-Match": f'"{version}"'}))

    @rule(number=students, which=which)
    def by_hand(self, number: int, which: int) -> None:
        """In the desktop."""
        groups = [*self.classes(self.enrolment(number)["department"]["id"]), None]
        path = f"/api/desktop/projects/{self.project}/students/{self.codes[number]}/placements"
        self.done(self.timetabler.ask("PUT", path, {"home_class": groups[which % len(groups)]}))

    @rule(how=st.sampled_from(["open", "refresh"]))
    def refresh(self, how: str) -> None:
        self.done(self.timetabler.ask("POST", f"/api/desktop/projects/{self.project}/{how}"))

    @rule(kind=st.sampled_from(["department", "home_class", "choice_package"]))
    def take_over(self, kind: str) -> None:
        path = f"/api/desktop/projects/{self.project}/take-over"
        self.done(self.timetabler.ask("POST", path, {"kind": kind}))

    @rule(which=which, how=st.sampled_from(["download", "upload"]))
    def connect(self, which: int, how: str) -> None:
        project = self.timetabler.get(f"/api/desktop/projects/{self.project}")
        body = {"departments": [self.departments[which % 2]], "revision": project["revision"]}
        path = f"/api/desktop/projects/{self.project}/placements/{how}"
        self.done(self.timetabler.ask("POST", path, body))

    @rule(number=students, who=office, which=which)
    def enrol(self, number: int, who: str, which: int) -> None:
        body = {"student": self.codes[number], "department": self.departments[which % 2]}
        self.done(self.people[who].ask("POST", "/api/portal/enrolments", body), number, "enrolment_added")

    @rule(number=students, who=office)
    def delete_enrolment(self, number: int, who: str) -> None:
        path = f"/api/portal/enrolments/{self.enrolment(number)['id']}"
        self.done(self.people[who].ask("DELETE", path), number, "enrolment_removed")

    @rule(number=students)
    def depart(self, number: int) -> None:
        body = {"students": [self.codes[number]], "reason": "left"}
        answer = self.manager.ask("POST", "/api/portal/departures", body)
        if self.done(answer):
            self.departures[self.codes[number]] = answer.body["items"][0]["id"]

    @rule(number=students)
    def undo_departure(self, number: int) -> None:
        if (departure := self.departures.get(self.codes[number])) is not None:
            self.done(self.manager.ask("POST", f"/api/portal/departures/{departure}/undo"))

    @rule(number=students)
    def undo_change(self, number: int) -> None:
        path = f"/api/portal/students/{self.codes[number]}/history"
        undoable = [one for one in self.manager.get(path)["items"] if one["undoable"]]
        for entry in undoable[:1]:
            answer = self.manager.ask("POST", f"{path}/{entry['id']}/undo")
            self.done(answer, number, entry["what"])

    @rule(number=students)
    def dissolve(self, number: int) -> None:
        """A class that was just made, with him in it where the portal leads."""
        here = self.enrolment(number)
        made = self._new_class(here["department"]["id"], f"new{type(self).acts}")
        put = {"group": made["id"]}
        answer = self.manager.ask("PUT", f"/api/portal/enrolments/{here['id']}/home-class", put)
        held = self.done(answer, number, "home_class")
        gone = self.manager.ask("DELETE", f"/api/portal/groups/{made['id']}?confirm=true")
        self.done(gone, number if held else None, "home_class")
