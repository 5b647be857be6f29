"""Whether subjects go together: a search over hours as masks that stops at the first that fits.

A row of an answer needs everything; a *no* only needs to know that nothing fits, and which subjects are in
each other's way. So this looks at masks alone, without the costs of an option.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from desktop_sync.options.timetable import Group

Choices = Mapping[str, Sequence[int]]  # by subject the masks of the groups he may have it in, in one class


class Fit(NamedTuple):
    """The hours in which he has a lesson, those in which he has several, and how many more may clash."""

    used: int
    clashing: int
    left: int


def fit(choices: Iterable[Sequence[int]], left: int, used: int = 0, clashing: int = 0) -> Fit | None:
    """A way to have one of each with at most `left` clashes.

    Where there is no choice it is taken at once, and that leaves others less; then the smallest is tried.
    """
    several = list[Sequence[int]]()
    for masks in choices:
        if len(masks) != 1:
            several.append(masks)
            continue
        met = used & masks[0]
        left -= met.bit_count()
        if left < 0:
            return None
        used, clashing = used | masks[0], clashing | met
    if not several:
        return Fit(used, clashing, left)
    several = [[one for one in masks if (one & used).bit_count() <= left] for masks in several]
    smallest = min(several, key=len)
    rest = [masks for masks in several if masks is not smallest]
    ways = (fit([[one], *rest], left, used, clashing) for one in smallest)
    return next((way for way in ways if way), None)


def fits(rooms: Iterable[Choices], subjects: Iterable[str], clashes: int) -> Fit | None:
    """Whether he can have these subjects in one of the classes."""
    wanted = list(subjects)
    return next((f for room in rooms if (f := fit([room[one] for one in wanted], clashes))), None)


def lightest(groups: Sequence[Group]) -> list[int]:
    """Their hours, without those that hold another's: who fits with more hours fits with fewer."""
    if len(groups) == 1:
        return [groups[0].hours]
    kept = list[int]()
    for mask in sorted({group.hours for group in groups}, key=lambda one: (one.bit_count(), one)):
        if not any(mask & one == one for one in kept):
            kept.append(mask)
    return kept
