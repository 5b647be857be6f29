"""One import under way.

    reading ─────────────▶ users → portal → desktop → done
       └──────▶ checking ────┘
       any of these ──▶ failed

A list of students is checked first, and ends there in a dry run; it never reaches the desktop. A dry run of a
project skips the desktop: what it would look for exists only once the portal has made it.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from gateway.project_import.place import Place
from shared.clock import now
from shared.contracts.ids import UserCode
from shared.ids import new_id


class ImportState(StrEnum):
    READING = "reading"
    CHECKING = "checking"
    USERS = "users"
    PORTAL = "portal"
    DESKTOP = "desktop"
    DONE = "done"
    FAILED = "failed"

    @property
    def is_final(self) -> bool:
        return self in {ImportState.DONE, ImportState.FAILED}


@dataclass(slots=True)
class ImportJob:
    """`seconds` per state it has been in; `version` grows with each change."""

    place: Place
    started_by: UserCode
    dry_run: bool
    size: dict[str, int]
    id: UUID = field(default_factory=new_id)
    state: ImportState = ImportState.READING
    version: int = 1
    started_at: datetime = field(default_factory=now)
    ended_at: datetime | None = None
    seconds: dict[str, float] = field(default_factory=dict)
    result: dict[str, Any] | None = None
    failure: dict[str, Any] | None = None
    _entered_at: datetime = field(default_factory=now)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def enter(self, state: ImportState) -> None:
        at = now()
        self.seconds[self.state] = round((at - self._entered_at).total_seconds(), 3)
        self.state, self._entered_at = state, at
        self.ended_at = at if state.is_final else None
        self.version += 1
        self._changed.set()
        self._changed = asyncio.Event()

    def finish(self, result: dict[str, Any]) -> None:
        self.result = result
        self.enter(ImportState.DONE)

    def fail(self, failure: dict[str, Any]) -> None:
        """`failure` names the service, its problem, and every place it objects to."""
        self.failure = failure
        self.enter(ImportState.FAILED)

    async def changes(self, seconds: float) -> None:
        """Wait for the next change, at most so long."""
        # Not asyncio.wait_for: on Python 3.11 it swallows a cancellation that comes together with the change.
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._changed.wait()
