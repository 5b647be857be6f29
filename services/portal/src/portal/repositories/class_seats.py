"""Seats in home classes that students are about to enter. Those classes are locked."""

from collections import Counter
from collections.abc import Collection
from typing import Self

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.models.structure import Group
from portal.models.student import Enrolment, GroupMembership
from shared.contracts.ids import GroupId
from shared.database.among import among


class ClassSeats:
    """Sizes as they are, and as they become move by move."""

    def __init__(self, groups: dict[int, Group], sizes: Counter[GroupId]) -> None:
        self.groups = groups
        self._sizes = sizes
        self._before = Counter(sizes)

    @classmethod
    async def of(cls, session: AsyncSession, groups: Collection[GroupId]) -> Self:
        """These groups, locked, and how many are in each; three statements for all of them."""
        locked = select(Group).where(among(Group.id, groups)).order_by(Group.id).with_for_update()
        found: dict[int, Group] = {group.id: group for group in await session.scalars(locked)}
        sizes: Counter[GroupId] = Counter()
        for column in (Enrolment.home_class_id, GroupMembership.group_id):
            counted = await session.execute(
                select(column, func.count()).where(among(column, groups)).group_by(column)
            )
            sizes.update({group: size for group, size in counted if group is not None})
        return cls(found, sizes)

    def move(self, before: GroupId | None, after: GroupId | None) -> None:
        """One student goes from one class to another."""
        if before is not None:
            self._sizes[before] -= 1
        if after is not None:
            self._sizes[after] += 1

    def size(self, group: GroupId) -> int:
        """As it becomes."""
        return self._sizes[group]

    def is_overfull(self, group: GroupId) -> bool:
        """Whether it grew beyond its hard maximum; one that was so before may change its students."""
        most = self.groups[group].hard_max
        return most is not None and self._sizes[group] > max(most, self._before[group])
