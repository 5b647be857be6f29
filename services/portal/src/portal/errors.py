"""What the portal refuses (names.md "Departure": the codes are fixed)."""

from enum import StrEnum

from shared.errors import InvalidInput, Refusal


class UnknownStudents(InvalidInput):
    """Some students of a list are unknown, or outside the caller's scope; nothing of the list happens."""

    code = "unknown_students"
    title = "Some students are not known here"


class UnknownDepartures(InvalidInput):
    """Some departures of a list are unknown, or outside the caller's scope; nothing of the list happens."""

    code = "unknown_departures"
    title = "Some departures are not known here"


class AlreadyEnrolled(Refusal):
    """The student has an enrolment in this project: his department changes, or a second is said to be one."""

    code = "already_enrolled"
    title = "This student is enrolled there already"


class AlreadyDeparted(Refusal):
    """A departure of the student was completed, and nothing of him is left at this school."""

    code = "already_departed"
    title = "This student has left already"


class DepartureRunning(Refusal):
    """A departure of the student is under way: his placements are locked."""

    code = "departure_running"
    title = "A departure of this student is under way"


class DepartureScheduled(Refusal):
    """A departure of the student is planned."""

    code = "departure_scheduled"
    title = "A departure of this student is planned"


class ThresholdExceeded(Refusal):
    """More students in one request than a school loses by intention; confirm to go on."""

    code = "threshold_exceeded"
    title = "So many students at once need a confirmation"


class SchoolUndecided(InvalidInput):
    """The student is at several schools: say which one he leaves."""

    code = "school_undecided"
    title = "Say which school the student leaves"


class NotAtSchool(InvalidInput):
    """The student is not at the school he is said to leave."""

    code = "not_at_school"
    title = "The student is not at this school"


class AlreadyUndone(Refusal):
    """The departure was taken back or called off before, or the change of a student was taken back."""

    code = "already_undone"
    title = "This has been taken back already"


class UndoWindowOver(Refusal):
    """Too long ago to be taken back: enrol the student anew."""

    code = "undo_window_over"
    title = "This departure is too long ago to be taken back"


class StepNotOpen(Refusal):
    """Nothing of this step is under way."""

    code = "step_not_open"
    title = "This step has nothing to try again"


class LeavesTooLate(InvalidInput):
    """A departure is planned at most 400 days ahead (names.md "Dates")."""

    code = "leaves_on_too_late"
    title = "A departure cannot be planned so far ahead"


class NotLeftOver(Refusal):
    """Some of what was picked is no leftover any more, or out of the caller's scope; nothing happens."""

    code = "not_left_over"
    title = "Some of these are no leftovers any more"


class KeptYearHasBegun(InvalidInput):
    """With a last day in an earlier school year, what he would keep is not next year's but this year's."""

    code = "kept_year_has_begun"
    title = "The school year that is to be kept has begun: remove it, or give a last day in it"


class UnsynchronisedClasses(Refusal):
    """Home classes of the department differ between portal and desktop: who leads then decides; confirm."""

    code = "unsynchronised"
    title = "Home classes in portal and desktop differ; confirm to go on"


class SoftMaxAboveHardMax(InvalidInput):
    """A group is full at its hard maximum: what warns must come before."""

    code = "soft_max_above_hard_max"
    title = "The soft maximum is above the hard maximum"


class CodeInUse(Refusal):
    """Another department, group or subject beside it has this code."""

    code = "code_in_use"
    title = "This code is in use already"


class InUse(Refusal):
    """Students lose something by it: look at its dissolution, and confirm; enrolments are never lost so."""

    code = "in_use"
    title = "Students are placed here"


class UnknownSubject(InvalidInput):
    """The department does not offer the subject."""

    code = "unknown_subject"
    title = "The department does not offer this subject"


class LaterDeparture(Refusal):
    """The student has left again since, and what is left of him is for that departure to bring back."""

    code = "later_departure"
    title = "A later departure of this student stands; take that one back first"


class ImportRefused(InvalidInput):
    """The project file does not fit what is here; every problem is listed, nothing was loaded."""

    code = "import_refused"
    title = "The project cannot be imported as it is"


class UnknownProposals(InvalidInput):
    """Some proposals of a list are unknown, or outside the caller's scope; nothing of the list happens."""

    code = "unknown_proposals"
    title = "Some proposals are not known here"


class ProposalNotOpen(Refusal):
    """It was accepted, dismissed or withdrawn meanwhile; nothing of the list happens."""

    code = "proposal_not_open"
    title = "This proposal is not open any more"


class StudentsRefused(InvalidInput):
    """The list of students does not fit what is here: `problems` by row, `place` where it is not a row's."""

    code = "students_refused"
    title = "The list of students cannot be taken over as it is"


class UrlFault(StrEnum):
    """Why a webhook may not be sent to a URL."""

    NOT_HTTPS = "not_https"
    CREDENTIALS = "credentials"
    UNKNOWN_HOST = "unknown_host"
    PRIVATE_ADDRESS = "private_address"


class WebhookUrlRefused(InvalidInput):
    """The portal does not send to this URL; `fault` says why."""

    code = "webhook_url_refused"
    title = "A webhook cannot be sent to this URL"


class WebhookOff(Refusal):
    """The webhook is switched off, and nothing is sent to it."""

    code = "webhook_off"
    title = "This webhook is switched off"


class TooManyWebhooks(Refusal):
    """Each webhook has a lane of its own; an installation has a bounded number of them."""

    code = "too_many_webhooks"
    title = "There are as many webhooks as there may be"


class DesktopIsLeading(Refusal):
    """The desktop leads the home classes of this department: its options say what fits the timetable."""

    code = "desktop_is_leading"
    title = "The home classes of this department are led by the desktop"


class NotAHomeClassHere(InvalidInput):
    """Unknown, a cluster group, or a class of another department: one answer for the three."""

    code = "not_a_home_class_here"
    title = "This is not a home class of the student's department"


class ClassFull(Refusal):
    """The home class has reached its hard maximum."""

    code = "class_full"
    title = "This home class is full"


class ChangesRefused(InvalidInput):
    """Some changes of a list cannot be; `problems` names each by index, and nothing of the list happens."""

    code = "changes_refused"
    title = "Some of these changes cannot be made"


class ListedTwice(InvalidInput):
    """What a list asks of one enrolment, student or subject it asks once."""

    code = "listed_twice"
    title = "This stands in the list more than once"


class SameDepartment(Refusal):
    """The student is in this department: another profile or home class is no change of department."""

    code = "same_department"
    title = "The student is in this department already"


class OtherSchoolYear(InvalidInput):
    """A change of department stays within one school year."""

    code = "other_school_year"
    title = "This department is of another school year"


class ChoicePackageUndecided(Refusal):
    """The student has a choice package: say whether it is kept or wiped."""

    code = "choice_package_undecided"
    title = "Say what becomes of the choice package: keep or wipe"


class NotChoosable(InvalidInput):
    """The department does not let choose these subjects."""

    code = "not_choosable"
    title = "Some of these subjects cannot be chosen in this department"


class EnrolmentUndecided(InvalidInput):
    """The student has several enrolments this school year: say which one is meant."""

    code = "enrolment_undecided"
    title = "Say which enrolment is meant"


class Overtaken(Refusal):
    """Something later stands on the change: take that back first, or change it anew."""

    code = "overtaken"
    title = "Something later stands on this change"


class NotUndoable(Refusal):
    """An entry of the history that is no change of the portal, or itself takes one back."""

    code = "not_undoable"
    title = "This cannot be taken back from the history"
