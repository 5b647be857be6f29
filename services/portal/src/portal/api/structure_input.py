"""What may be said of the structure."""

from typing import Annotated, Any

from pydantic import Field

from shared.contracts.values import Authority
from shared.runtime.input import WORDED, Id, Input, ShortText

Code = Annotated[ShortText, Field(min_length=1, max_length=64), WORDED]
"""As long as in a project file: messages carry it."""
Name = Annotated[ShortText, Field(min_length=1), WORDED]
Size = Annotated[int, Field(ge=0, le=10_000)]


class DepartmentInput(Input):
    project: Id
    branch: Id
    code: Code
    name: Name
    home_class_authority: Authority


class DepartmentChange(Input):
    """What is absent stays as it is."""

    name: Name | None = None
    home_class_authority: Authority | None = None
    confirm_unsynchronised: bool = False

    def wanted(self) -> dict[str, Any]:
        """What is said, by field."""
        return self.model_dump(include={"name", "home_class_authority"}, exclude_none=True)


class GroupInput(Input):
    """`subject` is the code of the one for which it is a cluster group."""

    department: Id
    code: Code
    name: Name
    is_home_class: bool
    subject: Code | None = None
    soft_max: Size | None = None
    hard_max: Size | None = None

    def given(self) -> dict[str, Any]:
        """By field of a group."""
        return self.model_dump(exclude={"department", "subject"}) | {"subject_code": self.subject}


class GroupChange(Input):
    """What is absent stays as it is; a maximum of null is none."""

    code: Code | None = None
    name: Name | None = None
    soft_max: Size | None = None
    hard_max: Size | None = None

    def wanted(self) -> dict[str, Any]:
        """What is said, by field."""
        named = self.model_dump(include={"code", "name"}, exclude_none=True)
        return named | self.model_dump(include={"soft_max", "hard_max"}, exclude_unset=True)


class SubjectInput(Input):
    department: Id
    code: Code
    name: Name
    is_choosable: bool = True

    def given(self) -> dict[str, Any]:
        """By field of a subject."""
        return self.model_dump(exclude={"department"})


class SubjectChange(Input):
    """What is absent stays as it is."""

    code: Code | None = None
    name: Name | None = None
    is_choosable: bool | None = None

    def wanted(self) -> dict[str, Any]:
        """What is said, by field."""
        return self.model_dump(exclude_none=True)
