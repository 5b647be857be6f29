"""Where students are, as the portal says: it decides which office may see and archive them.

A leaver keeps his last branch, since the portal goes on naming it: his own office must still find him.
"""

from collections.abc import Sequence

from shared.contracts.facts import StudentPlaced
from shared.contracts.ids import StudentCode
from users.models import PlacementCopy
from users.unit_of_work import UsersUnitOfWork


async def copy_placements(uow: UsersUnitOfWork, facts: Sequence[StudentPlaced]) -> None:
    """Keep the newest word of the portal on each student, known here or not yet; guardians follow."""
    newest: dict[StudentCode, StudentPlaced] = {}
    for fact in facts:
        if fact.student not in newest or newest[fact.student].version < fact.version:
            newest[fact.student] = fact
    copies = {student: PlacementCopy.of(fact) for student, fact in newest.items()}
    learnt = await uow.placement_copies.learn(list(copies.values()))
    for user in (await uow.users.lock(learnt)).values():
        copy = copies[StudentCode(user.code)]
        user.place(copy.school_id, copy.branch_id, copy.branches)
    for families in (await uow.guardianships.families_of(learnt, lock=True)).values():
        for family in families:
            family.follow()
