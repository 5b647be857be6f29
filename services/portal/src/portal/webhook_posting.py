"""HTTP out: one attempt to bring a delivery to its receiver. Nothing of the answer counts but its status.

A transport and not a client: no redirects, no cookies, no proxy. It connects to the very address that was
judged, whatever the name says a moment later, while TLS still asks for the name's certificate. Connections
are not kept: one that was opened for another name at the same address was asked for that name's.
"""

import asyncio
import logging
import ssl
from collections.abc import Sequence

import httpx

from portal.errors import WebhookUrlRefused
from portal.features.receiver_lookup import addresses_of
from portal.features.webhook_deliveries import Letter
from portal.models.receiver_address import Address
from portal.models.webhook_delivery import Attempt

log = logging.getLogger(__name__)

ATTEMPT_SECONDS, CONNECT_SECONDS = 10.0, 3.0


class Post:
    """Brings letters to their receivers."""

    def __init__(
        self,
        *,
        private_allowed: bool,
        seconds: float = ATTEMPT_SECONDS,
        certificates: ssl.SSLContext | None = None,
    ) -> None:
        self._private_allowed = private_allowed
        self._seconds = seconds
        self._transport = httpx.AsyncHTTPTransport(
            verify=certificates or True, limits=httpx.Limits(max_keepalive_connections=0)
        )

    async def aclose(self) -> None:
        await self._transport.aclose()

    async def bring(self, letters: Sequence[Letter]) -> list[Attempt]:
        """One attempt of each of these letters to one receiver. Raises nothing: what it does is its own."""
        try:
            addresses = await addresses_of(letters[0].url, private_allowed=self._private_allowed)
        except WebhookUrlRefused as refusal:
            return [Attempt(error=refusal.params["fault"])] * len(letters)
        return await asyncio.gather(*(self._attempt(letter, addresses) for letter in letters))

    async def _attempt(self, letter: Letter, addresses: list[Address]) -> Attempt:
        try:
            async with asyncio.timeout(self._seconds):
                return Attempt(status=await self._send(letter, addresses))
        except TimeoutError:
            return Attempt(error="timeout")
        except httpx.TransportError as error:
            return Attempt(error=type(error).__name__)  # its text may hold the URL
        except Exception as error:
            log.warning(
                "an attempt failed unexpectedly", extra={"message_id": letter.message_id}, exc_info=error
            )
            return Attempt(error=type(error).__name__)

    async def _send(self, letter: Letter, addresses: list[Address]) -> int:
        """The status; where one address cannot be connected to, the next is tried. Raises TransportError."""
        for address in addresses[:-1]:
            try:
                return await self._send_to(letter, address)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        return await self._send_to(letter, addresses[-1])

    async def _send_to(self, letter: Letter, address: Address) -> int:
        url = httpx.URL(letter.url)
        request = httpx.Request(
            "POST",
            url.copy_with(host=str(address)),
            headers={
                "host": url.netloc.decode("ascii"),
                "content-type": "application/json",
                "user-agent": "doorstroom-webhooks",
                "connection": "close",
                **letter.headers,
            },
            content=letter.payload.encode(),
            extensions={
                "sni_hostname": url.raw_host.decode("ascii"),
                "timeout": {"connect": CONNECT_SECONDS},
            },
        )
        response = await self._transport.handle_async_request(request)
        await response.aclose()  # its body is nobody's business, and may never end
        return response.status_code
