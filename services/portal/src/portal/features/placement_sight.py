"""Enrolments that are about to be changed: read under the lock of their students, once for a whole list."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from portal.errors import ChangesRefused, EnrolmentUndecided
from portal.features.enrolment_removal import refuse_while_departing
from portal.models.departure import Departure
from portal.models.structure import Department
from portal.models.student import Enrolment, Student
from portal.unit_of_work import PortalUnitOfWork
from shared import clock
from shared.contracts.ids import DepartmentId, EnrolmentId, StudentCode
from shared.contracts.values import EnrolmentKind
from shared.errors import NotFound, Refusal
from shared.runtime.access import Scope


@dataclass(frozen=True, slots=True)
class PlacementSight:
    """Past years are history: their enrolments are not in sight, and unknown here.

    After the students the departments are held, those they are to enter too: who leads there stays so, and
    nothing of them is dissolved, until this is done.
    """

    year: int
    students: Mapping[StudentCode, Student]
    live: Mapping[StudentCode, Sequence[Enrolment]]
    by_id: Mapping[EnrolmentId, Enrolment]
    departments: Mapping[int, Department]
    departures: Mapping[StudentCode, Sequence[Departure]]

    @classmethod
    async def of_enrolments(
        cls,
        uow: PortalUnitOfWork,
        enrolments: Collection[EnrolmentId],
        *,
        into: Collection[DepartmentId] = (),
        lock: bool = True,
    ) -> Self:
        """The students of these enrolments, with all they have."""
        return await cls.of_students(uow, await uow.enrolments.students_of(enrolments), into=into, lock=lock)

    @classmethod
    async def of_students(
        cls,
        uow: PortalUnitOfWork,
        codes: Collection[StudentCode],
        *,
        into: Collection[DepartmentId] = (),
        lock: bool = True,
    ) -> Self:
        """These students, with all they have from this school year on; unlocked only to be shown."""
        year = clock.school_year_of(clock.today())
        students = await (uow.students.lock(codes) if lock else uow.students.known(codes))
        live = await uow.enrolments.of(students, since=year)
        by_id = {enrolment.id: enrolment for of_student in live.values() for enrolment in of_student}
        wanted = {one.department_id for one in by_id.values()}.union(into)
        departments = await (uow.structure.hold(wanted) if lock else uow.structure.named_departments(wanted))
        return cls(year, students, live, by_id, departments, await uow.departures.of_students(students))

    def enrolment(self, enrolment: EnrolmentId, scope: Scope) -> Enrolment:
        """One of them. Raises NotFound."""
        found = self.by_id.get(enrolment)
        if found is None or not scope.contains(found.branch_id):
            raise NotFound
        return found

    def enrolment_of(self, student: StudentCode, enrolment: EnrolmentId | None, scope: Scope) -> Enrolment:
        """The one that is named, or his one of the running year. Raises NotFound, EnrolmentUndecided."""
        if enrolment is None:
            mine = [
                one
                for one in self.live.get(student, ())
                if one.kind_in(self.year) is EnrolmentKind.ENROLMENT and scope.contains(one.branch_id)
            ]
            if len(mine) > 1:
                raise EnrolmentUndecided(student=student, enrolments=[one.id for one in mine])
            enrolment = mine[0].id if mine else EnrolmentId(0)
        found = self.enrolment(enrolment, scope)
        if found.student_code != student:
            raise NotFound
        return found

    def refuse_while_departing(self, student: StudentCode) -> None:
        """Raises DepartureRunning."""
        refuse_while_departing({student: self.departures[student]})


def refuse_list(problems: Mapping[int, Refusal], named: Sequence[Mapping[str, object]]) -> None:
    """Say of each refused change of a list what it asked and why not. Raises ChangesRefused."""
    if problems:
        raise ChangesRefused(
            problems=[
                {"index": index, **named[index], "code": refusal.code, "params": dict(refusal.params)}
                for index, refusal in sorted(problems.items())
            ]
        )
