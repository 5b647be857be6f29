"""The smallest sets of subjects that do not go together."""

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from itertools import combinations
from operator import or_

from desktop_sync.options.searching import Choices, Fit, fit, fits


def smallest_conflicts(rooms: Sequence[Choices], clashes: int) -> list[tuple[str, ...]]:
    """All sets of subjects of the smallest size that fit in none of the classes; [] when he fits.

    [()] when there is no class. What was found to fit is filled up with whatever goes with it: each of its
    subsets then needs no search of its own.
    """
    if not rooms:
        return [()]
    alone: list[tuple[str, ...]] = [
        (one,) for one in sorted(rooms[0]) if not any(room[one] for room in rooms)
    ]
    if alone or fits(rooms, rooms[0], clashes):
        return alone
    subjects = _entangled(rooms)
    bits = {1 << at: subject for at, subject in enumerate(subjects)}
    together = list[int]()

    def go_together(some: tuple[int, ...]) -> bool:
        every = sum(some)
        if any(every & known == every for known in together):
            return True
        for room in rooms:
            if found := fit([room[bits[one]] for one in some], clashes):
                together.append(every | _also(room, bits, every, found))
                return True
        return False

    for size in range(2, len(subjects)):
        if found := [some for some in combinations(bits, size) if not go_together(some)]:
            return [tuple(bits[one] for one in some) for some in found]
    return [tuple(subjects)]


def _entangled(rooms: Iterable[Choices]) -> list[str]:
    """The subjects that are in the way of others: in some class each of their groups meets one of another."""
    found = set[str]()
    for room in rooms:
        once = often = 0
        for masks in room.values():
            hours = reduce(or_, masks, 0)
            once, often = once | hours, often | once & hours
        found.update(one for one, masks in room.items() if all(mask & often for mask in masks))
    return sorted(found)


def _also(room: Choices, bits: Mapping[int, str], every: int, found: Fit) -> int:
    """What more goes with this, as bits."""
    more, (used, _, left) = 0, found
    for bit, subject in bits.items():
        if not bit & every:
            for mask in room[subject]:
                if (met := (used & mask).bit_count()) <= left:
                    used, left, more = used | mask, left - met, more | bit
                    break
    return more
