"""What each service says of itself in OpenAPI is so: every answer is one that its document names.

Whatever is sent, right or wrong, by schemathesis; half of it names things that are there. The same each time.
"""

import asyncio
import json
import os
import random
from typing import Any, NamedTuple

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.shapes.conftest import Door
from tests.shapes.familiar import Familiar, made_familiar
from tests.support.rig import Rig

EXAMPLES = int(os.environ.get("DOORSTROOM_SHAPES_EXAMPLES", "3"))
CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
FEWER = 3
"""Of the timetabler, who may less."""
SETTINGS = settings(
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


class Asked(NamedTuple):
    """Who answers, and who asks."""

    document: dict[str, Any]
    url: str
    headers: dict[str, str]
    familiar: Familiar


@pytest.mark.parametrize("caller", ["manager", "timetabler"])
@pytest.mark.parametrize("service", ["portal", "users", "desktop_sync"])
async def test_every_answer_is_one_that_the_document_names(doors: dict[str, Door], service: str, caller: str):
    door = doors[service]
    asked = Asked(door.app.openapi(), door.url, door.headers(caller), door.familiar)
    most = EXAMPLES if caller == "manager" else max(1, EXAMPLES // FEWER)
    wrong = await asyncio.to_thread(unnamed_answers, asked, most)
    assert not wrong, "\n\n".join(wrong)


async def test_every_answer_of_the_gateway_is_one_that_its_document_names(
    rig: Rig, manager: httpx.AsyncClient
):
    """Of its own routes: the footprint, the preview, imports."""
    document = (await manager.get("/api/openapi.json")).json()
    asked = Asked(document, rig.gateway, {"Authorization": manager.headers["Authorization"]}, {})
    wrong = await asyncio.to_thread(unnamed_answers, asked, EXAMPLES)
    assert not wrong, "\n\n".join(wrong)


def unnamed_answers(door: Asked, most: int) -> list[str]:
    """Every operation is asked; one story for each that answered otherwise."""
    schema = schemathesis.openapi.from_dict(_readable(door.document))
    found = []
    with requests.Session() as session:
        session.trust_env = False
        session.headers.update(door.headers)
        for result in schema.get_all_operations():
            assert isinstance(result, Ok), result.err()
            operation = result.ok()
            for mode in GenerationMode:
                try:
                    _ask(door, operation.as_strategy(generation_mode=mode), session, most)
                except Unsatisfiable:
                    continue  # it takes nothing that could be wrong
                except (Exception, FailureGroup) as error:  # noqa: BLE001 - each is told, and the next asked
                    found.append(f"{operation.label}, {mode.value}: {error}")
    return found


def _readable(document: dict[str, Any]) -> dict[str, Any]:
    """Its patterns without classes of Unicode, which schemathesis does not know."""
    text = json.dumps(document)
    for signs in (r"\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}", r"\\p{Cc}\\p{Cf}"):
        text = text.replace(signs, r"\\x00-\\x1f\\x7f-\\x9f")
    read: dict[str, Any] = json.loads(text)
    return read


def _ask(door: Asked, cases: st.SearchStrategy[Case], session: requests.Session, most: int) -> None:
    @settings(SETTINGS, max_examples=most)
    @given(case=cases, chance=st.randoms(use_true_random=False))
    def ask(case: Case, chance: random.Random) -> None:
        if chance.random() < 0.5:
            case.path_parameters = made_familiar(case.path_parameters, door.familiar, chance)
            case.body = made_familiar(case.body, door.familiar, chance)
            if "if-match" in case.headers:
                case.headers["if-match"] = "*"
        case.call_and_validate(door.url, session, checks=CHECKS, timeout=5)

    ask()
