"""The shape of an answer about options. It says what the document says; the answer itself is made plainly."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from desktop_sync.models.lesson_group import LessonGroupId
from desktop_sync.models.timetable import CycleWeek
from desktop_sync.options.explanation import Reason
from desktop_sync.options.relaxing import Kind
from shared.contracts.ids import GroupId, StudentCode
from shared.contracts.values import Authority


class ShownClass(BaseModel):
    id: GroupId
    code: str


class ShownLessonGroup(BaseModel):
    id: LessonGroupId
    code: str


class ShownHome(BaseModel):
    """The home class; the sizes are of the one he comes to."""

    from_: Annotated[ShownClass | None, Field(alias="from")]
    to: ShownClass | None
    size_after: int | None
    soft_max: int | None
    hard_max: int | None


class ShownSubjectMove(BaseModel):
    """A subject that he has in another group then; the sizes are of the one he comes to.

    `why`: the group is bound to his new class and follows it, he had none, the subject is not in the package
    that was asked about, or it is simply another.
    """

    subject: str
    from_: Annotated[ShownLessonGroup | None, Field(alias="from")]
    to: ShownLessonGroup | None
    why: Literal["chosen", "follows_class", "newly_placed", "dropped"]
    size_after: int | None
    soft_max: int | None
    hard_max: int | None
    unscheduled: int


class ShownHour(BaseModel):
    """`week` None: in each."""

    week: CycleWeek | None
    day: int
    period: int


class ShownOther(BaseModel):
    """Another student who has to move for it."""

    student: StudentCode
    moves: list[ShownSubjectMove]


class ShownOption(BaseModel):
    """A row. `id` is the assignment itself, to be applied as it is.

    `current`: how he stands now. `changes`, `overfull`, `balance`: docs/decisions/0009. `gaps`: idle hours
    then. `unscheduled`: lessons of his groups that have no slot. `allowed`: whether it may be applied, else
    `why_not` is the code of the refusal.
    """

    id: str
    kind: Literal["plain", "swap"]
    current: bool
    home_class: ShownHome
    moves: list[ShownSubjectMove]
    clashes: int
    clash_slots: list[ShownHour]
    changes: int
    overfull: int
    balance: int
    gaps: int
    gaps_now: int
    unscheduled: int
    others: list[ShownOther]
    allowed: bool
    why_not: str | None


class ShownConflict(BaseModel):
    """Subjects that he cannot have together, though he can have any fewer of them.

    `groups`: with no_place the full ones that would do, with no_time all he could be in. `hours`: where what
    is open to him meets.
    """

    subjects: list[str]
    reason: Reason
    groups: list[ShownLessonGroup]
    hours: list[ShownHour]


class ShownRelaxation(BaseModel):
    """What would open it: another class, a seat more in each of the groups (and in the class, where one is
    named), so many clashes, in these hours, or these subjects not.
    """

    kind: Kind
    home_class: ShownClass | None
    groups: list[ShownLessonGroup]
    clashes: int
    hours: list[ShownHour]
    subjects: list[str]


class ShownText(BaseModel):
    nl: str
    en: str


class ShownExplanation(BaseModel):
    """`reason` None: how he stands now is all there is. `sets`: the smallest conflicts, all of them; `slots`:
    the hours of all of them. `elsewhere`: classes in which he fits, but the portal leads. `cheapest`: what
    would open it, the least first, each tried.
    """

    reason: Reason | None
    text: ShownText
    sets: list[ShownConflict]
    slots: list[ShownHour]
    elsewhere: list[ShownClass]
    cheapest: list[ShownRelaxation]


class ShownOptions(BaseModel):
    """`fits`: there is an option other than how he stands now. `total`: how many there are, of which these
    are the best; `complete`: these are all. After them the best of the `swaps_total` swaps; `swaps_complete`:
    these are all there are. `explanation`: why nothing fits but how he stands now, if that.
    """

    revision: int
    fits: bool
    total: int
    complete: bool
    home_class_led_by: Authority | None
    gaps_now: int
    rows: list[ShownOption]
    swaps_total: int
    swaps_complete: bool
    explanation: ShownExplanation | None
