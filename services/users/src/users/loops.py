"""What users does by the clock: digests go out once a day."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from shared.clock import latest, now
from shared.contracts.values import Party
from shared.ids import new_id
from shared.messaging.unit_of_work import Origin
from shared.runtime.road import Loop, Road
from users.features.digest import Deliver, hand_over, note_digest, take_next_digest
from users.features.digest_text import Language
from users.mail import delivery_of
from users.models.notice import Outcome
from users.settings import UsersSettings
from users.unit_of_work import UsersUnitOfWork

log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 20.0
REMEMBERED: Final = timedelta(days=30)


def loops_of(settings: UsersSettings) -> list[Loop]:
    """The loops of one process; replicas wait for each other."""
    deliver = delivery_of(settings)
    if deliver is None:
        log.warning("no mail is sent: neither DOORSTROOM_SMTP_URL nor DOORSTROOM_MAIL_DIR is set")
        return []

    async def send_digests(road: Road) -> None:
        while True:
            at = now()
            before = at if settings.digest_seconds else latest(settings.digest_at, at)
            told: Counter[str] = Counter()
            while True:
                outcome = await send_next(
                    lambda: _work(road), deliver, settings.language, created_before=before, at=now()
                )
                if outcome is None:
                    break
                told[outcome] += 1
            if told:
                log.info("digests", extra={"recipients": dict(told)})
                await _forget(road, at - REMEMBERED)
            await asyncio.sleep(settings.digest_seconds or LOOK_SECONDS)

    return [send_digests]


async def send_next(
    open_work: Callable[[], UsersUnitOfWork],
    deliver: Deliver,
    language: Language,
    *,
    created_before: datetime,
    at: datetime,
) -> Outcome | None:
    """Tell one colleague; None when there is nobody left to tell. Raises what `hand_over` raises."""
    async with open_work() as uow:
        digest = await take_next_digest(uow, language, created_before=created_before, at=at)
        await uow.commit()
    if digest is None:
        return None
    outcome = await hand_over(digest, deliver)
    async with open_work() as uow:
        await note_digest(uow, digest, outcome, at)
        await uow.commit()
    return outcome


async def _forget(road: Road, before: datetime) -> None:
    async with _work(road) as uow:
        await uow.notices.forget(before)
        await uow.commit()


def _work(road: Road) -> UsersUnitOfWork:
    uow = road.open_work(Origin(actor=Party.USERS, correlation_id=str(new_id())))
    assert isinstance(uow, UsersUnitOfWork)  # noqa: S101 - for the type checker
    return uow
