"""A row of the options is applied as it was listed: all of it, or nothing and why."""

from typing import Any

import httpx
import pytest

from desktop_sync.features.departure import delete_students
from shared.contracts.rights import Role
from shared.ids import new_id
from tests.desktop_sync.desk import Desk
from tests.desktop_sync.imports import BRANCH, H4, PROJECT
from tests.desktop_sync.imports import student_code as code
from tests.desktop_sync.test_class_change import H4B
from tests.desktop_sync.test_connector_diff import cells
from tests.desktop_sync.test_departure import delete
from tests.desktop_sync.test_options import PORTAL_LEADS, ask, with_biology
from tests.desktop_sync.test_placement_undo import STANDINGS, put, undone
from tests.desktop_sync.test_undo import change, group_of, placed


@pytest.fixture
async def school(desk: Desk) -> Desk:
    await desk.bring(with_biology())
    return desk


async def rows_of(desk: Desk, number: int = 1, **query: Any) -> tuple[int, list[dict[str, Any]]]:
    """The revision, and the rows."""
    answer = (await ask(desk, number, **query)).json()
    return answer["revision"], answer["rows"]


async def row_to(desk: Desk, group: str, number: int = 1, **query: Any) -> tuple[int, str]:
    """The best row in which he comes to this group."""
    revision, rows = await rows_of(desk, number, **query)
    return revision, next(row["id"] for row in rows if group in {move["to"]["code"] for move in row["moves"]})


async def apply(desk: Desk, number: int, revision: int, row: str, **more: Any) -> httpx.Response:
    key = {"Idempotency-Key": more.pop("key")} if "key" in more else {}
    headers = desk.as_(Role.TIMETABLER, *more.pop("branches", ()), code="tim") | key
    path = f"/projects/{PROJECT}/students/{code(number)}/placements"
    return await desk.client.post(path, json={"revision": revision, "row": row} | more, headers=headers)


async def applied(desk: Desk, number: int, revision: int, row: str, **more: Any) -> dict[str, Any]:
    answer = await apply(desk, number, revision, row, **more)
    assert answer.status_code == 200, answer.text
    card: dict[str, Any] = answer.json()
    return card


async def refused(desk: Desk, number: int, revision: int, row: str, **more: Any) -> tuple[str, Any]:
    answer = await apply(desk, number, revision, row, **more)
    assert answer.status_code == 409, answer.text
    return answer.json()["code"], answer.json()["params"]


async def test_a_click_places_him_as_the_row_says(school: Desk) -> None:
    revision, row = await row_to(school, "netl.H4b")
    answer = await apply(school, 1, revision, row, reason="hij vraagt het")
    assert (answer.status_code, answer.headers["ETag"]) == (200, '"2"'), answer.text
    card = answer.json()
    assert (card["home_class"]["code"], card["revision"], card["others"], card["warnings"]) == (
        "H4b",
        2,
        [],
        [],
    )
    assert await placed(school, code(1)) == {"netl": "netl.H4b", "biol": "biol.H4b", "econ": "econ2"}
    ((told,),) = await school.rows("SELECT body FROM outbox ORDER BY id DESC LIMIT 1")
    assert (told["revision"], told["home_class"]) == (2, H4B)
    assert (told["change"]["act"], told["change"]["reason"]) == ("option", "hij vraagt het")
    assert await school.rows("SELECT id::text, act FROM placement_step") == [(card["step"], "option")]
    assert await school.count("audit", "action = 'student.place' AND actor = 'tim'") == 1


async def test_undone_he_stands_as_before(school: Desk) -> None:
    before = await school.rows(STANDINGS)
    card = await applied(school, 1, *await row_to(school, "econ1"))
    assert (await undone(school))["step"] == card["step"]
    assert await school.rows(STANDINGS) == before


async def test_how_he_stands_already_changes_nothing(school: Desk) -> None:
    revision, (present, *_) = await rows_of(school)
    assert present["current"]
    card = await applied(school, 1, revision, present["id"])
    assert (card["revision"], card["step"]) == (1, None)
    assert await school.count("placement_step") == 0


async def test_a_row_that_was_looked_at_before_is_judged_anew(school: Desk) -> None:
    revision, row = await row_to(school, "econ1")
    await put(school, 5, groups={"biol": None})
    problem, params = await refused(school, 1, revision, row)
    assert (problem, params["revision"], params["still_allowed"], params["why"]) == (
        "revision_moved",
        2,
        True,
        [],
    )
    assert (params["row"]["id"], params["row"]["home_class"], params["row"]["changes"]) == (row, "H4a", 1)
    await change(school, "UPDATE lesson_group SET hard_max = 1 WHERE code = 'econ1'")
    _, params = await refused(school, 1, revision, row)
    assert (params["still_allowed"], params["why"], params["row"]) == (
        False, [{"code": "group_full", "about": "econ1"}], None,
    )  # fmt: skip
    assert (await placed(school, code(1)))["econ"] == "econ2"


