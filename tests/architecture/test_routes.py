"""Every route of every service says what it asks of its caller; what is public is written down here too."""

import json
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from joserfc.jwk import KeySet, OKPKey
from pydantic import SecretStr

import desktop_sync.app
import gateway.app
import portal.app
import users.app
from desktop_sync.settings import DesktopSettings
from gateway.settings import GatewaySettings
from portal.settings import PortalSettings
from shared.runtime.access import _permissions, check_permissions
from users.settings import UsersSettings

WATCHING = {"/health/live", "/health/ready", "/metrics", "/openapi.json"}
LOGIN = {"/oauth/token", "/.well-known/jwks.json"}


@pytest.fixture(scope="module")
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


def undeclared(app: FastAPI) -> set[str]:
    return {
        str(route.path)
        for route in iter_route_contexts(app.routes)
        if not (hasattr(route, "dependant") and set(_permissions(route.dependant)))
    }


@pytest.mark.parametrize("service", ["portal", "users", "desktop_sync"])
def test_only_these_routes_are_public(apps, service):
    assert undeclared(apps[service]) == WATCHING | (LOGIN if service == "users" else set())


def test_the_gateway_checks_its_own_and_passes_the_rest_on(apps):
    assert undeclared(apps["gateway"]) == gateway.app.PUBLIC | gateway.app.CHECKED_BY_SERVICES


@pytest.mark.parametrize("service", ["portal", "users", "desktop_sync", "gateway"])
def test_a_public_route_that_is_not_named_is_refused(apps, service):
    with pytest.raises(RuntimeError, match="declares 0 permissions"):
        check_permissions(apps[service], frozenset())


@pytest.mark.parametrize("service", ["portal", "users", "desktop_sync"])
def test_every_operation_says_what_it_does(apps, service):
    for path, methods in apps[service].openapi()["paths"].items():
        for method, operation in methods.items():
            assert operation.get("description") or operation.get("summary"), f"{method} {path}"
