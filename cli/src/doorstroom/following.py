"""Departures as they go on: the event streams of their batches, taken up again when they break off."""

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from queue import Empty, SimpleQueue
from threading import Thread

from doorstroom.door import Door, DoorAway, DoorRefused, Json, is_away

DEPARTURES = "/api/portal/departures"

_ENDED = ("completed", "undone", "cancelled")
_STREAMS = 8
_SILENT = "The gateway stopped telling how it goes; it goes on all the same: doorstroom watch"
_PAUSE_SECONDS, _PATIENCE_SECONDS = 1.0, 60.0
WAITS = "waits_in_data_check"


def outcome_of(departure: Json) -> str | None:
    """What became of it; None while something goes on by itself.

    Its last state; `scheduled` until its day is over; or, when it only goes on once a person acts,
    `failed` or `waiting` (for a timetabler).
    """
    state: str = departure["state"]
    if state in {*_ENDED, "scheduled"}:
        return state
    steps = departure["steps"].values()
    waiting = [step for step in steps if step["state"] == "sent" and step["reason"] == WAITS]
    if any(step["state"] in {"open", "sent"} and step not in waiting for step in steps):
        return None
    if any(step["state"] == "failed" for step in steps):
        return "failed"
    return "waiting" if waiting else None


def follow(door: Door, departures: Sequence[Json]) -> Iterator[Json]:
    """Each change of these departures, until all have an outcome. Raises DoorRefused, DoorAway."""
    going_on = {one["id"] for one in departures if outcome_of(one) is None}
    by_batch: defaultdict[str, set[str]] = defaultdict(set)
    for one in departures:
        if one["id"] in going_on:
            by_batch[one["batch"]].add(one["id"])
    batches: SimpleQueue[tuple[str, set[str]]] = SimpleQueue()
    told: SimpleQueue[Json | Exception] = SimpleQueue()
    for batch in by_batch.items():
        batches.put(batch)
    for _ in range(min(_STREAMS, len(by_batch))):
        Thread(target=_listen, args=(door, batches, told), daemon=True).start()
    while going_on:
        word = told.get()
        if isinstance(word, Exception):
            raise word
        if outcome_of(word) is not None:
            going_on.discard(word["id"])
        yield word


def _listen(
    door: Door, batches: SimpleQueue[tuple[str, set[str]]], told: SimpleQueue[Json | Exception]
) -> None:
    """One batch after the other."""
    try:
        while True:
            for departure in _events(door, *batches.get_nowait()):
                told.put(departure)
    except Empty:
        return
    except Exception as error:  # noqa: BLE001 - raised by who takes it
        told.put(error)


def _events(door: Door, batch: str, wanted: set[str]) -> Iterator[Json]:
    """Until each of those wanted has an outcome; a stream ends with its token, or with the gateway."""
    heard_at = time.monotonic()
    while True:
        try:
            with closing(door.events(f"{DEPARTURES}/events", batch=batch)) as events:
                for departure in events:
                    heard_at = time.monotonic()
                    if departure["id"] in wanted:
                        yield departure
                        if outcome_of(departure) is not None:
                            wanted = wanted - {departure["id"]}
                        if not wanted:
                            return
        except (DoorAway, DoorRefused) as error:
            if not is_away(error):
                raise
            if time.monotonic() > heard_at + _PATIENCE_SECONDS:
                raise DoorAway(_SILENT) from error
        time.sleep(_PAUSE_SECONDS)
