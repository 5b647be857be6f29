"""Every route of every service says what it asks of its caller; what is public is written down here too."""

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

import gateway.app
from shared.runtime.access import _permissions, check_permissions

WATCHING = {"/health/live", "/health/ready", "/metrics"}
LOGIN = {"/oauth/token", "/.well-known/jwks.json"}


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


@pytest.mark.parametrize("service", ["portal", "users", "desktop_sync", "gateway"])
def test_every_operation_says_what_it_refuses(apps, service):
    document = apps[service].openapi()
    assert "HTTPValidationError" not in str(document)
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            told = set(operation["responses"])
            assert "503" in told, f"{method} {path}"
            assert ("security" in operation) == ({"401", "403"} <= told) == (path not in LOGIN)
            if "requestBody" in operation:
                assert {"400", "413", "415", "422"} <= told, f"{method} {path}"
            if any(one["name"] == "if-match" and one["required"] for one in operation.get("parameters", [])):
                assert {"412", "428"} <= told, f"{method} {path}"
