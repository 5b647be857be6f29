"""Deleting an enrolment or prognosis by itself, as the handbook has it: the student and his account stay.

The same piece of a departure: enrolment_removal.py.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

from portal.features.history import note_change, told_enrolment
from portal.features.placement import announce_placement
from portal.features.placement_sight import PlacementSight
from portal.models.ended_enrolment import EndedEnrolment
from portal.models.history_entry import HistoryWhat
from portal.models.student import Enrolment
from portal.unit_of_work import PortalUnitOfWork
from shared import clock
from shared.contracts.changes import EnrolmentDeleted
from shared.contracts.ids import EnrolmentId, StudentCode
from shared.contracts.message import Message
from shared.contracts.values import EnrolmentKind
from shared.runtime.access import Scope


@dataclass(slots=True)
class DeletionRound:
    """Some enrolments go, of each student one: look once, judge one by one, carry all of it out at once."""

    sight: PlacementSight
    gone: list[tuple[Enrolment, Message | None]] = field(default_factory=list)

    @classmethod
    async def of(cls, uow: PortalUnitOfWork, students: Iterable[StudentCode]) -> Self:
        return cls(await PlacementSight.of_students(uow, set(students)))

    def delete(self, enrolment_id: EnrolmentId, scope: Scope, because: Message | None = None) -> Enrolment:
        """Past years are history and count as unknown. Raises NotFound, DepartureRunning."""
        enrolment = self.sight.enrolment(enrolment_id, scope)
        self.sight.refuse_while_departing(enrolment.student_code)
        self.gone.append((enrolment, because))
        return enrolment

    def left_of(self, deleted: Enrolment) -> list[Enrolment]:
        """The student's others."""
        return [one for one in self.sight.live[deleted.student_code] if one is not deleted]

    async def carry_out(self, uow: PortalUnitOfWork) -> None:
        """Delete them all, and tell."""
        if not self.gone:
            return
        ended = [one for one, _ in self.gone if one.kind_in(self.sight.year) is EnrolmentKind.ENROLMENT]
        uow.ended_enrolments.add([EndedEnrolment.of(one, clock.today()) for one in ended])
        students = [self.sight.students[one.student_code] for one, _ in self.gone]
        for student, (enrolment, _) in zip(students, self.gone, strict=True):
            student.settle(self.left_of(enrolment))
        await uow.enrolments.remove([enrolment for enrolment, _ in self.gone])
        because = {one.student_code: cause for one, cause in self.gone if cause}
        await announce_placement(uow, students, because)
        for enrolment, cause in self.gone:
            self._tell(uow, enrolment, cause)

    def _tell(self, uow: PortalUnitOfWork, enrolment: Enrolment, cause: Message | None) -> None:
        told = EnrolmentDeleted(
            student=enrolment.student_code,
            version=self.sight.students[enrolment.student_code].version,
            enrolment=enrolment.id,
            at=clock.now(),
            request=cause.envelope.id if cause and cause.envelope else None,
        )
        uow.publish(told, because=cause)
        note_change(
            uow,
            enrolment.student_code,
            HistoryWhat.ENROLMENT_REMOVED,
            enrolment,
            enrolment=enrolment.id,
            before=told_enrolment(enrolment, self.sight.departments.get(enrolment.department_id)),
            because=cause,
        )
        kind = enrolment.kind_in(self.sight.year)
        uow.record(f"{kind}.remove", "enrolment", [enrolment.id], because=cause)


async def delete_enrolment(
    uow: PortalUnitOfWork, enrolment_id: EnrolmentId, scope: Scope
) -> tuple[Enrolment, list[Enrolment]]:
    """Delete one; returns it and the student's others that are left. Raises NotFound, DepartureRunning."""
    deleting = await DeletionRound.of(uow, await uow.enrolments.students_of([enrolment_id]))
    enrolment = deleting.delete(enrolment_id, scope)
    await deleting.carry_out(uow)
    return enrolment, deleting.left_of(enrolment)
