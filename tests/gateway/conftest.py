import json
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, OKPKey

from gateway.app import create_app
from gateway.settings import GatewaySettings
from shared.ids import new_id
from shared.runtime.access import ALGORITHM, AUDIENCE
from tests.gateway.fakes import Door, FakeService, served

Token = Callable[..., str]

KEY = OKPKey.generate_key("Ed25519", {"kid": "test"})


def make_token(code: str = "manager", role: str = "application_manager", seconds: int = 300) -> str:
    claims: dict[str, Any] = {"iss": "doorstroom", "aud": AUDIENCE, "sub": code, "jti": str(new_id())}
    claims |= {"iat": int(time.time()), "exp": int(time.time()) + seconds, "sv": 1, "roles": {role: None}}
    return jwt.encode({"alg": ALGORITHM, "typ": "at+jwt", "kid": "test"}, claims, KEY, algorithms=[ALGORITHM])


@pytest.fixture
def token() -> Token:
    return make_token


@pytest.fixture(scope="session")
def jwks_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("keys") / "jwks.json"
    file.write_text(json.dumps(KeySet([KEY]).as_dict(private=False)))
    return file


@pytest.fixture(scope="session")
async def open_door(jwks_file: Path) -> AsyncIterator[Door]:
    portal, users, desktop = FakeService(), FakeService(), FakeService()
    async with served(portal) as portal_url, served(users) as users_url, served(desktop) as desktop_url:
        portal.url, users.url, desktop.url = portal_url, users_url, desktop_url
        settings = GatewaySettings(
            portal_url=portal_url,
            users_url=users_url,
            desktop_url=desktop_url,
            jwks_file=jwks_file,
            connect_seconds=0.5,
            read_seconds=0.5,
            import_seconds=2,
        )
        async with (
            served(create_app(settings), lifespan="on") as url,
            httpx.AsyncClient(base_url=url, trust_env=False, timeout=10) as client,
        ):
            yield Door(url, client, portal, users, desktop)


@pytest.fixture
def door(open_door: Door) -> Door:
    """Nothing taught, nothing asked, a fresh token."""
    for service in (open_door.portal, open_door.users, open_door.desktop):
        service.answers.clear()
        service.asked.clear()
    open_door.client.headers["Authorization"] = f"Bearer {make_token()}"
    return open_door
