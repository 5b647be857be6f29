"""What an archive does not say itself: which instance and solution, what a class is, how large it may be."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Options:
    """Without `instance` the archive must hold one; without `solution` the best one is taken.

    `class_prefix` begins the Ids or names of the student groups that are home classes; `departments` are
    codes that class names begin with, where the code without its last number or letter is not the department.
    """

    instance: str | None = None
    solution: str | None = None
    student_type: str = "Student"
    class_type: str = "Class"
    class_prefix: str | None = None
    departments: tuple[str, ...] = ()
    home_class_led_by: Literal["portal", "desktop"] = "desktop"
    soft_max: int = 30
    hard_max: int = 33
