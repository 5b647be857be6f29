"""What users says no to."""

from collections.abc import Mapping

from shared.errors import InvalidInput, NotAllowed, Refusal


class OwnAccount(Refusal):
    """Nobody locks himself out."""

    code = "own_account"
    title = "You cannot archive yourself"


class LastApplicationManager(Refusal):
    """Without an application manager nobody could let one in again."""

    code = "last_application_manager"
    title = "This is the last application manager"


class StudentsOnly(NotAllowed):
    """The student office works on students and guardians, not on its colleagues."""

    code = "students_only"
    title = "Your role allows this for students and their guardians only"


class NotAStudent(Refusal):
    """A departure names the code of somebody who works at the school: a person must look at it."""

    code = "not_a_student"
    title = "This account is not a student's"


class AccountIsArchived(Refusal):
    """An archived account is restored first, on purpose."""

    code = "account_archived"
    title = "This account is archived"


class MailRefused(Exception):
    """The mail server does not take this mail, now or ever; whose it was is nobody else's business."""


class StudentsRefused(InvalidInput):
    """`params.problems`: each row of the list that is wrong, with its code; nothing was taken over."""

    code = "students_refused"
    title = "The list of students cannot be taken over as it is"


class ImportRefused(InvalidInput):
    """`params.problems`: every place that is wrong with its code; nothing was imported."""

    code = "import_problems"
    title = "The people cannot be imported"


class WrongDetails(InvalidInput):
    """`params.errors`: the place and kind of each field of a person that is wrong, never its value."""

    def __init__(self, wrong: Mapping[str, str]) -> None:
        errors = [{"place": f"body.{field}", "kind": kind} for field, kind in sorted(wrong.items())]
        super().__init__("See params.errors", errors=errors)


class CodeInUse(Refusal):
    """Somebody else has this code; who he is, is not said."""

    code = "code_in_use"
    title = "This code is in use"


class UsernameInUse(Refusal):
    """Somebody else logs in with this name."""

    code = "username_in_use"
    title = "This user name is in use"
