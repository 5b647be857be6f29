"""What each service says of itself in OpenAPI is so: every answer is one that its document names.

Whatever is sent, right or wrong, by schemathesis; half of it names things that are there. The same each time.
"""

import asyncio
import json
import os
import random
from typing import Any

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
from tests.shapes.familiar import made_familiar

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


@pytest.mark.parametrize("caller", ["manager", "timetabler"])
@pytest.mark.parametrize("service", ["portal", "users", "desktop_sync"])
async def test_every_answer_is_one_that_the_document_names(doors: dict[str, Door], service: str, caller: str):
    wrong = await asyncio.to_thread(unnamed_answers, doors[service], caller)
    assert not wrong, "\n\n".join(wrong)


def unnamed_answers(door: Door, caller: str) -> list[str]:
    """Every operation is asked; one story for each that answered otherwise."""
    schema = schemathesis.openapi.from_dict(_readable(door.app.openapi()))
    found, most = [], EXAMPLES if caller == "manager" else max(1, EXAMPLES // FEWER)
    with requests.Session() as session:
        session.trust_env = False
        session.headers.update(door.headers(caller))
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


def _ask(door: Door, cases: st.SearchStrategy[Case], session: requests.Session, most: int) -> None:
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
