"""Others who make room: the ways out of a full group, and who together open all that are full."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product

from desktop_sync.options.swap import seats_of, short_of
from desktop_sync.options.timetable import Department, Group, Student


@dataclass(frozen=True, slots=True)
class Move:
    """Another student who comes to these groups, by subject; the `seats` it takes or gives, by group."""

    student: str
    to: Mapping[str, int]
    seats: Mapping[int, int]


@dataclass
class Steps:
    """The work that may still be done."""

    left: int

    def take(self) -> bool:
        """Whether one more step may be made."""
        self.left -= 1
        return self.left >= 0


class Room:
    """Who can make room for one student; what is found of a group is kept."""

    def __init__(self, department: Department, student: Student, changes: int, steps: Steps) -> None:
        self._department = department
        self._student = student
        self._changes = changes
        self._steps = steps
        self._leaving: dict[int, list[Move]] = {}

    def made(self, seats: Mapping[int, int], most: int) -> list[tuple[Move, ...]]:
        """Who, at most so many, can move so that these seats are there; nobody moves for nothing."""
        found = {
            frozenset((move.student, *sorted(move.to.values())) for move in moves): moves
            for moves in self._made(seats, most, ())
            if len(moves) == 1 or all(self._needed(seats, moves, one) for one in moves)
        }
        return list(found.values())

    def _made(
        self, seats: Mapping[int, int], most: int, moves: tuple[Move, ...]
    ) -> Iterator[tuple[Move, ...]]:
        full = next(short_of(self._department, seats), None)
        if full is None:
            yield moves
        elif most:
            for move in self._ways_out_of(full):
                if not self._steps.take():
                    return
                if all(move.student != one.student for one in moves):
                    yield from self._made(_with(seats, move), most - 1, (*moves, move))

    def _needed(self, seats: Mapping[int, int], moves: Sequence[Move], one: Move) -> bool:
        for move in moves:
            if move is not one:
                seats = _with(seats, move)
        return any(True for _ in short_of(self._department, seats))

    def _ways_out_of(self, group: Group) -> list[Move]:
        if group.id not in self._leaving:
            others = [
                other
                for other in self._department.students.values()
                if other.groups.get(group.subject) == group.id
                and other.code != self._student.code
                and None not in other.groups.values()
            ]
            others.sort(key=lambda other: other.code)
            self._leaving[group.id] = [move for other in others for move in self._moves(other, group.subject)]
        return self._leaving[group.id]

    def _moves(self, student: Student, subject: str) -> Iterator[Move]:
        """Those in which he has this subject, and perhaps others, elsewhere and no more clashes than now."""
        now = {
            one: self._department.groups[group] for one, group in student.groups.items() if group is not None
        }
        rest = sorted(now.keys() - {subject})
        for changed in ((subject, *more) for n in range(self._changes) for more in combinations(rest, n)):
            stays = 0
            for one in now.keys() - set(changed):
                stays |= now[one].hours
            allowed = _added(stays, [now[one] for one in changed])
            for chosen in product(*(self._instead(student, now[one]) for one in changed)):
                if not self._steps.take():
                    return
                if _added(stays, chosen) <= allowed:
                    to = {group.subject: group.id for group in chosen}
                    yield Move(student.code, to, seats_of(student, to))

    def _instead(self, student: Student, now: Group) -> list[Group]:
        return [
            group
            for group in self._department.by_subject.get(now.subject, ())
            if group.id != now.id and group.home_class in {None, student.home_class}
        ]


def _with(seats: Mapping[int, int], move: Move) -> dict[int, int]:
    together = dict(seats)
    for group, more in move.seats.items():
        together[group] = together.get(group, 0) + more
    return together


def _added(used: int, groups: Sequence[Group]) -> int:
    """The clashes these bring to hours that are used already."""
    clashes = 0
    for group in groups:
        clashes += (used & group.hours).bit_count()
        used |= group.hours
    return clashes
