"""Closed lists of words that cross services, the wire and the page (names.md "Departure")."""

from enum import StrEnum


class Party(StrEnum):
    """Who sends or receives; the first segment of each message type is its owner."""

    PORTAL = "portal"
    USERS = "users"
    DESKTOP = "desktop"
    AUTOMATION = "automation"


class DepartureState(StrEnum):
    SCHEDULED = "scheduled"
    RUNNING = "running"
    COMPLETED = "completed"
    UNDOING = "undoing"
    UNDONE = "undone"
    CANCELLED = "cancelled"


class Step(StrEnum):
    """The four pieces of work of a departure (domain.md story 1)."""

    ENROLMENTS = "enrolments"
    PROGNOSES = "prognoses"
    ACCOUNT = "account"
    DESKTOP = "desktop"


class StepState(StrEnum):
    OPEN = "open"
    SENT = "sent"
    DONE = "done"
    KEPT = "kept"
    FAILED = "failed"
    UNDONE = "undone"


class DepartureReason(StrEnum):
    LEFT = "left"
    GRADUATED = "graduated"
    NEVER_CAME = "never_came"


class PrognosisPolicy(StrEnum):
    """What becomes of next year: removed when the departure is due, removed today, or kept."""

    REMOVE = "remove"
    REMOVE_NOW = "remove_now"
    KEEP = "keep"


class GuardianPolicy(StrEnum):
    """What becomes of guardians whose only active child leaves."""

    KEEP = "keep"
    ARCHIVE = "archive"


class Authority(StrEnum):
    """Who leads the home-class placement of a department (Stamklasindeling)."""

    PORTAL = "portal"
    DESKTOP = "desktop"


class PackagePolicy(StrEnum):
    """What becomes of the choice package on a change of department (domain.md story 3)."""

    KEEP = "keep"
    WIPE = "wipe"


class UploadResult(StrEnum):
    """What became of a student's row in an upload."""

    APPLIED = "applied"
    EQUAL = "equal"
    """The portal was so already."""
    CHANGED = "changed"
    """The portal changed since the copy was taken: a person chooses."""
    REFUSED = "refused"


class DeskAct(StrEnum):
    """By what a student's placements in the desktop changed."""

    IMPORT = "import"
    TAKE_OVER = "take_over"
    DOWNLOAD = "download"
    HAND = "hand"
    OPTION = "option"
    UNDO = "undo"


class EnrolmentKind(StrEnum):
    """Computed from the school year, never stored (names.md "Dates")."""

    PAST = "past"
    ENROLMENT = "enrolment"
    PROGNOSIS = "prognosis"


class UserKind(StrEnum):
    STUDENT = "student"
    STAFF = "staff"
    GUARDIAN = "guardian"


class WhyLeftOver(StrEnum):
    """Why a piece could not be brought back by an undo."""

    GONE = "gone"
    """What it belonged to is no longer there."""
    FULL = "full"
    """The group has reached its hard maximum."""
    THERE_ALREADY = "there_already"
    """Something else stands in its place now."""
