"""What the portal refuses (names.md "Departure": the codes are fixed)."""

from shared.errors import InvalidInput, Refusal


class UnknownStudents(InvalidInput):
    """Some students of a list are unknown, or outside the caller's scope; nothing of the list happens."""

    code = "unknown_students"
    title = "Some students are not known here"


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
    """The student is at several schools, or not at the one named: say which one he leaves."""

    code = "school_undecided"
    title = "Say which school the student leaves"


class NotPlannable(InvalidInput):
    """Departures on a later date come with the next part of the work."""

    code = "leaves_on_in_future"
    title = "A departure cannot be planned for a later date yet"


class ImportRefused(InvalidInput):
    """The project file does not fit what is here; every problem is listed, nothing was loaded."""

    code = "import_refused"
    title = "The project cannot be imported as it is"
