"""What a school sent, as a project file."""

from shared import xhstt
from shared.project_file import read_project_file


def read_project(raw: bytes, options: xhstt.Options | None) -> xhstt.Converted:
    """With options it is a timetable in XHSTT, else a project file. Raises ProjectFileProblems."""
    if options is not None:
        return xhstt.convert(raw, options)
    return xhstt.Converted(read_project_file(raw), [])
