"""What may come in: one strict base model, and types that keep odd text and numbers out of the columns."""

from typing import Annotated

from fastapi import Path, Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from shared.contracts.ids import STUDENT_CODE_PATTERN

MAX_BIGINT = 2**63 - 1


def clean(value: str) -> str:
    """No NUL, which PostgreSQL cannot hold, and no lone surrogate, which UTF-8 cannot. Raises ValueError."""
    if "\x00" in value or any("\ud800" <= sign <= "\udfff" for sign in value):
        raise ValueError("text with a character that cannot be stored")
    return value


CleanText = Annotated[str, AfterValidator(clean)]
ShortText = Annotated[CleanText, Field(max_length=200)]
Id = Annotated[int, Field(strict=True, ge=1, le=MAX_BIGINT)]
"""An id in a body: a number, not what could be read as one."""
QueryId = Annotated[int, Query(ge=1, le=MAX_BIGINT)]
PathId = Annotated[int, Path(ge=1, le=MAX_BIGINT)]
"""An id in a path; a malformed one answers 404, like an unknown one."""

PathStudent = Annotated[str, Path(pattern=STUDENT_CODE_PATTERN)]


class Input(BaseModel):
    """A request body: unknown fields and wrong types are refused, nothing is guessed."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, allow_inf_nan=False)
