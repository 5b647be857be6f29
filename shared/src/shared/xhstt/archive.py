"""What we take from an archive, by Id. All references in it are known ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Time:
    id: str
    day: str
    week: str | None


@dataclass(frozen=True, slots=True)
class Resource:
    id: str
    name: str
    type: str
    groups: Sequence[str]


@dataclass(frozen=True, slots=True)
class ResourceGroup:
    id: str
    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Event:
    """`start` is the time it was given beforehand, as an index of the instance's times."""

    id: str
    name: str
    course: str | None
    duration: int
    start: int | None
    resources: Sequence[str]
    groups: Sequence[str]


@dataclass(frozen=True, slots=True)
class Instance:
    """The times are in order: an event of two hours takes a time and the next one."""

    name: str
    days: Mapping[str, str]
    weeks: Sequence[str]
    times: Sequence[Time]
    types: Mapping[str, str]
    groups: Mapping[str, ResourceGroup]
    resources: Mapping[str, Resource]
    events: Mapping[str, Event]

    def of_type(self, wanted: str) -> set[str]:
        """The resource types with this Id or name."""
        wanted = wanted.casefold()
        return {key for key, name in self.types.items() if wanted in {key.casefold(), name.casefold()}}


class Placed(NamedTuple):
    """An event of a solution as it stands there: None where it is silent, empty for no Reference."""

    event: str
    duration: str | None
    time: str | None


@dataclass(frozen=True, slots=True)
class Solution:
    """The `at`-th of the archive, unjudged: only the one that is taken must be right."""

    at: int
    group: str
    instance: str
    events: Sequence[Placed]
