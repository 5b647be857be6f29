"""What a departure would do to each student, and why it would be refused: shown first, and judged again.

The preview and the request look with the same eyes, so what was shown is what happens.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from portal.errors import (
    DepartureRunning,
    KeptYearHasBegun,
    LeavesTooLate,
    NotAtSchool,
    SchoolUndecided,
    UnknownStudents,
)
from portal.models.departure import Departure, kept_steps
from portal.models.departure_table import Event
from portal.models.student import Enrolment, Student
from portal.unit_of_work import PortalUnitOfWork
from shared import clock
from shared.contracts.ids import BranchId, SchoolId, StudentCode
from shared.contracts.values import (
    DepartureReason,
    EnrolmentKind,
    GuardianPolicy,
    PrognosisPolicy,
    Step,
)
from shared.errors import Refusal
from shared.runtime.access import Scope

FARTHEST = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for some students."""

    students: Sequence[StudentCode]
    leaves_on: date | None
    reason: DepartureReason
    prognoses: PrognosisPolicy
    guardians: GuardianPolicy = GuardianPolicy.KEEP
    school: SchoolId | None = None

    @property
    def last_day(self) -> date:
        """Without a date the student leaves today."""
        return self.leaves_on or clock.today()

    @property
    def school_year(self) -> int:
        """The year that decides what is an enrolment and what a prognosis."""
        return clock.school_year_of(self.last_day)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a departure would do in the portal, or why it is refused."""

    student: Student
    school: SchoolId | None
    branch: BranchId
    enrolments: list[Enrolment]
    prognoses: list[Enrolment]
    kept: dict[Step, str]
    refusal: Refusal | None


@dataclass(frozen=True, slots=True)
class Sight:
    """Some students as one caller sees them: all that his wishes for them are judged by."""

    scope: Scope
    students: dict[StudentCode, Student]
    live: dict[StudentCode, list[Enrolment]]
    """Of this school year and later: what is earlier is history, not shown and not touched."""
    earlier: dict[StudentCode, list[Departure]]
    """The newest first."""


async def sight_of(uow: PortalUnitOfWork, codes: Collection[StudentCode], scope: Scope) -> Sight:
    """Those of these students that are within the scope now, locked."""
    this_year = clock.school_year_of(clock.today())
    students = await uow.students.lock_present(codes, scope, this_year)
    live = await uow.enrolments.of(students, since=this_year)
    return Sight(scope, students, live, await uow.departures.of_students(students))


def outlooks_in(sight: Sight, wish: Wish) -> list[Outlook]:
    """What would happen to each student; changes nothing. Raises UnknownStudents, LeavesTooLate,
    KeptYearHasBegun.
    """
    if wish.last_day > clock.today() + FARTHEST:
        raise LeavesTooLate
    if wish.prognoses is PrognosisPolicy.KEEP and wish.school_year < clock.school_year_of(clock.today()):
        raise KeptYearHasBegun
    wanted = set(wish.students)
    if unknown := sorted(wanted - sight.students.keys()):
        raise UnknownStudents(students=unknown)
    return [_outlook(wish, student, sight) for code, student in sight.students.items() if code in wanted]


def _outlook(wish: Wish, student: Student, sight: Sight) -> Outlook:
    scope, earlier = sight.scope, sight.earlier[student.code]
    live = [one for one in sight.live[student.code] if one.school_year >= wish.school_year]
    school = _school(wish, student, live, scope)
    here = [enrolment for enrolment in live if enrolment.school_id == school]
    branch = next((enrolment.branch_id for enrolment in here), student.branch_id)
    refusal = _refusal(student, school, live, earlier, scope)
    return outlook_at(wish, student, school, branch, live, refusal)


def outlook_at(  # noqa: PLR0913, PLR0917 - what it is made of
    wish: Wish,
    student: Student,
    school: SchoolId | None,
    branch: BranchId,
    live: list[Enrolment],
    refusal: Refusal | None = None,
) -> Outlook:
    """What leaving this school would do to a student who has these enrolments."""
    here = [enrolment for enrolment in live if enrolment.school_id == school]
    return Outlook(
        student=student,
        school=school,
        branch=branch,
        enrolments=[e for e in here if e.kind_in(wish.school_year) is EnrolmentKind.ENROLMENT],
        prognoses=[e for e in here if e.kind_in(wish.school_year) is EnrolmentKind.PROGNOSIS],
        kept=kept_steps(school, wish.prognoses, live) if school else {},
        refusal=refusal,
    )


def _school(wish: Wish, student: Student, live: list[Enrolment], scope: Scope) -> SchoolId | None:
    """The school he leaves: the one that is named, or the only one the caller has him at; None: undecided."""
    if wish.school is not None:
        return wish.school
    inside = [enrolment for enrolment in live if scope.contains(enrolment.branch_id)]
    running = {e.school_id for e in inside if e.kind_in(wish.school_year) is EnrolmentKind.ENROLMENT}
    known = running or {e.school_id for e in inside} or {student.school_id}
    return next(iter(known)) if len(known) == 1 else None


def _is_at(school: SchoolId, student: Student, live: list[Enrolment], scope: Scope) -> bool:
    """Whether the caller has him at this school: by his own branch, or by an enrolment."""
    if student.school_id == school and scope.contains(student.branch_id):
        return True
    return any(e.school_id == school and scope.contains(e.branch_id) for e in live)


def _refusal(
    student: Student,
    school: SchoolId | None,
    live: list[Enrolment],
    earlier: Sequence[Departure],
    scope: Scope,
) -> Refusal | None:
    for departure in earlier:
        if departure.is_bringing_back:
            return DepartureRunning(**departure.named)
        if departure.is_open:
            return departure.refusal_of(Event.REQUEST)
    if school is None:
        return SchoolUndecided(student=student.code)
    last = next((departure for departure in earlier if departure.school_id == school), None)
    here = any(enrolment.school_id == school for enrolment in live)
    if last and not here and (refusal := last.refusal_of(Event.REQUEST)):
        return refusal
    if not _is_at(school, student, live, scope):
        return NotAtSchool(student=student.code, school=school)
    return None
