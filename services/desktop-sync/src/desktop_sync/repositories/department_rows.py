"""What is read of departments for the options engine, and what is made of it.

PostgreSQL makes JSON of it: thousands of placements as rows would take several times as long.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from sqlalchemy import JSON, BigInteger, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from desktop_sync.options.timetable import Cycle, Department, Group, HomeClass, Hour, Student
from desktop_sync.repositories.rows import Found

_GROUP = """json_build_array(
  g.id, g.code, g.subject_code, g.home_class_id,
  (SELECT count(*) FROM placement AS p WHERE p.lesson_group_id = g.id),
  g.soft_max, g.hard_max,
  (
    SELECT json_agg(CASE WHEN slot.id IS NOT NULL THEN json_build_array(week, day, period) END)
    FROM lesson AS l LEFT JOIN slot ON slot.id = l.slot_id WHERE l.lesson_group_id = g.id
  )
)"""

# The branch of a department that the copy does not have any more is that of its students.
_DEPARTMENTS = f"""
SELECT department.id,
  (
    SELECT json_object_agg(s.code, json_build_array(s.home_class_id, (
      SELECT json_object_agg(p.subject_code, p.lesson_group_id)
      FROM placement AS p WHERE p.project_id = s.project_id AND p.student_code = s.code
    )))
    FROM student AS s WHERE s.project_id = :project AND s.department_id = department.id
  ) AS students,
  (
    SELECT json_agg(json_build_array(
      c.id, c.code, (SELECT count(*) FROM student AS s WHERE s.home_class_id = c.id), c.soft_max, c.hard_max
    ))
    FROM home_class AS c WHERE c.project_id = :project AND c.department_id = department.id
  ) AS classes,
  (
    SELECT json_agg({_GROUP})
    FROM lesson_group_department AS serves JOIN lesson_group AS g ON g.id = serves.lesson_group_id
    WHERE serves.department_id = department.id AND g.project_id = :project
      AND g.branch_id = department.branch_id
  ) AS offered,
  (
    SELECT json_agg(json_build_array(week, day, period))
    FROM slot WHERE slot.project_id = :project AND slot.branch_id = department.branch_id
  ) AS slots
FROM (
  SELECT asked.id, coalesce(copied.branch_id, (
    SELECT min(s.branch_id) FROM student AS s WHERE s.project_id = :project AND s.department_id = asked.id
  )) AS branch_id
  FROM unnest(:departments) AS asked (id) LEFT JOIN copy_department AS copied ON copied.id = asked.id
) AS department
"""  # noqa: S608 - of our own pieces
_GROUPS = f"SELECT {_GROUP} AS one FROM lesson_group AS g WHERE g.id = ANY(:groups)"  # noqa: S608 - the same
_IDS = ARRAY(BigInteger)

DEPARTMENTS = (
    text(_DEPARTMENTS)
    .bindparams(bindparam("departments", type_=_IDS))
    .columns(id=BigInteger, students=JSON, classes=JSON, offered=JSON, slots=JSON)
)
GROUPS = text(_GROUPS).bindparams(bindparam("groups", type_=_IDS)).columns(one=JSON)


@dataclass(frozen=True, slots=True)
class Rows:
    """What was read of one department. A group is id, code, subject, class, size, its maxima, its lessons."""

    students: Mapping[str, Any]
    classes: Collection[Any]
    offered: Collection[Any]
    slots: Collection[Any]

    @classmethod
    def of(cls, row: Found) -> Self:
        """What there is none of is NULL."""
        return cls(row.students or {}, row.classes or (), row.offered or (), row.slots or ())

    @property
    def foreign(self) -> set[int]:
        """Groups that its students are in though they are not offered."""
        in_use = {group for _, groups in self.students.values() for group in (groups or {}).values()}
        return in_use - {None} - {group[0] for group in self.offered}

    def assembled(self, groups: Mapping[int, Any]) -> Department:
        """`groups`: the foreign ones, of this department or of any.

        The cycle has the hours of the branch, and those of the groups that its students are in elsewhere.
        """
        known = [*self.offered, *(groups[group] for group in self.foreign)]
        lessons = {group[0]: _hours(group[-1] or ()) for group in known}
        cycle = Cycle.of([*_hours(self.slots), *(hour for hours in lessons.values() for hour in hours)])

        return Department(
            cycle=cycle,
            classes={one[0]: HomeClass(*one) for one in self.classes},
            groups={one[0]: _group(one, lessons[one[0]], cycle) for one in known},
            offered=frozenset(group[0] for group in self.offered),
            students={
                code: Student(code, home_class, groups or {})
                for code, (home_class, groups) in self.students.items()
            },
        )


def _hours(slots: Iterable[Any]) -> list[Hour]:
    """The hours of those lessons that have one."""
    return [Hour(*slot) for slot in slots if slot is not None]


def _group(told: Any, hours: list[Hour], cycle: Cycle) -> Group:
    *described, lessons = told
    unscheduled = len(lessons or ()) - len(hours)
    return Group(*[*described, cycle.mask(hours), unscheduled])
