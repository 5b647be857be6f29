"""What is asked about a lesson elsewhere, and the shape of the answer."""

from pydantic import BaseModel

from desktop_sync.api.options_shown import ShownHome, ShownHour, ShownLessonGroup, ShownSubjectMove
from desktop_sync.api.students import ShownStudent
from shared.runtime.input import Id, Input


class SlotInput(Input):
    slot: Id


class ShownMeeting(BaseModel):
    """Another group of the student in which he has a lesson at once with this one."""

    group: ShownLessonGroup
    subject: str
    hours: list[ShownHour]


class ShownWayOut(BaseModel):
    """His best option in the timetable as it would be."""

    home_class: ShownHome
    moves: list[ShownSubjectMove]
    clashes: int
    changes: int
    gaps: int


class TouchedStudent(ShownStudent):
    """`gains` and `loses`: with which of his groups the lesson clashes anew, and no more.

    `way_out`: for who clashes anew, how he has no more clashes than now; none: he has `clashes`.
    """

    clashes_now: int
    clashes: int
    gains: list[ShownMeeting]
    loses: list[ShownMeeting]
    gaps_now: int
    gaps: int
    way_out: ShownWayOut | None


class ShownWhatIf(BaseModel):
    """`elsewhere`: students of the group in branches the caller does not see; all other numbers are of the
    others. `clashing` anew, `without_way_out` among them, `relieved` of a clash. Each student is judged by
    himself: two may count on the same seat.
    """

    revision: int
    lesson: int
    group: ShownLessonGroup
    subject: str
    now: ShownHour | None
    then: ShownHour
    size: int
    elsewhere: int
    clashing: int
    without_way_out: int
    relieved: int
    gaps_gained: int
    gaps_lost: int
    students: list[TouchedStudent]
