"""Combinations of groups, a subject at a time; those that take the same hours go on together."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

Choice = tuple[int, int]
"""Of a group: its hours and its number in the key."""


class Combinations(NamedTuple):
    """By the hours they take (and above those bits their clashes) how many there are, and the least keys.

    Which groups can still be had and what the hours cost is the same for all that take the same hours. So no
    more than the k best of those can be among the k best in the end, and the others need only be counted.
    """

    counts: dict[int, int]
    keys: dict[int, list[int]]


class Pair(NamedTuple):
    """Combinations of some subjects with combinations of others, that fit; `least` is below their keys."""

    least: int
    used: int
    clashes: int
    total: int
    keys: list[int]
    others: list[int]


@dataclass(frozen=True, slots=True)
class Search:
    """For the best k, with no more than so many clashes, in hours of so many bits."""

    k: int
    max_clashes: int
    bits: int

    def start(self, key: int) -> Combinations:
        """Of no subject at all."""
        return Combinations({0: 1}, {0: [key]})

    def join(self, found: Combinations, choices: Iterable[Choice]) -> Combinations:
        """All of these with each of the groups of one subject more."""
        counts, best = dict[int, int](), dict[int, list[int]]()
        limit = self.max_clashes + 1 << self.bits
        for state, keys in found.keys.items():
            count = found.counts[state]
            for hours, cost in choices:
                at = state | hours
                if overlap := state & hours:
                    at += overlap.bit_count() << self.bits
                    if at >= limit:
                        continue
                more = [key + cost for key in keys]
                if at in best:
                    counts[at] += count
                    best[at] += more
                else:
                    counts[at] = count
                    best[at] = more
        for keys in best.values():
            if len(keys) > self.k:
                keys.sort()
                del keys[self.k :]
        return Combinations(counts, best)

    def pairs(self, some: Combinations, others: Combinations, price: int) -> Iterator[Pair]:
        """What fits of both; a clash has this price in the key."""
        hours = (1 << self.bits) - 1
        for mine, keys in some.keys.items():
            for theirs, other_keys in others.keys.items():
                used = (mine | theirs) & hours
                clashes = (mine >> self.bits) + (theirs >> self.bits) + (mine & theirs & hours).bit_count()
                if clashes <= self.max_clashes:
                    least = min(keys) + min(other_keys) + clashes * price
                    count = some.counts[mine] * others.counts[theirs]
                    yield Pair(least, used, clashes, count, keys, other_keys)
