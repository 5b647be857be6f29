"""How students stand in the desktop: a copy of what it tells.

So the portal sees whom it forgot there, what is unsynchronised, and what of a change is still to be done.
"""

from collections.abc import Sequence

from portal.unit_of_work import PortalUnitOfWork
from shared.contracts.facts import StudentListed


async def note_presence(uow: PortalUnitOfWork, facts: Sequence[StudentListed]) -> None:
    """Keep the newest word on each student in each project."""
    newest = {(f.student, f.project): f for f in sorted(facts, key=lambda fact: fact.revision)}
    await uow.desktop_presences.keep_newest(
        [
            {
                "student_code": fact.student,
                "project_id": fact.project,
                "school_id": fact.school,
                "school_year": fact.school_year,
                "branch_id": fact.branch,
                "revision": fact.revision,
                "present": fact.present,
                "department_id": fact.department,
                "home_class_id": fact.home_class,
                "unplaced": fact.unplaced if "unplaced" in fact.model_fields_set else None,
            }
            for _, fact in sorted(newest.items())
        ]
    )
