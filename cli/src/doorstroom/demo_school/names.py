"""The names of `names.txt`, by where a family came from."""

from functools import cache
from importlib.resources import files
from typing import NamedTuple


class Background(NamedTuple):
    share: int
    """Of a hundred students."""
    given_names: tuple[str, ...]
    family_names: tuple[str, ...]
    """`Berg, van den` is prefix `van den`, family name `Berg`."""


@cache
def backgrounds() -> tuple[Background, ...]:
    lines = files(__package__).joinpath("names.txt").read_text(encoding="utf-8").splitlines()
    blocks = " ".join(line for line in lines if not line.startswith("#")).split("[")[1:]
    return tuple(_background(block) for block in blocks)


def _background(block: str) -> Background:
    share, _, names = block.partition("]")
    given_names, _, family_names = names.partition("--")
    return Background(int(share), _listed(given_names), _listed(family_names))


def _listed(names: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in names.split(";"))