async def test_what_no_list_offers_is_not_allowed(school: Desk) -> None:
    revision, row = await row_to(school, "econ1")
    other = await group_of(school, "netl.B1a")
    problem, params = await refused(school, 1, revision, f"{row}.{other}")
    assert problem == "row_not_allowed"
    assert {"code": "unknown_group", "about": str(other)} in params["why"]
    assert await refused(school, 1, revision, f"{row}~99999.5") == (
        "row_not_allowed", {"why": [{"code": "other_moved", "about": "99999"}]}
    )  # fmt: skip
    assert (await school.get(f"/projects/{PROJECT}"))["revision"] == revision


@pytest.mark.parametrize("row", [" ", "x", "1.", "01.2", "1.2~9.", "-.٣"])
async def test_what_is_no_row_is_said(school: Desk, row: str) -> None:
    answer = await apply(school, 1, 1, row)
    assert (answer.status_code, answer.json()["code"]) == (422, "row_unreadable")


async def test_where_the_portal_leads_no_row_changes_the_class(school: Desk) -> None:
    revision, other_class = await row_to(school, "netl.H4b")
    _, other_group = await row_to(school, "econ1")
    await change(school, PORTAL_LEADS)
    for seen in (revision, revision - 1):
        assert await refused(school, 1, seen, other_class) == ("portal_is_leading", {"department": H4})
    await applied(school, 1, revision, other_group)


async def test_full_is_full_and_nearly_full_warns(school: Desk) -> None:
    revision, row = await row_to(school, "econ1")
    await change(school, "UPDATE lesson_group SET soft_max = 1 WHERE code = 'econ1'")
    (warning,) = (await applied(school, 1, revision, row))["warnings"]
    assert warning == {"code": "over_soft_max", "group": "econ1", "size": 3, "soft_max": 1}


async def test_a_listed_clash_is_an_accepted_one(school: Desk) -> None:
    revision, rows = await rows_of(school, home=H4B, max_clashes=1)
    card = await applied(school, 1, revision, rows[1]["id"])
    assert [clash["groups"] for clash in card["clashes"]] == [["econ1", "netl.H4b"]]


async def test_the_same_key_applies_once(school: Desk) -> None:
    revision, row = await row_to(school, "econ1")
    first, again = [await applied(school, 1, revision, row, key="once") for _ in range(2)]
    assert first == again
    ((kept,),) = await school.rows("SELECT reply::text FROM idempotent_reply")
    assert "address" not in kept, "nothing personal lies there for a day"


async def test_a_swap_moves_the_other_too_and_comes_back_as_one(school: Desk) -> None:
    full = "UPDATE lesson_group SET hard_max = 2 WHERE code LIKE 'econ%'"
    await change(school, full)
    before = await school.rows(STANDINGS)
    assert "econ1" not in {move["to"]["code"] for row in (await rows_of(school))[1] for move in row["moves"]}
    econ1, econ2, netl, biol = [
        await group_of(school, one) for one in ("econ1", "econ2", "netl.H4a", "biol.H4a")
    ]
    groups = ".".join(map(str, sorted((econ1, netl, biol))))
    row = f"201.{groups}~{code(2)}.{econ2}"
    card = await applied(school, 1, 1, row)
    assert card["others"] == [code(2)]
    assert [(await placed(school, code(one)))["econ"] for one in (1, 2)] == ["econ1", "econ2"]
    assert (await undone(school))["students"] == [code(1), code(2)]
    assert await school.rows(STANDINGS) == before
    await change(school, f"UPDATE student SET branch_id = 99 WHERE code = '{code(2)}'")
    assert (await apply(school, 1, 3, row, branches=[BRANCH])).status_code == 404
    waits = (
        "INSERT INTO departure_work (departure, epoch, student_code, school_id, school_year, keep_later, at,"
        f" memory, result, awaits) VALUES ('{new_id()}', 1, '{code(2)}', 1, 2026, false, now(), '{{}}',"
        f" '{{}}', '{{{PROJECT}}}')"
    )
    await change(school, waits)
    problem, params = await refused(school, 1, 3, row)
    assert (problem, params["student"]) == ("departure_running", code(2))


async def test_who_is_not_there_or_elsewhere_is_not_found(school: Desk) -> None:
    revision, row = await row_to(school, "econ1")
    assert (await apply(school, 99, revision, row)).status_code == 404
    assert (await apply(school, 1, revision, row, branches=[99])).status_code == 404


async def test_the_seat_of_who_departed_can_be_taken_at_once(school: Desk) -> None:
    await change(school, "UPDATE lesson_group SET hard_max = 2 WHERE code = 'econ1'")
    revision, rows = await rows_of(school)
    assert len(rows) == 2
    await school.react(delete_students, delete(code(2)))
    problem, params = await refused(school, 1, revision, rows[1]["id"])
    assert (problem, params["still_allowed"]) == ("revision_moved", True)
    assert (await applied(school, 1, *await row_to(school, "econ1")))["revision"] == revision + 2


async def test_what_was_applied_is_there_to_be_uploaded(school: Desk) -> None:
    await applied(school, 1, *await row_to(school, "econ1", home="current"))
    differing = [cell for cell in (await cells(school))[code(1)] if cell[2] != "equal"]
    assert differing == [("econ1", "cluster", "desktop", True), ("econ2", "cluster", "portal", True)]
