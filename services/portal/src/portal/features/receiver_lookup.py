"""Where a webhook's URL leads at this moment: looked up, judged, and handed on as an address to connect to.

Judged when it is registered and again at each attempt: a name may point elsewhere by then.
"""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from ipaddress import ip_address
from urllib.parse import urlsplit

from portal.errors import UrlFault, WebhookUrlRefused
from portal.models.receiver_address import Address, check_addresses, check_url
from portal.models.webhook import MOST_WEBHOOKS

LOOKUP_SECONDS = 5.0
_THREADS = ThreadPoolExecutor(MOST_WEBHOOKS, thread_name_prefix="look-up")
"""Their own: name servers that hang may hold up neither another's look-up nor that of the database."""


async def addresses_of(url: str, *, private_allowed: bool) -> list[Address]:
    """The addresses behind a URL, the preferred one first; all may be sent to. Raises WebhookUrlRefused."""
    host = check_url(url)
    addresses = await _look_up(host, urlsplit(url).port)
    check_addresses(host, addresses, private_allowed=private_allowed)
    return addresses


async def _look_up(host: str, port: int | None) -> list[Address]:
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(LOOKUP_SECONDS):
            look_up = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
            found = await loop.run_in_executor(_THREADS, look_up)
    except (OSError, UnicodeError) as error:  # TimeoutError is an OSError
        raise WebhookUrlRefused(fault=UrlFault.UNKNOWN_HOST) from error
    return list(dict.fromkeys(ip_address(address[0]) for *_, address in found))
