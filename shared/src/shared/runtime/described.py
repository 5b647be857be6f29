"""The OpenAPI document says what a route refuses: told once for all, from what the route declares.

Who asks a permission answers 401 and 403, who reads a body 400, 413 and 415, who wants `If-Match` 412 and
428, and so on. Each is a problem (problems.py), which is why FastAPI's own description of a 422 goes.
"""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts

from shared.runtime.access import Requires
from shared.runtime.problems import MEDIA_TYPE, Problem
from shared.runtime.versions import wants_version

Json = dict[str, Any]

_REFUSALS = {
    400: ("Malformed", "The body is no JSON"),
    401: ("NotLoggedIn", "No token, or one that is not good any more"),
    403: ("NotAllowed", "The caller's role does not allow this"),
    404: ("NotFound", "Unknown, malformed, or not the caller's to see"),
    409: ("Refused", "The business says no; `code` says why"),
    412: ("VersionStale", "It has changed since the caller saw it"),
    413: ("TooLarge", "The body is too large"),
    415: ("WrongMediaType", "The body is of another media type"),
    422: ("InvalidInput", "Understood and wrong; `params.errors` says where"),
    428: ("VersionRequired", "`If-Match` is missing"),
    503: ("TryLater", "Not available now; the same request may succeed soon"),
}
_ACTING = frozenset({"post", "put", "patch", "delete"})
_TOKEN = "token"  # noqa: S105 - the name of a scheme


def describe_refusals(app: FastAPI, checked_elsewhere: frozenset[str] = frozenset()) -> None:
    """Let the app's document tell them; of `checked_elsewhere` another service checks the caller."""
    written = app.openapi

    def openapi() -> Json:
        if app.openapi_schema is None:
            document = written()
            components = document.setdefault("components", {})
            components["securitySchemes"] = {
                _TOKEN: {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
            }
            components["responses"] = {name: _refusal(told) for name, told in _REFUSALS.values()}
            schemas = components.setdefault("schemas", {})
            for name in ("HTTPValidationError", "ValidationError"):
                schemas.pop(name, None)
            schemas[Problem.__name__] = Problem.model_json_schema()
            for path, method, dependant in _routes(app):
                if (operation := document["paths"].get(path, {}).get(method)) is not None:
                    _describe(operation, method, dependant, known_caller=path in checked_elsewhere)
        return app.openapi_schema or {}

    app.openapi = openapi  # type: ignore[method-assign]


def _routes(app: FastAPI) -> Iterator[tuple[str, str, Dependant]]:
    for route in iter_route_contexts(app.routes):
        if hasattr(route, "dependant"):
            for method in route.methods or ():
                yield str(route.path), method.lower(), route.dependant


def _describe(operation: Json, method: str, dependant: Dependant, *, known_caller: bool) -> None:
    calls = set(_calls(dependant))
    asks = known_caller or any(isinstance(call, Requires) for call in calls)
    if asks:
        operation["security"] = [{_TOKEN: []}]
    parameters = operation.get("parameters", [])
    places = {parameter["in"] for parameter in parameters}
    has_body = "requestBody" in operation
    names_something = "path" in places or has_body or any(one["required"] for one in parameters)
    conditional = [one for one in parameters if one["name"].lower() == "if-match"]
    must_have_seen = wants_version in calls
    for parameter in conditional:
        parameter["required"] = must_have_seen
    answers = {
        400: has_body,
        401: asks,
        403: asks,
        404: names_something,
        409: asks and method in _ACTING,
        412: bool(conditional),
        413: has_body,
        415: has_body,
        422: has_body or not places <= {"path"},
        428: must_have_seen,
        503: True,
    }
    responses = operation["responses"]
    if "HTTPValidationError" in str(responses.get("422")):
        del responses["422"]
    for status, may_be in answers.items():
        if may_be:
            responses.setdefault(str(status), {"$ref": f"#/components/responses/{_REFUSALS[status][0]}"})


def _calls(dependant: Dependant) -> Iterator[Any]:
    for below in dependant.dependencies:
        yield below.call
        yield from _calls(below)


def _refusal(told: str) -> Json:
    schema = {"$ref": f"#/components/schemas/{Problem.__name__}"}
    return {"description": told, "content": {MEDIA_TYPE: {"schema": schema}}}
