"""A step of the placements is taken back: all of it, while its students stand as it left them."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from desktop_sync.features.departure import delete_students
from shared.contracts.rights import Role
from shared.ids import new_id
from tests.desktop_sync.desk import Desk
from tests.desktop_sync.imports import BRANCH, H4, H4A, PROJECT
from tests.desktop_sync.imports import student_code as code
from tests.desktop_sync.test_class_change import H4B, two_classes
from tests.desktop_sync.test_departure import delete
from tests.desktop_sync.test_undo import change, placed

STEPS = f"/projects/{PROJECT}/placements/steps"
NO_LESSONS = "UPDATE lesson SET slot_id = NULL"
STANDINGS = (
    "SELECT code, home_class_id, subject_code, lesson_group_id FROM student"
    " LEFT JOIN placement ON student_code = code ORDER BY code, subject_code"
)


@pytest.fixture
async def school(desk: Desk) -> Desk:
    """Nobody has two lessons at once."""
    await desk.bring(two_classes())
    await change(desk, NO_LESSONS)
    return desk


async def put(desk: Desk, number: int, **body: Any) -> str:
    """Place him by hand; the step."""
    path = f"/projects/{PROJECT}/students/{code(number)}/placements"
    answer = await desk.client.put(path, json=body, headers=desk.as_(Role.TIMETABLER, code="tim"))
    assert answer.status_code == 200, answer.text
    return str(answer.json()["step"])


async def undo(desk: Desk, *branches: int, key: str | None = None, **body: Any) -> httpx.Response:
    headers = desk.as_(Role.TIMETABLER, *branches, code="tim") | ({"Idempotency-Key": key} if key else {})
    return await desk.client.post(f"/projects/{PROJECT}/placements/undo", json=body, headers=headers)


async def undone(desk: Desk, **body: Any) -> dict[str, Any]:
    answer = await undo(desk, **body)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def refused(desk: Desk, **body: Any) -> tuple[str, Any]:
    answer = await undo(desk, **body)
    assert answer.status_code == 409, answer.text
    return answer.json()["code"], answer.json()["params"]


async def test_he_stands_as_before_and_that_is_told(school: Desk) -> None:
    before = await school.rows(STANDINGS)
    step = await put(school, 1, home_class=H4B, reason="hij vraagt het")
    assert await school.rows(STANDINGS) != before
    assert await undone(school) == {"step": step, "students": [code(1)], "revision": 3}
    assert await school.rows(STANDINGS) == before
    ((told,),) = await school.rows("SELECT body FROM outbox ORDER BY id DESC LIMIT 1")
    assert (told["revision"], told["home_class"], told["change"]["act"]) == (3, H4A, "undo")
    assert await school.count("audit", "action = 'student.place_back' AND actor = 'tim'") == 1


async def test_again_and_again_it_walks_back(school: Desk) -> None:
    before = await school.rows(STANDINGS)
    steps = [
        await put(school, 1, groups={"econ": "econ1"}),
        await put(school, 2, groups={"econ": "econ2"}),
        await put(school, 1, home_class=H4B),
    ]
    assert [(await undone(school))["step"] for _ in steps] == steps[::-1]
    assert await school.rows(STANDINGS) == before
    assert await refused(school) == ("nothing_to_undo", {"project": PROJECT})


async def test_a_named_one_is_taken_back_once(school: Desk) -> None:
    first, second = await put(school, 1, groups={"econ": None}), await put(school, 2, groups={"econ": None})
    await undone(school, step=first, revision=3)
    assert (await placed(school, code(1)))["econ"] == "econ2"
    assert await refused(school, step=first) == ("already_undone", {"step": first})
    assert await refused(school, step=second, revision=3) == ("revision_moved", {"revision": 4})
    assert (await undo(school, step=str(uuid4()))).status_code == 404


async def test_the_same_key_undoes_one_step(school: Desk) -> None:
    await put(school, 1, groups={"econ": None})
    last = await put(school, 2, groups={"econ": None})
    first, again = [(await undo(school, key="once")).json() for _ in range(2)]
    assert first == again
    assert first["step"] == last


async def test_who_stands_otherwise_since_is_named(school: Desk) -> None:
    step = await put(school, 1, groups={"econ": "econ1"})
    await put(school, 1, home_class=H4B, groups={"econ": None})
    what = [
        "home_class",
        "subject:biol",
        "group:biol",
        "group:econ",
        "subject:muz",
        "group:muz",
        "group:netl",
    ]
    overtaken = {"step": step, "students": [{"student": code(1), "what": what}]}
    assert await refused(school, step=step) == ("overtaken", overtaken)


async def test_where_he_returns_there_must_be_a_seat(school: Desk) -> None:
    await put(school, 1, home_class=H4B, groups={"econ": "econ1"})
    await change(school, "UPDATE lesson_group SET hard_max = 1 WHERE code = 'econ2'")
    assert (await refused(school))[0] == "group_full"
    await change(school, "UPDATE lesson_group SET hard_max = 9", "UPDATE home_class SET hard_max = 5")
    assert await refused(school) == ("class_full", {"home_class": "H4a", "size": 5, "hard_max": 5})


async def test_a_group_that_went_takes_nobody_back(school: Desk) -> None:
    await put(school, 1, groups={"econ": "econ1"})
    await change(school, "UPDATE lesson_group SET home_class_id = 203 WHERE code = 'econ2'")
    assert (await refused(school))[1]["students"] == [{"student": code(1), "what": ["group:econ"]}]


async def test_where_the_portal_leads_now_the_class_stays(school: Desk) -> None:
    await put(school, 2, groups={"econ": None})
    await put(school, 1, home_class=H4B)
    await change(school, "UPDATE copy_department SET home_class_authority = 'portal'")
    assert await refused(school) == ("portal_is_leading", {"department": H4})
    assert await school.count("placement_step", "undone_at IS NOT NULL") == 0
    steps = (await school.get(STEPS))["items"]
    await undone(school, step=steps[1]["id"])


async def test_of_who_departed_no_step_is_left(school: Desk) -> None:
    gone = await put(school, 2, groups={"econ": None}, reason="een verhaal over hem")
    stays = await put(school, 1, groups={"econ": None})
    await school.react(delete_students, delete(code(2)))
    assert await school.rows("SELECT id::text FROM placement_step") == [(stays,)]
    assert (await undo(school, step=gone)).status_code == 404


async def test_who_waits_to_go_is_left_alone(school: Desk) -> None:
    await put(school, 1, groups={"econ": None})
    departure = new_id()
    await change(
        school,
        "INSERT INTO departure_work (departure, epoch, student_code, school_id, school_year, keep_later, at,"
        f" memory, result, awaits) VALUES ('{departure}', 1, '{code(1)}', 1, 2026, false, now(), '{{}}',"
        f" '{{}}', '{{{PROJECT}}}')",
    )
    assert (await refused(school))[0] == "departure_running"


async def test_steps_are_listed_the_newest_first(school: Desk) -> None:
    await put(school, 1, groups={"econ": "econ1"}, reason="ruilen")
    await put(school, 2, groups={"econ": None})
    await undone(school)
    first = await school.get(STEPS, params={"limit": 1})
    (newest,) = first["items"]
    assert (newest["revision"], newest["undone_at"] is None) == (3, False)
    second = await school.get(STEPS, params={"limit": 1, "cursor": first["next"]})
    assert second["next"] is None
    (oldest,) = second["items"]
    told = {name: oldest[name] for name in ("act", "by", "reason", "undone_at")}
    assert told == {"act": "hand", "by": "tim", "reason": "ruilen", "undone_at": None}
    assert oldest["students"] == [
        {
            "student": code(1),
            "differences": [{"what": "group:econ", "before": "econ2", "after": "econ1"}],
        }
    ]


async def test_of_other_branches_no_step_is_seen(school: Desk) -> None:
    await put(school, 1, groups={"econ": None})
    step = await put(school, 2, groups={"econ": None})
    await change(
        school,
        "INSERT INTO branch_in_project SELECT project_id, 99, copy_taken_at FROM branch_in_project",
        f"UPDATE student SET branch_id = 99 WHERE code = '{code(2)}'",
    )
    seen = await school.get(STEPS, headers=school.as_(Role.TIMETABLER, BRANCH))
    assert [one["students"][0]["student"] for one in seen["items"]] == [code(1)]
    assert (await undo(school, BRANCH, step=step)).status_code == 404
    assert (await undo(school, BRANCH)).json()["students"] == [code(1)]
