"""The ledger docs/handbook.md names only routes, messages and tests that are there."""

import ast
import re
from pathlib import Path

import pytest
from fastapi import FastAPI

from shared.contracts.catalogue import CONTRACTS

ROOT = Path(__file__).parents[2]
LEDGER = [
    [cell.strip() for cell in line.strip("|\n").split("|")]
    for line in (ROOT / "docs" / "handbook.md").read_text().splitlines()
    if line.startswith("|") and not line.startswith(("|---", "| statement"))
]
DOORS = {"users": "users", "portal": "portal", "desktop": "desktop_sync"}


def quoted(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def routes_of(apps: dict[str, FastAPI]) -> set[str]:
    return {
        f"{method.upper()} /api/{door}{path}"
        for door, service in DOORS.items()
        for path, methods in apps[service].openapi()["paths"].items()
        for method in methods
    }


def names_of_tests(path: Path) -> set[str]:
    functions = (ast.AsyncFunctionDef, ast.FunctionDef)
    return {node.name for node in ast.parse(path.read_text()).body if isinstance(node, functions)}


def test_the_ledger_is_there():
    assert LEDGER
    assert {len(row) for row in LEDGER} == {4}


@pytest.mark.parametrize("row", LEDGER, ids=lambda row: row[0])
def test_a_statement_holds_where_the_ledger_says(apps: dict[str, FastAPI], row: list[str]):
    _, routes, messages, tests = row
    assert set(quoted(routes)) <= routes_of(apps)
    assert set(quoted(messages)) <= CONTRACTS.by_type.keys()
    assert quoted(tests)
    for test in quoted(tests):
        file, _, name = test.partition("::")
        assert name in names_of_tests(ROOT / file)
