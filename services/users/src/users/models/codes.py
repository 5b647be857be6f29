"""What a code looks like: a student's is a number, and no guardian's looks like one."""

import re
from typing import Final

from shared.contracts.ids import STUDENT_CODE_PATTERN
from shared.contracts.values import UserKind
from shared.project_file.format import GUARDIAN_CODE, STAFF_CODE

_CODES: Final = {
    UserKind.STUDENT: (re.compile(STUDENT_CODE_PATTERN.rstrip("$")), "not_digits"),
    UserKind.STAFF: (re.compile(STAFF_CODE), "malformed_code"),
    UserKind.GUARDIAN: (re.compile(GUARDIAN_CODE), "malformed_code"),
}


def wrong_with(code: str, kind: UserKind) -> str | None:
    """The kind of what is wrong with this code of somebody of this kind."""
    pattern, problem = _CODES[kind]
    return None if pattern.fullmatch(code) else problem
