"""What the query says of a timetable in XHSTT."""

from typing import Annotated, Literal

from fastapi import Query
from pydantic import Field

from shared.runtime.input import CleanText
from shared.xhstt import Options

Words = Annotated[CleanText | None, Query(min_length=1, max_length=200)]
Type = Annotated[CleanText, Query(min_length=1, max_length=64)]
Size = Annotated[int, Query(ge=0, le=10_000)]
Department = Annotated[CleanText, Field(min_length=1, max_length=64)]


def options_of(  # noqa: PLR0913, PLR0917 - what a conversion is told
    instance: Words = None,
    solution: Words = None,
    student_type: Type = "Student",
    class_type: Type = "Class",
    class_prefix: Words = None,
    department: Annotated[list[Department], Query(max_length=500)] = [],  # noqa: B006
    home_class_led_by: Literal["portal", "desktop"] = "desktop",
    soft_max: Size = 30,
    hard_max: Size = 33,
) -> Options:
    """As docs/project-file.md tells them; a project file has no use for them."""
    return Options(
        instance,
        solution,
        student_type,
        class_type,
        class_prefix,
        tuple(department),
        home_class_led_by,
        soft_max,
        hard_max,
    )
