"""The shape of an answer about the room in a department."""

from pydantic import BaseModel

from desktop_sync.api.options_shown import ShownClass, ShownHour, ShownLessonGroup
from desktop_sync.api.students import ShownStudent
from shared.contracts.ids import DepartmentId, StudentCode
from shared.contracts.values import Authority


class Bucket(BaseModel):
    """How many students have from `least` up to `most` alternatives; `most` None: or more."""

    least: int
    most: int | None
    students: int


class FreeingLesson(BaseModel):
    """An hour of a group, with its lessons then; stood it elsewhere, the students had an alternative."""

    group: ShownLessonGroup
    subject: str
    hour: ShownHour
    lessons: list[int]
    students: list[StudentCode]


class FreeingGroup(BaseModel):
    """A full group; with a seat more the students had an alternative."""

    group: ShownLessonGroup
    subject: str
    size: int
    hard_max: int
    students: list[StudentCode]


class FreeingClass(BaseModel):
    """A full class; with a seat more in it and in its groups the students had an alternative."""

    home_class: ShownClass
    size: int
    hard_max: int
    students: list[StudentCode]


class StudentRoom(ShownStudent):
    alternatives: int
    freed_by_lessons: int
    freed_by_seats: int


class ShownFlexibility(BaseModel):
    """`stuck` have no alternative, `few` one or two; `held_by_more` are the stuck whom no single lesson or
    seat would free. What frees whom stands with who is freed most first; students by alternatives and name.
    """

    revision: int
    department: DepartmentId
    home_class_led_by: Authority | None
    max_clashes: int
    size: int
    stuck: int
    few: int
    held_by_more: int
    distribution: list[Bucket]
    lessons: list[FreeingLesson]
    full_groups: list[FreeingGroup]
    full_classes: list[FreeingClass]
    students: list[StudentRoom]
