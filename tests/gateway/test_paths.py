import pytest

from gateway.paths import path_at_service


@pytest.mark.parametrize(
    "path",
    ["/students", "/students/123", "/users/j.jansen%40school", "/openapi.json", "/.well-known/jwks.json"],
)
def test_what_a_service_offers_is_passed_on_as_it_was_sent(path):
    assert path_at_service(f"/api/portal{path}".encode(), "/api/portal") == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/metrics",
        "/METRICS",
        "/metrics/",
        "/%6detrics",
        "/health",
        "/health/ready",
        "/healthz",
        "/docs",
        "/docs/oauth2-redirect",
        "/redoc",
        "//metrics",
        "/students//1",
        "/students/",
        "/./metrics",
        "/../metrics",
        "/students/../metrics",
        "/students/%2e%2e/metrics",
        "/students/.%2E/metrics",
        "/%2e/metrics",
        "/students%2f..%2fmetrics",
        "/..%2fmetrics",
        "/..%5cmetrics",
        "/\\metrics",
        "/%252e%252e/metrics",
        "/%2525",
        "/students/%00",
        "/students/%0d%0aX-Evil:1",
        "/students/%ff",
        "/students/%zz",
        "@evil.example/",
        ".evil.example/metrics",
        ":80/metrics",
    ],
)
def test_what_could_be_read_as_something_else_is_not_passed_on(path):
    assert path_at_service(f"/api/portal{path}".encode(), "/api/portal") is None


def test_bytes_beyond_ascii_are_not_passed_on():
    assert path_at_service(b"/api/portal/stud\xc3\xa9", "/api/portal") is None


def test_another_services_prefix_is_not_this_ones():
    assert path_at_service(b"/api/portalx/metrics", "/api/portal") is None
    assert path_at_service(b"/api/p%6frtal/students", "/api/portal") is None
