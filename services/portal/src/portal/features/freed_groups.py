"""The groups in which a student who left had a seat this year, and whom that concerns."""

from collections.abc import Collection

from portal.unit_of_work import PortalUnitOfWork
from shared.contracts.facts import FreedGroup
from shared.contracts.ids import DepartureId, GroupId
from shared.contracts.values import Step


async def freed_by(
    uow: PortalUnitOfWork, departures: Collection[DepartureId]
) -> dict[DepartureId, list[FreedGroup]]:
    """By departure, from what its work removed: the home class first, then the cluster groups."""
    if not departures:
        return {}
    works = await uow.departures.work_of(departures, Step.ENROLMENTS)
    seats = {departure: [*map(GroupId, work.groups)] for departure, work in works.items()}
    wanted = {group for groups in seats.values() for group in groups}
    groups, staff = await uow.structure.named_groups(wanted), await uow.structure.staff_of(wanted)
    freed = {
        group.id: FreedGroup(
            group=group.id, code=group.code, is_home_class=group.is_home_class, staff=staff[group.id]
        )
        for group in groups.values()
    }
    return {departure: [freed[group] for group in his if group in freed] for departure, his in seats.items()}
