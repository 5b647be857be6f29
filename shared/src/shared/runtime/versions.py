"""`If-Match` on a PUT or PATCH: who changes something says which version of it he saw (RFC 9110)."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header

from shared.errors import VersionRequired, VersionStale


@dataclass(frozen=True, slots=True)
class SeenVersion:
    """The ETags that the caller saw; `*` is any."""

    tags: frozenset[str]

    def must_be(self, version: int) -> None:
        """Raises VersionStale when it is another by now."""
        if not self.tags & {f'"{version}"', "*"}:
            raise VersionStale(version=version)


async def wants_version(if_match: Annotated[str | None, Header(max_length=200)] = None) -> SeenVersion:
    """Raises VersionRequired."""
    if if_match is None:
        raise VersionRequired
    return SeenVersion(frozenset(tag.strip() for tag in if_match.split(",")))


IfMatch = Annotated[SeenVersion, Depends(wants_version)]
"""After the caller in a route's signature. Raises VersionRequired."""


async def _perhaps_seen(if_match: Annotated[str | None, Header(max_length=200)] = None) -> SeenVersion:
    return await wants_version(if_match if if_match is not None else "*")


IfMatchGiven = Annotated[SeenVersion, Depends(_perhaps_seen)]
"""The same for a part of something that has the version: who says none is content with any."""
