"""Enrolling a student in a department: a newcomer whom users has registered, or one who comes back.

Once a departure can no longer be undone, this is the way back: a new enrolment, under a new id; a second
departure is then a new one. Whoever may restore his account reopens it with it; for others it stays archived.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self

from portal.errors import AlreadyEnrolled, UnknownStudents
from portal.features.history import note_change, told_enrolment
from portal.features.placement import announce_placement
from portal.features.placement_sight import PlacementSight
from portal.models.history_entry import HistoryWhat
from portal.models.structure import Department, Project
from portal.models.student import Enrolment
from portal.unit_of_work import PortalUnitOfWork
from shared import clock
from shared.contracts.changes import ReopenAccount, StudentEnrolled
from shared.contracts.ids import BranchId, DepartmentId, SchoolId, StudentCode
from shared.contracts.message import Message
from shared.contracts.rights import Permission
from shared.contracts.values import UserKind
from shared.errors import NotFound
from shared.runtime.access import RoleHolder, Scope


@dataclass(frozen=True, slots=True)
class EnrolWish:
    """`second`: on purpose beside another enrolment in the same project, in another department."""

    student: StudentCode
    department: DepartmentId
    second: bool
    asker: RoleHolder
    because: Message | None = None

    @property
    def scope(self) -> Scope:
        return self.asker.scope(Permission.CHANGE_ENROLMENTS)


@dataclass(slots=True)
class EnrolRound:
    """Some students are enrolled: look once, judge one by one, carry all of it out at once."""

    sight: PlacementSight
    places: Mapping[int, tuple[Department, Project]]
    branches: Mapping[StudentCode, set[BranchId]]
    archived: set[StudentCode]
    made: list[tuple[EnrolWish, Enrolment]] = field(default_factory=list)

    @classmethod
    async def of(cls, uow: PortalUnitOfWork, wishes: Iterable[EnrolWish]) -> Self:
        """Each student once. A newcomer is noted at the branch that enrols him."""
        wishes = list(wishes)
        codes, departments = {wish.student for wish in wishes}, {wish.department for wish in wishes}
        places = await uow.structure.places_of(departments)
        await uow.students.ensure_each(await _newcomers(uow, wishes, places))
        sight = await PlacementSight.of_students(uow, codes, into=departments)
        return cls(
            sight,
            {one: place for one, place in places.items() if one in sight.departments},
            await uow.students.branches_of(codes),
            await uow.people.archived_among(codes),
        )

    def enrol(self, wish: EnrolWish) -> Enrolment:
        """A new enrolment or prognosis, without home class or groups yet.

        Raises NotFound for a department of a past year or of another branch, UnknownStudents,
        DepartureRunning, AlreadyEnrolled.
        """
        place = _place(self.places, wish)
        if place is None:
            raise NotFound
        department, project = place
        if not any(wish.scope.contains(branch) for branch in self.branches.get(wish.student, ())):
            raise UnknownStudents(students=[wish.student])
        self.sight.refuse_while_departing(wish.student)
        self._refuse_twice(wish, project)
        enrolment = Enrolment(
            student_code=wish.student,
            project_id=project.id,
            school_id=project.school_id,
            school_year=project.school_year,
            branch_id=department.branch_id,
            department_id=department.id,
            created_at=clock.now(),
            memberships=[],
            choices=[],
        )
        self.made.append((wish, enrolment))
        return enrolment

    def reopens(self, wish: EnrolWish) -> bool:
        """Whether his account is archived, and who enrols him may restore it."""
        branch = self.sight.students[wish.student].branch_id
        return wish.student in self.archived and wish.asker.scope(Permission.ARCHIVE_PEOPLE).contains(branch)

    async def carry_out(self, uow: PortalUnitOfWork) -> None:
        """Enrol them all, and tell."""
        if not self.made:
            return
        moved = {}
        for wish, enrolment in self.made:
            uow.enrolments.add(enrolment)
            student = moved[wish.student] = self.sight.students[wish.student]
            live = [*self.sight.live[wish.student], enrolment]
            student.settle(sorted(live, key=lambda one: one.school_year))
        because = {wish.student: wish.because for wish, _ in self.made if wish.because}
        await announce_placement(uow, list(moved.values()), because)
        for wish, enrolment in self.made:
            self._tell(uow, wish, enrolment)

    def _refuse_twice(self, wish: EnrolWish, project: Project) -> None:
        here = [one for one in self.sight.live[wish.student] if one.project_id == project.id]
        same = next((one for one in here if one.department_id == wish.department), None)
        if same is None and here and not wish.second:
            same = here[0]
        if same:
            raise AlreadyEnrolled(student=wish.student, enrolment=same.id)

    def _tell(self, uow: PortalUnitOfWork, wish: EnrolWish, enrolment: Enrolment) -> None:
        envelope = wish.because.envelope if wish.because else None
        told = StudentEnrolled(
            student=wish.student,
            version=self.sight.students[wish.student].version,
            enrolment=enrolment.id,
            department=enrolment.department_id,
            at=clock.now(),
            request=envelope.id if envelope else None,
        )
        uow.publish(told, because=wish.because)
        if self.reopens(wish):
            reopening = ReopenAccount(user=wish.student, requested_by=wish.asker.code)
            uow.publish(reopening, because=wish.because)
        note_change(
            uow,
            wish.student,
            HistoryWhat.ENROLMENT_ADDED,
            enrolment,
            enrolment=enrolment.id,
            after=told_enrolment(enrolment, self.places[enrolment.department_id][0]),
            because=wish.because,
        )
        kind = enrolment.kind_in(self.sight.year)
        uow.record(f"{kind}.add", "enrolment", [enrolment.id], because=wish.because)


async def enrol_student(uow: PortalUnitOfWork, wish: EnrolWish) -> tuple[Enrolment, bool]:
    """Enrol one; returns the enrolment, and whether his account is being reopened.

    Raises what EnrolRound.enrol does.
    """
    enrolling = await EnrolRound.of(uow, [wish])
    enrolment = enrolling.enrol(wish)
    await enrolling.carry_out(uow)
    return enrolment, enrolling.reopens(wish)


def _place(
    places: Mapping[int, tuple[Department, Project]], wish: EnrolWish
) -> tuple[Department, Project] | None:
    """Where he is to be enrolled, if that is the asker's and no past year."""
    place = places.get(wish.department)
    if place is None or place[1].school_year < clock.school_year_of(clock.today()):
        return None
    return place if wish.scope.contains(place[0].branch_id) else None


async def _newcomers(
    uow: PortalUnitOfWork, wishes: Iterable[EnrolWish], places: Mapping[int, tuple[Department, Project]]
) -> dict[StudentCode, tuple[SchoolId, BranchId]]:
    """Students whom users has registered and the portal has not seen yet, and where they come."""
    coming = {wish.student: place for wish in wishes if (place := _place(places, wish))}
    strangers = coming.keys() - (await uow.students.known(coming)).keys()
    people = await uow.people.named(strangers) if strangers else {}
    return {
        code: (coming[code][1].school_id, coming[code][0].branch_id)
        for code in strangers
        if code in people and people[code].kind is UserKind.STUDENT
    }
