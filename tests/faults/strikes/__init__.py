"""What strikes: each is there while its `async with` lasts, and healed afterwards."""

from tests.faults.strikes.broker import broker_away, broker_disk_full, started_without_broker
from tests.faults.strikes.lines import connections_cut, late, messages_again, overtaken
from tests.faults.strikes.moments import MOMENTS, REQUEST, at
from tests.faults.strikes.processes import asked_to_stop, killed, second_portal, two_replicas
from tests.faults.strikes.strike import Strike, nothing

__all__ = [
    "MOMENTS",
    "REQUEST",
    "Strike",
    "asked_to_stop",
    "at",
    "broker_away",
    "broker_disk_full",
    "connections_cut",
    "killed",
    "late",
    "messages_again",
    "nothing",
    "overtaken",
    "second_portal",
    "started_without_broker",
    "two_replicas",
]
