"""Putting back what a deletion took out: as far as it still fits; the rest is said, for a person."""

import string
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from desktop_sync.models.lesson_group import LessonGroupId
from desktop_sync.models.memory import Memory, RemovedEnrolment, RemovedPlacement, RemovedStudent
from shared.contracts.facts import LeftOver
from shared.contracts.ids import DepartmentId, EnrolmentId, GroupId, ProjectId, StudentCode
from shared.contracts.values import WhyLeftOver

_LONGEST: Final = 80
_AS_IT_IS: Final = string.punctuation.replace("%", "")


@dataclass(slots=True)
class Seats:
    """Those of a home class, or of a lesson group and then of the home class it is bound to."""

    hard_max: int
    taken: int
    home_class: GroupId | None = None


@dataclass(slots=True)
class Room:
    """What stands in the projects and in the copy now, of all that some memories speak of.

    Who is put back takes his seats: the next one finds them taken.
    """

    projects: Collection[ProjectId]
    departments: Collection[tuple[ProjectId, DepartmentId]]
    subjects: Collection[tuple[ProjectId, str]]
    home_classes: Mapping[tuple[ProjectId, GroupId], Seats]
    lesson_groups: Mapping[tuple[ProjectId, LessonGroupId], Seats]
    students: set[tuple[ProjectId, StudentCode]]
    copied_groups: Collection[GroupId]
    copied_enrolments: Collection[EnrolmentId]
    copied_students: set[tuple[ProjectId, StudentCode]]

    def put_back(self, code: StudentCode, memory: Memory) -> tuple[Memory, list[LeftOver]]:
        """What of this student's memory fits, and what of the projects is left over.

        What the copy can no longer hold is not left over: it is the portal's, which says so itself.
        """
        fitting, left_over = Memory(), list[LeftOver]()
        for student in {one.project: one for one in memory.students}.values():
            obstacle = self._obstacle(code, student)
            if obstacle is not None:
                left_over.append(obstacle)
                continue
            placements = {p.subject: p for p in memory.placements if p.project == student.project}
            self.students.add((student.project, code))
            left_over += self._seat(student, placements.values(), fitting)
        fitting.enrolments += self._copied(code, memory)
        self.copied_students |= {(enrolment.project, code) for enrolment in fitting.enrolments}
        return fitting, left_over

    def _obstacle(self, code: StudentCode, student: RemovedStudent) -> LeftOver | None:
        """Why he cannot be in the project at all."""
        if student.project not in self.projects:
            return _left("project", student.project, WhyLeftOver.GONE)
        if (student.project, code) in self.students:
            return _left("project", student.project, WhyLeftOver.THERE_ALREADY)
        if (student.project, student.department) not in self.departments:
            return _left("department", student.department, WhyLeftOver.GONE)
        return None

    def _seat(
        self, student: RemovedStudent, placements: Collection[RemovedPlacement], fitting: Memory
    ) -> Iterator[LeftOver]:
        """His home class and lesson groups; without a seat he has the subject, but is not placed."""
        project, home_class, no_class = student.project, student.home_class, None
        if home_class is not None:
            no_class = _sit(self.home_classes.get((project, home_class)))
            if no_class is not None:
                yield _left("home_class", home_class, no_class)
                student = student.model_copy(update={"home_class": None})
        fitting.students.append(student)
        for placement in placements:
            if (project, placement.subject) not in self.subjects:
                yield _left("subject", placement.subject, WhyLeftOver.GONE)
                continue
            kept = placement
            if placement.group is not None:
                seats = self.lesson_groups.get((project, placement.group))
                follows = no_class is not None and seats is not None and seats.home_class == home_class
                why = no_class if follows else _sit(seats)
                if why is not None:
                    yield _left("lesson_group", placement.group, why)
                    kept = placement.model_copy(update={"group": None})
            fitting.placements.append(kept)

    def _copied(self, code: StudentCode, memory: Memory) -> Iterator[RemovedEnrolment]:
        for enrolment in {one.id: one for one in memory.enrolments}.values():
            there = (
                enrolment.id in self.copied_enrolments or (enrolment.project, code) in self.copied_students
            )
            if there or (enrolment.project, enrolment.department) not in self.departments:
                continue
            has_class = enrolment.home_class in self.copied_groups
            yield enrolment.model_copy(
                update={
                    "home_class": enrolment.home_class if has_class else None,
                    "groups": [group for group in enrolment.groups if group in self.copied_groups],
                }
            )


def _sit(seats: Seats | None) -> WhyLeftOver | None:
    """Take a seat; why not, if there is none."""
    if seats is None:
        return WhyLeftOver.GONE
    if seats.taken >= seats.hard_max:
        return WhyLeftOver.FULL
    seats.taken += 1
    return None


def _left(kind: str, key: int | str, why: WhyLeftOver) -> LeftOver:
    """Files name subjects as they like; a message takes printable ASCII."""
    return LeftOver(what=f"{kind}:{quote(str(key), safe=_AS_IT_IS)[:_LONGEST]}", why=why)
