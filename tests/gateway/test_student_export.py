"""A list is told whole or not at all, and no cell of it is a formula."""

import csv
import io

import pytest

from gateway.student_export import written

EXPORT = "/api/exports/students?project=1&branch=2"
ENROLLED = "GET /exports/students"


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_a_formula(sign):
    text = written([{"student": "1", "department": "H4"}], {"1": {"city": f"{sign}1+1"}}).decode("utf-8-sig")
    header, row = csv.reader(io.StringIO(text, newline=""), delimiter=";")
    assert dict(zip(header, row, strict=True))["plaats"] == f"'{sign}1+1"


async def test_what_a_service_refuses_is_refused(door):
    door.portal.on(ENROLLED, {"code": "not_found"}, 404)
    assert (await door.client.get(EXPORT)).status_code == 404
    assert not door.users.asked
    door.portal.on(ENROLLED, {"items": [{"student": "1", "department": "H4"}]})
    door.users.on("POST /exports/students", {"code": "not_allowed"}, 403)
    assert (await door.client.get(EXPORT)).status_code == 403
