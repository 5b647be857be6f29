"""Which home class and lesson groups a student could have in the present timetable (mogelijkheden)."""

from asyncio import to_thread
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Literal

from desktop_sync.errors import AnotherPackage, DepartureRunning, PortalIsLeading, UnknownInQuestion
from desktop_sync.features.kept_departments import kept_departments
from desktop_sync.options.explanation import Explanation, explain
from desktop_sync.options.listing import Listing, list_options
from desktop_sync.options.option import Option
from desktop_sync.options.question import Question
from desktop_sync.options.swaps import SwapListing, list_swaps
from desktop_sync.options.timetable import Department, Student
from desktop_sync.repositories.departments import Look
from desktop_sync.unit_of_work import DesktopUnitOfWork
from shared.contracts.ids import GroupId, ProjectId, StudentCode
from shared.contracts.values import Authority
from shared.runtime.access import Scope

NO_SWAPS = SwapListing(0, (), complete=True)

Home = Literal["any", "current"] | GroupId


@dataclass(frozen=True, slots=True)
class Asked:
    """What a timetabler asks: subjects by code, lesson groups and slots by id.

    `home` None: any class where the desktop leads, the present one where the portal does. `package` None: the
    subjects he has. `swaps`: how many others may have to move for him.
    """

    k: int
    max_clashes: int
    home: Home | None = None
    lock: frozenset[str] = field(default_factory=frozenset)
    exclude: frozenset[int] = field(default_factory=frozenset)
    block: frozenset[int] = field(default_factory=frozenset)
    package: frozenset[str] | None = None
    swaps: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """The options, and all that is needed to show them; `explanation` where he can stand nowhere else."""

    look: Look
    department: Department
    student: Student
    listing: Listing
    swaps: SwapListing = NO_SWAPS
    explanation: Explanation | None = None

    def is_present(self, option: Option) -> bool:
        """Whether that is how he stands now."""
        return option.home_class == self.student.home_class and option.groups == self.student.groups

    def why_not(self, option: Option) -> str | None:
        """The code of the refusal that who chooses it would meet."""
        if self.is_present(option):
            return None
        if self.look.departs:
            return DepartureRunning.code
        if option.home_class != self.student.home_class and self.portal_leads:
            return PortalIsLeading.code
        return None if option.groups.keys() == self.student.groups.keys() else AnotherPackage.code

    @property
    def fits(self) -> bool:
        """Whether there is an option other than how he stands now."""
        return self.listing.total > 1 or not all(map(self.is_present, self.listing.rows))

    @property
    def portal_leads(self) -> bool:
        return self.look.led_by is Authority.PORTAL


async def options_of(
    uow: DesktopUnitOfWork, project: ProjectId, code: StudentCode, asked: Asked, scope: Scope
) -> Answer:
    """All options, the best k of them listed. Raises NotFound, UnknownInQuestion.

    Of a department that is kept one statement reads all that is not: where he is, at which version of the
    project, and who leads there.
    """
    await uow.timetable_departments.look_once()
    look = await uow.timetable_departments.of_student(project, code, scope)
    department = await kept_departments.at(uow, look.version, project, look.department)
    student = department.students[code]
    hours = await uow.timetable_departments.hours(project, look.branch) if asked.block else {}
    _refuse_unknown(department, student, asked, hours.keys())
    question = Question(
        student=code,
        k=asked.k,
        max_clashes=asked.max_clashes,
        homes=_homes(department, student, asked.home, look.led_by),
        locked=asked.lock,
        excluded=asked.exclude,
        blocked=department.cycle.mask(hours[slot] for slot in asked.block),
        subjects=asked.package,
    )
    answer = Answer(look, department, student, list_options(department, question))
    if not answer.fits:
        found = explain(department, question, portal_leads=answer.portal_leads)
        answer = replace(answer, explanation=found)
    if asked.swaps:
        # May take some tens of milliseconds, in which others are to be answered.
        swaps = await to_thread(list_swaps, department, question, depth=asked.swaps)
        answer = replace(answer, swaps=swaps)
    return answer


def _homes(
    department: Department, student: Student, home: Home | None, led_by: Authority | None
) -> tuple[int | None, ...] | None:
    if home is None:
        home = "current" if led_by is Authority.PORTAL else "any"
    if home == "any":
        return None
    home_class = student.home_class if home == "current" else home
    return (home_class,) if home_class is None or home_class in department.classes else ()


def _refuse_unknown(department: Department, student: Student, asked: Asked, slots: Collection[int]) -> None:
    """Raises UnknownInQuestion."""
    subjects = department.by_subject.keys() | student.groups.keys()
    unknown = {
        "home": {asked.home} - {None, "any", "current"} - department.classes.keys(),
        "lock": asked.lock - student.groups.keys(),
        "exclude": asked.exclude - department.groups.keys(),
        "block": asked.block - set(slots),
        "package": (asked.package or frozenset()) - subjects,
    }
    if any(unknown.values()):
        raise UnknownInQuestion(unknown={name: sorted(of) for name, of in unknown.items() if of})
