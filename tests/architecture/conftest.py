"""The services as they are made, not running: no server is needed to read their routes."""

import json
from typing import Any

import pytest
from fastapi import FastAPI
from joserfc.jwk import KeySet, OKPKey
from pydantic import SecretStr

import desktop_sync.app
import gateway.app
import portal.app
import users.app
from desktop_sync.settings import DesktopSettings
from gateway.settings import GatewaySettings
from portal.settings import PortalSettings
from users.settings import UsersSettings


@pytest.fixture(scope="package")
def apps(tmp_path_factory: pytest.TempPathFactory) -> dict[str, FastAPI]:
    """Made, not running: no server is needed to read their routes."""
    folder = tmp_path_factory.mktemp("keys")
    key = OKPKey.generate_key("Ed25519", {"kid": "test"})
    public, private = folder / "jwks.json", folder / "signing-key.json"
    public.write_text(json.dumps(KeySet([key]).as_dict(private=False)))
    private.write_text(json.dumps(key.as_dict(private=True)))

    def needed(database: str) -> dict[str, Any]:
        url = SecretStr(f"postgresql://role:password@localhost/{database}")
        return {"database_url": url, "amqp_url": SecretStr("amqp://localhost"), "jwks_file": public}

    services: dict[str, Any] = {
        f"{name}_url": "http://localhost:1" for name in ("portal", "users", "desktop")
    }
    return {
        "portal": portal.app.create_app(PortalSettings(**needed("portal"))),
        "users": users.app.create_app(UsersSettings(**needed("users"), signing_key_file=private)),
        "desktop_sync": desktop_sync.app.create_app(DesktopSettings(**needed("desktop_sync"))),
        "gateway": gateway.app.create_app(GatewaySettings(**services, jwks_file=public)),
    }
