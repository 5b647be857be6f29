"""What the door itself says no to; all else it passes on as the services say it."""

from shared.errors import InvalidInput, Refusal, TryLater


class ServiceAway(TryLater):
    """A service gave no answer. `params.service` says which."""


class FootprintIncomplete(TryLater):
    """Not every service told what it holds; "nothing left" would be a guess."""

    code = "footprint_incomplete"
    title = "Not every service could be asked what it holds"


class PreviewIncomplete(TryLater):
    """A preview that leaves something out would mislead."""

    code = "preview_incomplete"
    title = "Not every service could be asked what it holds"


class TooLarge(Refusal):
    code = "too_large"
    status = 413
    title = "The body is too large"


class WrongMediaType(Refusal):
    code = "wrong_media_type"
    status = 415
    title = "A body of this media type is not read here"


class ProjectFileInvalid(InvalidInput):
    """`params.problems` lists each with its place; `params.more` were found beyond those."""

    code = "project_file_invalid"
    title = "The project file cannot be read as it is"


class StudentFileInvalid(InvalidInput):
    """`params.problems` lists each with its row and column."""

    code = "student_file_invalid"
    title = "The list of students cannot be read as it is"


class ImportRunning(Refusal):
    """One import at a time for a school and a year."""

    code = "import_running"
    title = "An import for this school and year is under way"


class Unexpected(Refusal):
    """A mistake of ours, not of the caller."""

    code = "unexpected"
    status = 500
    title = "Something went wrong; it has been logged"
