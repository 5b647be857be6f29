"""The house in one process: services over real servers, their databases migrated, tokens at hand."""

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import aio_pika
import httpx
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import KeySet, OKPKey
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from local_stack.servers import Servers
from shared.contracts.rights import Role
from shared.contracts.values import Party
from shared.database.engine import create_engine
from shared.database.migrate import bring_up_to_date
from shared.ids import new_id
from shared.messaging import topology
from shared.runtime.access import ALGORITHM, AUDIENCE
from shared.settings import ServiceSettings
from tests.support.eventually import eventually

S = TypeVar("S", bound=ServiceSettings)

SERVICES = ("portal", "users", "desktop_sync")


def _as(url: str, user: str, database: str | None = None) -> str:
    parts = urlsplit(url)
    netloc = f"{user}:test@{parts.netloc.rpartition('@')[2]}"
    return parts._replace(netloc=netloc, path=f"/{database}" if database else parts.path).geturl()


@dataclass
class House:
    """URLs, keys and tokens of one run of the tests."""

    servers: Servers
    folder: Path
    key: OKPKey = field(default_factory=lambda: OKPKey.generate_key("Ed25519", {"kid": "test"}))

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.jwks_file.write_text(json.dumps(KeySet([self.key]).as_dict(private=False)))
        self.signing_key_file.write_text(json.dumps(self.key.as_dict(private=True)))

    @property
    def jwks_file(self) -> Path:
        return self.folder / "jwks.json"

    @property
    def signing_key_file(self) -> Path:
        return self.folder / "signing-key.json"

    def app_url(self, service: str) -> str:
        return _as(self.servers.database_url, f"test_{service}", f"test_{service}")

    def owner_url(self, service: str) -> str:
        return _as(self.servers.database_url, f"test_{service}_owner", f"test_{service}")

    def amqp_url(self, user: str) -> str:
        return _as(self.servers.amqp_url, user) if self.servers.amqp_management_url else self.servers.amqp_url

    @property
    def automation(self) -> str:
        """The RabbitMQ user of an automation: its own, or the one that serves for all."""
        return urlsplit(self.amqp_url("automation")).username or "guest"

    async def migrate(self, service: str) -> None:
        package = Path(import_module(service).__path__[0])
        await bring_up_to_date(
            self.servers.database_url, self.owner_url(service), self.app_url(service), package / "migrations"
        )

    async def declare_topology(self) -> None:
        management = self.servers.amqp_management_url
        await topology.run(
            topology.TopologySettings(
                amqp_url=SecretStr(self.servers.amqp_url),
                amqp_management_url=SecretStr(management) if management else None,
                automation_amqp_url=SecretStr(self.amqp_url("automation")),
                **{f"{service}_amqp_url": SecretStr(self.amqp_url(service)) for service in SERVICES},  # type: ignore[arg-type]
            )
        )

    def settings(self, kind: type[S], service: str, **more: Any) -> S:
        return kind(
            database_url=SecretStr(self.app_url(service)),
            amqp_url=SecretStr(self.amqp_url(service)),
            jwks_file=self.jwks_file,
            **more,
        )

    def token(
        self, code: str = "manager", roles: dict[Role, list[int] | None] | None = None, **claims: Any
    ) -> str:
        """An access token as `users` would issue it."""
        now = int(time.time())
        held = {Role.APPLICATION_MANAGER: None} if roles is None else roles
        return jwt.encode(
            {"alg": ALGORITHM, "typ": "at+jwt", "kid": "test"},
            {"iss": "doorstroom", "aud": AUDIENCE, "sub": code, "jti": str(new_id()), "iat": now}
            | {"exp": now + 3600, "sv": 1, "roles": held}
            | claims,
            self.key,
            algorithms=[ALGORITHM],
        )

    async def empty(self, service: str) -> None:
        """Empty all tables of a service.

        Ids go on counting, so that a message of an earlier test that is still on its way means nothing here.
        """
        engine = create_engine(self.owner_url(service), size=1)
        async with engine.connect() as database:
            tables = await database.scalar(
                text(
                    "SELECT string_agg(quote_ident(tablename), ', ') FROM pg_tables "
                    "WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
                )
            )
            await eventually(lambda: self._truncate(database, tables), what="emptying")
        await engine.dispose()

    @staticmethod
    async def _truncate(database: AsyncConnection, tables: str) -> bool:
        """False when a loop of the service, at work on the same tables, won a deadlock."""
        try:
            await database.execute(text(f"TRUNCATE {tables} CASCADE"))
            await database.commit()
        except DBAPIError:
            await database.rollback()
            return False
        return True

    async def purge(self, party: Party) -> None:
        """Forget what the tests of other services said to this one."""
        async with await aio_pika.connect(self.servers.amqp_url) as connection:
            channel = await connection.channel()
            await (await channel.get_queue(topology.queue_of(party))).purge()

    @asynccontextmanager
    async def client(self, app: FastAPI, **headers: str) -> AsyncIterator[httpx.AsyncClient]:
        """The app with its road running, and a client that is the application manager by default."""
        authorization = {"Authorization": f"Bearer {self.token()}"}
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(
                transport=transport, base_url="http://test", headers=authorization | headers, timeout=30
            ) as client,
        ):
            yield client
