"""The three services behind the door, each with a pool of connections of its own."""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx
from fastapi import Request

from gateway.errors import ServiceAway
from gateway.settings import GatewaySettings

# Event streams hold a connection for minutes, so there may be many; a service closes an idle one after 30 s.
_POOL = httpx.Limits(max_connections=2000, max_keepalive_connections=100, keepalive_expiry=20)
_ON_BEHALF = ("authorization", "traceparent")


@dataclass(frozen=True, slots=True)
class Service:
    """`name` is also its part of the door: /api/<name>."""

    name: str
    base_url: str
    client: httpx.AsyncClient
    timeout: httpx.Timeout

    @property
    def prefix(self) -> str:
        return f"/api/{self.name}"

    async def ask(
        self,
        method: str,
        path: str,
        caller: Mapping[str, str],
        *,
        seconds: float | None = None,
        **body: Any,
    ) -> httpx.Response:
        """The answer, whatever its status. Raises ServiceAway."""
        timeout = httpx.Timeout(seconds, connect=self.timeout.connect) if seconds else self.timeout
        try:
            return await self.client.request(method, path, headers=caller, timeout=timeout, **body)
        except httpx.HTTPError as error:
            raise ServiceAway(service=self.name) from error


class Services:
    """`async with` closes the connections."""

    def __init__(self, settings: GatewaySettings) -> None:
        self._timeout = httpx.Timeout(settings.read_seconds, connect=settings.connect_seconds)
        self._certificates = httpx.create_ssl_context(trust_env=False)  # slow to read: once for the three
        self._open = AsyncExitStack()
        self.portal = self._service("portal", settings.portal_url)
        self.users = self._service("users", settings.users_url)
        self.desktop = self._service("desktop", settings.desktop_url)

    @property
    def all(self) -> tuple[Service, Service, Service]:
        return self.portal, self.users, self.desktop

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._open.aclose()

    def _service(self, name: str, url: str) -> Service:
        base_url = url.rstrip("/")
        client = httpx.AsyncClient(
            base_url=base_url, limits=_POOL, trust_env=False, verify=self._certificates
        )
        self._open.push_async_callback(client.aclose)
        return Service(name, base_url, client, self._timeout)


def services_of(request: Request) -> Services:
    """The services this process was told of."""
    services: Services = request.app.state.services
    return services


def on_behalf_of(request: Request) -> dict[str, str]:
    """The headers with which a service is asked in the caller's name."""
    return {name: request.headers[name] for name in _ON_BEHALF if name in request.headers}
