"""Why an import failed: the service's problem, with its places as places in the file."""

from typing import Any

import httpx

from gateway.project_import.people import place_in_file
from shared.errors import Refusal

Json = dict[str, Any]


class ServiceRefused(Exception):
    """A service says no to its part."""

    def __init__(self, service: str, answer: httpx.Response) -> None:
        super().__init__(f"{service}: {answer.status_code}")
        self.service = service
        self.answer = answer


def failure_of(error: Refusal | ServiceRefused, *, students: int) -> Json:
    """As the job shows it: {service, status, code, detail, problems}; the file has so many students."""
    if isinstance(error, Refusal):
        told: Json = {"status": error.status, "code": error.code, "detail": error.detail}
        return {"service": error.params.get("service"), **told, "problems": []}
    try:
        told = error.answer.json()
    except ValueError:
        told = {}
    return {
        "service": error.service,
        "status": error.answer.status_code,
        "code": told.get("code", "unexpected"),
        "detail": told.get("detail", "The service failed"),
        "problems": _problems(told.get("params") or {}, students),
    }


def _problems(params: Json, students: int) -> list[Json]:
    """Services list them as problems, as errors of the input, or as students."""
    listed = [*params.get("problems", ()), *params.get("errors", ())]
    problems = [
        {**one, "place": place_in_file(str(one.get("place", "")), students)}
        if isinstance(one, dict)
        else {"place": "", "text": one}
        for one in listed
    ]
    return problems + [{"place": "", "id": student} for student in params.get("students", ())]
