"""What a dissolution does to students, as it is shown before it is confirmed."""

from pydantic import BaseModel

from portal.models.dissolution import Dissolution, Loses
from portal.unit_of_work import PortalUnitOfWork
from shared.contracts.ids import EnrolmentId, StudentCode
from shared.runtime.paging import Page


class LossShown(BaseModel):
    """`code` of the group, subject or department he loses."""

    student: StudentCode
    enrolment: EnrolmentId
    loses: Loses
    code: str


class DissolutionShown(Page[LossShown]):
    """`students` lose something; `counts` says how many times each thing is lost."""

    students: int
    counts: dict[Loses, int]


async def show_dissolution(
    uow: PortalUnitOfWork, what: Dissolution, limit: int, cursor: str | None
) -> DissolutionShown:
    """A page of what is lost, by student."""
    keyset, losses = await uow.dissolutions.page(what, limit, cursor)
    page = keyset.page(
        losses,
        lambda loss: LossShown(
            student=loss.student, enrolment=loss.enrolment, loses=loss.loses, code=loss.code
        ),
        lambda loss: (loss.student, loss.enrolment, loss.loses, loss.id),
    )
    students, counts = await uow.dissolutions.counts(what)
    return DissolutionShown(items=page.items, next=page.next, students=students, counts=counts)
