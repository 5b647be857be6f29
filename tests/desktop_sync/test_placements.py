"""A timetabler places a student by hand: only what is given changes, and what does not fit is said."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from shared.contracts.rights import Role
from tests.desktop_sync.desk import Desk
from tests.desktop_sync.imports import B1A, ECON1, H4, H4A, PROJECT
from tests.desktop_sync.imports import student_code as code
from tests.desktop_sync.test_class_change import H4B, two_classes
from tests.desktop_sync.test_undo import change, placed

AT_ONCE = (
    "UPDATE lesson SET slot_id = (SELECT id FROM slot WHERE week IS NULL AND day = 0)"
    " WHERE lesson_group_id = (SELECT id FROM lesson_group WHERE code = 'netl.H4a')"
)


@pytest.fixture
async def school(desk: Desk) -> Desk:
    """Nobody has two lessons at once."""
    await desk.bring(two_classes())
    dutch = "(SELECT id FROM lesson_group WHERE code LIKE 'netl.%')"
    await change(desk, f"UPDATE lesson SET slot_id = NULL WHERE lesson_group_id IN {dutch}")
    return desk


async def put(desk: Desk, number: int = 1, *, seen: str | None = None, **body: Any) -> httpx.Response:
    headers = desk.as_(Role.TIMETABLER, code="tim") | ({"If-Match": seen} if seen else {})
    path = f"/projects/{PROJECT}/students/{code(number)}/placements"
    return await desk.client.put(path, json=body, headers=headers)


async def refused(desk: Desk, number: int = 1, **body: Any) -> tuple[int, str, Any]:
    answer = await put(desk, number, **body)
    problem = answer.json()
    return answer.status_code, problem["code"], problem["params"]


async def test_only_what_is_given_changes(school: Desk) -> None:
    answer = await put(school, groups={"econ": "econ1"}, seen='"1"')
    assert answer.status_code == 200, answer.text
    card = answer.json()
    assert (card["revision"], card["home_class"]["id"], card["clashes"]) == (2, H4A, [])
    assert answer.headers["ETag"] == '"2"'
    assert await placed(school, code(1)) == {"netl": "netl.H4a", "biol": "biol.H4a", "econ": "econ1"}
    await put(school, groups={"econ": None})
    assert (await placed(school, code(1)))["econ"] is None
    assert await school.count("audit", "action = 'student.place' AND actor = 'tim'") == 2


async def test_another_class_takes_its_groups_along(school: Desk) -> None:
    card = (await put(school, home_class=H4B)).json()
    assert card["home_class"]["code"] == "H4b"
    assert await placed(school, code(1)) == {"netl": "netl.H4b", "muz": "muz.H4b", "econ": "econ2"}


async def test_what_stands_so_already_changes_nothing(school: Desk) -> None:
    said = len(await school.told_listed())
    answer = await put(school, home_class=H4A, groups={"econ": "econ2"})
    assert answer.json()["revision"] == 1
    assert len(await school.told_listed()) == said
    assert await school.count("audit", "action = 'student.place'") == 0


async def test_an_old_look_is_refused(school: Desk) -> None:
    assert (await put(school, groups={"econ": "econ1"}, seen='"0"')).json()["code"] == "version_stale"


async def test_where_the_portal_leads_the_class_stays(school: Desk) -> None:
    await change(school, "UPDATE copy_department SET home_class_authority = 'portal'")
    assert await refused(school, home_class=H4B) == (409, "portal_is_leading", {"department": H4})
    assert (await put(school, home_class=H4A, groups={"econ": "econ1"})).status_code == 200


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"home_class": B1A}, "home_class"),
        ({"home_class": ECON1}, "home_class"),
        ({"groups": {"netl": "netl.H4b"}}, "groups.netl"),
        ({"groups": {"netl": "netl.B1a"}}, "groups.netl"),
        ({"groups": {"netl": "econ1"}}, "groups.netl"),
        ({"groups": {"muz": "muz.H4b"}}, "groups.muz"),
        ({"groups": {"zzz": None}}, "groups.zzz"),
    ],
)
async def test_what_is_not_for_him_is_named_by_its_place(
    school: Desk, body: dict[str, Any], place: str
) -> None:
    status, problem, params = await refused(school, **body)
    assert (status, problem, params["problems"][0]["place"]) == (422, "placements_refused", place)


async def test_two_lessons_at_once_need_a_reason_which_is_kept(school: Desk) -> None:
    await change(school, AT_ONCE)
    status, problem, params = await refused(school, groups={"econ": "econ1"})
    assert (status, problem) == (409, "placements_clash")
    assert params["clashes"] == [
        {"subjects": ["econ", "netl"], "groups": ["econ1", "netl.H4a"], "week": None, "day": 0, "period": 1}
    ]
    answer = await put(school, groups={"econ": "econ1"}, reason="hij werkt zelfstandig")
    assert [clash["groups"] for clash in answer.json()["clashes"]] == [["econ1", "netl.H4a"]]
    ((noted,),) = await school.rows("SELECT reason FROM audit WHERE action = 'student.place'")
    assert noted == "hij werkt zelfstandig"
    ((told,),) = await school.rows("SELECT body->'change' FROM outbox ORDER BY id DESC LIMIT 1")
    assert (told["act"], told["reason"]) == ("hand", "hij werkt zelfstandig")
    assert (await put(school, groups={"biol": None})).status_code == 200, "that clash is not a new one"


async def test_the_full_are_refused_and_the_nearly_full_warn(school: Desk) -> None:
    await change(school, "UPDATE lesson_group SET soft_max = 1, hard_max = 2 WHERE code LIKE 'econ%'")
    assert await refused(school, number=0, groups={"econ": "econ2"}) == (
        409, "group_full", {"group": "econ2", "size": 2, "hard_max": 2}
    )  # fmt: skip
    await change(school, "UPDATE lesson_group SET hard_max = 9 WHERE code LIKE 'econ%'")
    (warning,) = (await put(school, groups={"econ": "econ1"})).json()["warnings"]
    assert (warning["code"], warning["group"]) == ("over_soft_max", "econ1")
    await change(school, f"UPDATE home_class SET hard_max = 0 WHERE id = {H4B}")
    assert (await refused(school, home_class=H4B))[1] == "class_full"


async def test_who_waits_to_go_and_who_is_not_there_is_left_alone(school: Desk) -> None:
    departure = uuid4()
    await change(
        school,
        "INSERT INTO departure_work (departure, epoch, student_code, school_id, school_year, keep_later, at,"
        f" memory, result, awaits) VALUES ('{departure}', 1, '{code(1)}', 1, 2026, false, now(), '{{}}',"
        f" '{{}}', '{{{PROJECT}}}')",
    )
    assert await refused(school, groups={"econ": None}) == (
        409, "departure_running", {"student": code(1), "departure": str(departure)}
    )  # fmt: skip
    assert (await put(school, 99, groups={})).status_code == 404
    elsewhere = school.as_(Role.TIMETABLER, 99)
    path = f"/projects/{PROJECT}/students/{code(2)}/placements"
    assert (await school.client.put(path, json={}, headers=elsewhere)).status_code == 404
