"""The people who work there, with roles per branch. The application manager exists before any import."""

from dataclasses import dataclass, field
from itertools import cycle

from doorstroom.demo_school.layout import SchoolPlan
from doorstroom.demo_school.people import People, Person
from doorstroom.demo_school.running_year import Json

_TEAM_LEADERS = 2


@dataclass(slots=True)
class Staff:
    people: list[Person] = field(default_factory=list)
    mentors: dict[str, dict[str, str]] = field(default_factory=dict)
    """Branch code, then home class: the code of its mentor."""

    def first_with(self, role: str) -> str:
        return next(str(one["code"]) for one in self.people if one["roles"][0]["role"] == role)


def add_staff(
    staff: Staff,
    people: People,
    school: SchoolPlan,
    home_classes: dict[str, list[Json]],
    groups: dict[str, list[Json]],
) -> None:
    """One timetabler per school; per branch a student office, team leaders, a dean, a mentor per class.

    The mentors teach the cluster groups, in turn.
    """

    def hire(role: str, *branches: str) -> str:
        roles = [{"role": role, "branch": branch} for branch in branches]
        staff.people.append(people.staff(school) | {"roles": roles})
        return str(staff.people[-1]["code"])

    hire("timetabler", *(branch.code for branch in school.branches))
    for branch in school.branches:
        hire("student_office", branch.code)
        for _ in range(_TEAM_LEADERS):
            hire("team_leader", branch.code)
        hire("dean", branch.code)
        staff.mentors[branch.code] = {
            str(home["id"]): hire("mentor", branch.code) for home in home_classes[branch.code]
        }
        for home in home_classes[branch.code]:
            home["mentors"] = [staff.mentors[branch.code][str(home["id"])]]
        teachers = cycle(staff.mentors[branch.code].values())
        for group in groups[branch.code]:
            if group["home_class"] is None:
                group["teachers"] = [next(teachers)]
