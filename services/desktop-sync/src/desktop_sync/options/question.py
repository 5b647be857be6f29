"""What is asked about one student."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Question:
    """`homes`: the classes that are looked at, None for all of the department.

    `locked` subjects keep their group, `excluded` groups are not joined and not kept, in the `blocked` hours
    (a mask) he cannot be. `subjects` is the package that is looked at, None for the one he has. Without
    `seats` a full group or class may be joined.
    """

    student: str
    k: int = 20
    max_clashes: int = 0
    homes: tuple[int | None, ...] | None = None
    locked: frozenset[str] = field(default_factory=frozenset)
    excluded: frozenset[int] = field(default_factory=frozenset)
    blocked: int = 0
    subjects: frozenset[str] | None = None
    seats: bool = True
    without_present: bool = False
