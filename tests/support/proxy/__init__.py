"""A wire with a switch: faults from outside the product, at an exact moment.

The proxy stands between one service and its PostgreSQL or RabbitMQ and reads just enough of the
protocol to see moments pass. Nothing in the product knows of it.

    async with Proxy.postgres(host, port) as wire:
        start_portal(database_url=wire.through(url))
        fault = wire.at(Commit.reply(nth=3, wrote="outbox"), kill(lambda: portal.pid))
        await fault.happened(timeout=20)

| moment            | passes                                              | filter                       |
|-------------------|-----------------------------------------------------|------------------------------|
| `Commit.sent`     | COMMIT, on its way to the server                    | `wrote=` a table, or a regex |
| `Commit.reply`    | the server's word that it has committed             | `wrote=`                     |
| `Publish.sent`    | a whole message, on its way to the broker           | `key=` regex on routing key  |
| `Publish.confirm` | the broker's confirm (one may speak for many)       |                              |
| `Delivery.sent`   | a whole message, on its way to the consumer         | `key=`                       |
| `Delivery.ack`    | the consumer's ack (one may speak for many)         |                              |

Actions, in the order given: `delay(seconds)`, `hold()`, then one of `cut` (before the bytes pass),
`cut_after`, `kill(pid)` (dead before the bytes pass), `kill_after(pid)`, `swallow`.
Without any, a fault only watches.
"""

from tests.support.proxy.actions import Hold, cut, cut_after, delay, hold, kill, kill_after, swallow
from tests.support.proxy.faults import Action, Fault, Passage
from tests.support.proxy.moments import Commit, Delivery, Kind, Moment, Publish
from tests.support.proxy.proxy import Proxy

__all__ = [
    "Action",
    "Commit",
    "Delivery",
    "Fault",
    "Hold",
    "Kind",
    "Moment",
    "Passage",
    "Proxy",
    "Publish",
    "cut",
    "cut_after",
    "delay",
    "hold",
    "kill",
    "kill_after",
    "swallow",
]
