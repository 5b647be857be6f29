"""What a row of the answer is: an assignment, written as its id so that it can be judged anew later."""

from dataclasses import dataclass
from typing import Self

from desktop_sync.options.option import Option
from desktop_sync.options.swap import Swap

_NO_CLASS = "-"


@dataclass(frozen=True, slots=True)
class Assignment:
    """A home class and lesson groups (each has one subject), by ids; of others the groups they come to."""

    home_class: int | None
    groups: tuple[int, ...]
    others: tuple[tuple[str, tuple[int, ...]], ...] = ()

    @classmethod
    def of(cls, option: Option) -> Self:
        """The assignment of a row, plain or a swap."""
        others = option.others if isinstance(option, Swap) else ()
        moved = tuple((code, tuple(sorted(to.values()))) for code, to in others)
        return cls(option.home_class, tuple(sorted(option.groups.values())), moved)

    @property
    def row(self) -> str:
        """The id of its row, as in `12.377.401~900012.380`."""
        home = _NO_CLASS if self.home_class is None else str(self.home_class)
        parts = [[home, *map(str, self.groups)], *([code, *map(str, ids)] for code, ids in self.others)]
        return "~".join(".".join(part) for part in parts)

    @classmethod
    def read(cls, row: str) -> Self:
        """The assignment of such an id. Raises ValueError."""
        own, *others = (part.split(".") for part in row.split("~"))
        home = None if own[0] == _NO_CLASS else int(own[0])
        moved = tuple((code, tuple(map(int, ids))) for code, *ids in others)
        return cls(home, tuple(map(int, own[1:])), moved)
