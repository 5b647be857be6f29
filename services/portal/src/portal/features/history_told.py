"""What users and the desktop tell that they changed of students, written in the history.

Each fact arrives once, so each is one entry. Of a person it says which fields changed, never what they hold.
"""

from collections.abc import Sequence

from portal.features.history import note_told
from portal.models.history_entry import HistoryWhat, Place
from portal.unit_of_work import PortalUnitOfWork
from shared.contracts.facts import AccountArchived, AccountRestored, PersonChanged, StudentListed
from shared.contracts.ids import StudentCode
from shared.contracts.values import Party, UserKind


async def note_person_changes(uow: PortalUnitOfWork, facts: Sequence[PersonChanged]) -> None:
    """Name or address of a student; what is said again without a change is none."""
    changes = [fact for fact in facts if fact.fields and fact.kind is UserKind.STUDENT]
    students = await uow.students.known({StudentCode(fact.user) for fact in changes}) if changes else {}
    for fact in changes:
        code = StudentCode(fact.user)
        note_told(
            uow,
            code,
            HistoryWhat.PERSON,
            fact,
            Party.USERS,
            place=students.get(code),
            by=fact.by,
            at=fact.at,
            fields=fact.fields,
        )


async def note_account_changes(
    uow: PortalUnitOfWork, facts: Sequence[AccountArchived | AccountRestored]
) -> None:
    """A student cannot log in any more, or can again."""
    changes = [fact for fact in facts if fact.changed]
    codes = {StudentCode(fact.user) for fact in changes}
    if not codes:
        return
    people = await uow.people.named(codes)
    students = await uow.students.known(codes)
    for fact in changes:
        code, person = StudentCode(fact.user), people.get(fact.user)
        if code in students or (person and person.kind is UserKind.STUDENT):
            archived = isinstance(fact, AccountArchived)
            note_told(
                uow,
                code,
                HistoryWhat.ACCOUNT,
                fact,
                Party.USERS,
                place=students.get(code),
                by=fact.by,
                at=fact.at,
                before={"archived": not archived},
                after={"archived": archived},
            )


async def note_desk_changes(uow: PortalUnitOfWork, facts: Sequence[StudentListed]) -> None:
    """What somebody at the desktop did with his placements, and why he says he did."""
    for fact in facts:
        if fact.change:
            place = {"project": fact.project, "act": fact.change.act.value}
            note_told(
                uow,
                fact.student,
                HistoryWhat.DESKTOP,
                fact,
                Party.DESKTOP,
                place=Place(fact.school, fact.branch),
                by=fact.change.by,
                at=fact.at,
                before=place | {one.what: one.before for one in fact.change.differences},
                after=place | {one.what: one.after for one in fact.change.differences},
                reason=fact.change.reason,
            )
