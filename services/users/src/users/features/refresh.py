"""A desktop project is opened or refreshed (openen, verversen): it asks users for the people it has not.

"When the desktop project is opened or refreshed, the new data are there." Each change of a person was said
when it happened, and what the desktop missed is said again from the present state: the bodies of before are
blanked. Then it is told whom it must have to be up to date.
"""

from collections import defaultdict
from collections.abc import Sequence

from shared.clock import now
from shared.contracts.copies import KnownPerson, PeopleFailed, PeopleRepublished, RepublishPeople
from shared.contracts.ids import ProjectId, UserCode
from shared.runtime.access import Scope
from users.features.person_facts import person_changed
from users.unit_of_work import UsersUnitOfWork


async def republish_people(uow: UsersUnitOfWork, commands: Sequence[RepublishPeople]) -> None:
    """Say those again who are newer than what each command knows, then who they all are.

    They are the students of the project, and those whom the desktop knows beside them.
    """
    at = now()
    of_project: dict[ProjectId, list[UserCode]] = defaultdict(list)
    for copy in await uow.placement_copies.in_projects({command.project for command in commands}):
        for project in copy.projects:
            of_project[project].append(UserCode(copy.student))
    known = [{one.user: one.version for one in command.known} for command in commands]
    asked = [
        {*of_project[command.project], *versions} for command, versions in zip(commands, known, strict=True)
    ]
    people = await uow.users.among(set().union(*asked), Scope(everything=True))
    for command, codes, versions in zip(commands, asked, known, strict=True):
        students = [people[code] for code in sorted(codes) if code in people and people[code].is_student]
        newer = (person for person in students if person.version > versions.get(person.code, 0))
        uow.publish(*(person_changed(person) for person in newer), because=command)
        told = PeopleRepublished(
            refresh=command.refresh,
            project=command.project,
            people=[KnownPerson(user=person.code, version=person.version) for person in students],
            at=at,
        )
        uow.publish(told, because=command)


def people_failed(command: RepublishPeople, error: str) -> PeopleFailed:
    """What is said of a command that failed again and again, and now waits for an operator here."""
    return PeopleFailed(refresh=command.refresh, error=error, at=now())
