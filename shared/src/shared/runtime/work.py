"""One request is one unit of work, committed before the reply is sent."""

from collections.abc import AsyncIterator, Callable
from typing import Any, TypeVar

from fastapi import Depends, Request

from shared.ids import new_id
from shared.messaging.unit_of_work import Origin, UnitOfWork
from shared.runtime.access import OPENS_WORK

U = TypeVar("U", bound=UnitOfWork)


def origin_of(request: Request) -> Origin:
    """Who asks, and a correlation id: the W3C trace's when the caller sent one."""
    caller = getattr(request.state, "caller", None)
    traceparent = request.headers.get("traceparent")
    return Origin(
        actor=caller.code if caller else "anonymous",
        correlation_id=str(new_id()),
        traceparent=traceparent if traceparent and len(traceparent) <= 64 else None,  # noqa: PLR2004 - W3C: 55
    )


def work(kind: type[U]) -> Any:
    """A dependency that opens a unit of work of this kind.

    `scope="function"`: FastAPI otherwise runs what follows the yield after the response, and a client would
    be told of a change that is not yet, or never, committed.
    """

    async def open_work(request: Request) -> AsyncIterator[U]:
        open_: Callable[[Origin], U] = request.app.state.road.open_work
        async with open_(origin_of(request)) as uow:
            yield uow
            await uow.commit()

    open_work.__name__ = f"open_{kind.__name__}"
    setattr(open_work, OPENS_WORK, True)
    return Depends(open_work, scope="function")
