"""What may come in: one strict base model, and types that keep odd text and numbers out of the columns."""

from datetime import date
from typing import Annotated

from fastapi import Path, Query
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from shared.contracts.ids import STUDENT_CODE_PATTERN

MAX_BIGINT = 2**63 - 1


def clean(value: str) -> str:
    """No NUL, which PostgreSQL cannot hold, and no lone surrogate, which UTF-8 cannot. Raises ValueError."""
    if "\x00" in value or any("\ud800" <= sign <= "\udfff" for sign in value):
        raise ValueError("text with a character that cannot be stored")
    return value


CleanText = Annotated[str, AfterValidator(clean)]
ShortText = Annotated[CleanText, Field(max_length=200)]


def worded(value: str) -> str:
    """Something that can be read, without spaces around it. Raises ValueError."""
    if not value or value != value.strip() or not value.isprintable():
        raise ValueError("blank, or with spaces around it")
    return value


WORDED = AfterValidator(worded)
"""For a name or a code: `Annotated[ShortText, WORDED]`."""
OF_ID = Field(strict=True, ge=1, le=MAX_BIGINT)
"""For an id with a name of its own: `Annotated[ProjectId, OF_ID]`."""
Id = Annotated[int, OF_ID]
"""An id in a body: a number, not what could be read as one."""


def digits(value: object) -> object:
    """In a URL a number has one spelling: "1.0" is none, nor is " 1". Raises ValueError."""
    if isinstance(value, str) and not (value.isascii() and value.isdigit() and value[0] != "0"):
        raise ValueError("no number")
    return value


QueryId = Annotated[int, BeforeValidator(digits), Query(ge=1, le=MAX_BIGINT)]
PathId = Annotated[int, BeforeValidator(digits), Path(ge=1, le=MAX_BIGINT)]
"""An id in a path; a malformed one answers 404, like an unknown one."""

PathStudent = Annotated[str, Path(pattern=STUDENT_CODE_PATTERN)]


def spelled(value: object) -> object:
    """A date is written out: no number of seconds is taken for one. Raises ValueError."""
    if isinstance(value, int | float):
        raise ValueError("no date")  # noqa: TRY004 - pydantic takes a ValueError for what is wrong
    return value


SPELLED = BeforeValidator(spelled)
Day = Annotated[date, SPELLED]


class Input(BaseModel):
    """A request body: unknown fields and wrong types are refused, nothing is guessed."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, allow_inf_nan=False)
