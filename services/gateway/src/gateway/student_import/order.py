"""What an import of students is told beside its file."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from shared.errors import InvalidInput

USERS_GROUPS: Final = ("name", "address", "birth_date", "email")
PORTAL_GROUPS: Final = ("department", "home_class", "profile", "choice_package")


class Leader(StrEnum):
    """Who leads a group of fields; what the source leads is taken over."""

    PORTAL = "portal"
    SOURCE = "source"


@dataclass(frozen=True, slots=True)
class Order:
    """`source` names the student administration; what it leads is taken over, the rest is listed."""

    source: str
    authority: Mapping[str, Leader]
    skip_bad_rows: bool = False
    confirm_threshold: bool = False

    def led(self, groups: tuple[str, ...]) -> list[str]:
        """Those of these groups that the source leads."""
        return [group for group in groups if self.authority.get(group) is Leader.SOURCE]


def read_authority(text: str) -> dict[str, Leader]:
    """As in `address:source,home_class:source`; a group that is not named is led by the portal.

    Raises InvalidInput.
    """
    authority = {}
    for part in filter(None, (one.strip() for one in text.split(","))):
        group, _, leader = part.partition(":")
        if group not in USERS_GROUPS + PORTAL_GROUPS or leader not in set(Leader):
            errors = [{"place": "query.authority", "kind": "authority"}]
            raise InvalidInput("Say <group>:source or <group>:portal", errors=errors)
        authority[group] = Leader(leader)
    return authority
