"""Names as the portal shows them: a copy of what users says. No screen or route can change it."""

from collections.abc import Sequence

from portal.unit_of_work import PortalUnitOfWork
from shared.contracts.facts import PersonChanged
from shared.person_names import search_key, sort_key


async def note_people(uow: PortalUnitOfWork, facts: Sequence[PersonChanged]) -> None:
    """Keep the newest names of each person."""
    newest = {fact.user: fact for fact in sorted(facts, key=lambda fact: fact.version)}
    await uow.people.keep_newest(
        [
            {
                "user": fact.user,
                "kind": fact.kind,
                "version": fact.version,
                "given_name": fact.given_name,
                "prefix": fact.prefix,
                "family_name": fact.family_name,
                "sort_key": sort_key(fact.given_name, fact.prefix, fact.family_name),
                "search_key": search_key(fact.given_name, fact.prefix, fact.family_name, fact.user),
            }
            for _, fact in sorted(newest.items())
        ]
    )
