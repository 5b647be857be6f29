"""`doorstroom import students` against a gateway whose answers a test decides."""

from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Gateway, run

COUNTS = {"created": 1, "updated": 2, "different": 3, "unchanged": 4}
WARNING = {"row": 5, "column": "email", "code": "bad_email", "severity": "warning"}
ERROR = {"row": 7, "column": "home_class", "code": "unknown_home_class", "severity": "error"}
DIFFERENCES = [
    {"row": 2, "student": "101", "field": "address", "fields": ["street"], "applied": True},
    {"row": 3, "student": "102", "field": "home_class", "here": "H4a", "listed": "H4b"}
    | {"applied": False, "why": "desktop_leads"},
]
RESULT: dict[str, Any] = {
    "school": 1,
    "branch": 2,
    "project": 3,
    "users": COUNTS,
    "portal": COUNTS,
    "departed": ["103"],
    "archived": ["104"],
    "elsewhere": 6,
    "differences": {"items": DIFFERENCES, "more": 9, "counts": {"address": {"applied": 1, "listed": 0}}},
    "gone": {
        "count": 1,
        "students": ["105"],
        "proposed": 0,
        "withdrawn": 0,
        "held": "gone_over_threshold",
    },
    "problems": {"items": [WARNING], "more": 0},
}
DONE = {"id": "1", "state": "done", "dry_run": False, "seconds": {}, "failure": None, "result": RESULT}


@pytest.fixture
def gateway(gateway: Gateway) -> Gateway:
    gateway.answers |= {
        "POST /api/imports/students": (202, DONE | {"state": "checking", "result": None}),
        "GET /api/imports/1/events": (200, [DONE]),
    }
    return gateway


def import_list(gateway: Gateway, folder: Path, *more: str, content: bytes = b"code;afdeling\n"):
    file = folder / "list.csv"
    file.write_bytes(content)
    place = ("--school", "S", "--branch", "B", "--year", "2026-2027", "--source", "somtoday")
    return run("import", "students", str(file), *place, *more, "--gateway", gateway.url)


def test_the_report_says_what_was_done_and_what_was_not(gateway, tmp_path):
    done = import_list(gateway, tmp_path, "--authority", "address=source", "--authority", "name=source")
    assert done.exit_code == 0, done.output
    _, query, body = gateway.asked[1]
    assert body == b"code;afdeling\n"
    assert "authority=address%3Asource%2Cname%3Asource" in query
    for line in (
        "warning row 5, email: bad_email",
        "row 2, 101, address: street (taken over)",
        "row 3, 102, home_class: H4a here, H4b listed (desktop_leads)",
        "and 9 more",
        "not brought back: 103",
        "left so: 104",
        "passed over: 6",
        "not in the list (1): 105",
        "--confirm-threshold",
    ):
        assert line in done.output


def test_refused_rows_end_the_command_badly(gateway, tmp_path):
    failure = {"service": None, "status": 422, "code": "students_refused", "detail": "No", "more": 3}
    failed = DONE | {"state": "failed", "result": None, "failure": failure | {"problems": [ERROR]}}
    gateway.answers["GET /api/imports/1/events"] = (200, [failed])
    refused = import_list(gateway, tmp_path)
    assert refused.exit_code == 1
    assert "row 7, home_class: unknown_home_class" in refused.output
    assert "and 3 more" in refused.output


def test_dry_run_with_bad_rows_ends_badly_too(gateway, tmp_path):
    result = RESULT | {"problems": {"items": [ERROR], "more": 0}}
    gateway.answers["GET /api/imports/1/events"] = (200, [DONE | {"dry_run": True, "result": result}])
    assert import_list(gateway, tmp_path, "--dry-run").exit_code == 1
    assert import_list(gateway, tmp_path, "--dry-run", "--skip-bad-rows").exit_code == 0


def test_file_that_cannot_be_read_says_why(gateway, tmp_path):
    problem = {"row": 1, "column": "code", "code": "missing_column", "severity": "error"}
    body = {"code": "student_file_invalid", "detail": "Unreadable", "params": {"problems": [problem]}}
    gateway.answers["POST /api/imports/students"] = (422, body)
    refused = import_list(gateway, tmp_path)
    assert refused.exit_code == 1
    assert "row 1, code: missing_column" in refused.output
