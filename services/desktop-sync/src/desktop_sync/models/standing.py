"""How a student stands in a project: department, home class, his subjects and the lesson group of each."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from desktop_sync.models.lesson_group import LessonGroupId
from shared.contracts.facts import Difference
from shared.contracts.ids import BranchId, DepartmentId, GroupId, StudentCode

_LONGEST_CODE = 64
_LONGEST_WHAT = 80


@dataclass(frozen=True, slots=True)
class Named:
    """A thing of the project or of the portal, and its code."""

    id: int
    code: str


@dataclass(frozen=True, slots=True)
class Standing:
    """`groups`: by subject the lesson group he has it in; None: not placed."""

    student: StudentCode
    branch: BranchId
    department: DepartmentId
    department_code: str | None
    home_class: Named | None
    groups: Mapping[str, Named | None]

    @property
    def class_id(self) -> GroupId | None:
        return None if self.home_class is None else GroupId(self.home_class.id)

    @property
    def unplaced(self) -> list[str]:
        """Subjects for which he has no lesson group, as messages carry them."""
        return [as_told(subject) for subject, group in sorted(self.groups.items()) if group is None]

    def group_ids(self) -> list[LessonGroupId]:
        return [LessonGroupId(group.id) for group in self.groups.values() if group is not None]


def differences(before: Standing | None, after: Standing) -> list[Difference]:
    """What is otherwise now, by codes; of a newcomer that is all he has."""
    return list(_differences(before, after))


def _differences(before: Standing | None, after: Standing) -> Iterator[Difference]:
    had = {} if before is None else before.groups
    if before is None or before.department != after.department:
        old_department = None if before is None else before.department_code
        yield _difference("department", old_department, after.department_code)
    yield from _other("home_class", None if before is None else before.home_class, after.home_class)
    for subject in sorted(had.keys() | after.groups.keys()):
        place = quote(subject, safe="")[:_LONGEST_WHAT]
        if subject not in had:
            yield _difference(f"subject:{place}", None, subject)
        if subject not in after.groups:
            yield _difference(f"subject:{place}", subject, None)
        yield from _other(f"group:{place}", had.get(subject), after.groups.get(subject))


def _other(what: str, before: Named | None, after: Named | None) -> Iterator[Difference]:
    if (before is None or after is None or before.id != after.id) and before is not after:
        yield _difference(
            what, None if before is None else before.code, None if after is None else after.code
        )


def _difference(what: str, before: str | None, after: str | None) -> Difference:
    return Difference(what=what, before=_shortened(before), after=_shortened(after))


def _shortened(code: str | None) -> str | None:
    return None if code is None else as_told(code)


def as_told(code: str) -> str:
    """Files name things as they like; a message carries so much of it."""
    return code[:_LONGEST_CODE]
