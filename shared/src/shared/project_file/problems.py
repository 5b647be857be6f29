"""What is wrong with a file: where, a stable code, and English. Never a person's name or address.

Values of the file are not repeated, since a name may stand in any column; only keys and ids that look
like keys and ids are.
"""

import re
from dataclasses import dataclass, field

PROBLEMS_LISTED = 1_000

Place = tuple[str | int, ...]

_PLAIN = re.compile(r"[A-Za-z0-9_.+#/-]{1,40}")


@dataclass(frozen=True, slots=True)
class Problem:
    place: str
    """As in `students[12].home_class`; empty for the file as a whole."""
    code: str
    text: str
    id: str | None = None
    """The id, in the file, of the object it is about."""

    @classmethod
    def at(cls, place: Place, code: str, text: str, object_id: object = None) -> "Problem":
        return cls(written(place), code, text, plain(object_id))


class ProjectFileProblems(Exception):
    """The file cannot be read. `more` problems were found beyond those listed."""

    def __init__(self, problems: list[Problem], more: int = 0) -> None:
        super().__init__(f"{len(problems) + more} problem(s) in the project file")
        self.problems = problems
        self.more = more


@dataclass(slots=True)
class Found:
    """The problems so far: listed up to a limit, counted after that."""

    limit: int = PROBLEMS_LISTED
    problems: list[Problem] = field(default_factory=list)
    more: int = 0

    def add(self, place: Place, code: str, text: str, object_id: object = None) -> None:
        if len(self.problems) < self.limit:
            self.problems.append(Problem.at(place, code, text, object_id))
        else:
            self.more += 1

    @property
    def full(self) -> bool:
        return len(self.problems) >= self.limit

    def stop_if_any(self) -> None:
        if self.problems:
            raise ProjectFileProblems(self.problems, self.more)


def written(place: Place) -> str:
    """The place as JSON path; a key that could be anything becomes `?`."""
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{plain(step) or '?'}" for step in place)
    return path.removeprefix(".")


def plain(value: object) -> str | None:
    """An id that can be shown, else None."""
    return value if isinstance(value, str) and _PLAIN.fullmatch(value) else None
