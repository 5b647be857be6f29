"""The options of a student: exact as the timetable is now, of one's own branches, and asked for cheaply."""

import asyncio
from typing import Any

import httpx
import pytest

from desktop_sync.features.departure import delete_students
from desktop_sync.features.kept_departments import KeptDepartments
from shared.contracts.ids import DepartmentId, ProjectId
from shared.contracts.rights import Role
from shared.runtime.access import Scope
from tests.desktop_sync.desk import Desk, without_the_road
from tests.desktop_sync.imports import B1, BRANCH, H4, H4A, PROJECT, branch, group
from tests.desktop_sync.imports import student_code as code
from tests.desktop_sync.test_class_change import H4B, two_classes
from tests.desktop_sync.test_departure import delete
from tests.desktop_sync.test_undo import change, group_of, placed
from tests.support.counting import counted_statements

REVISED = "UPDATE project SET revision = revision + 1"
PORTAL_LEADS = "UPDATE copy_department SET home_class_authority = 'portal'"


def with_biology(students: int = 6) -> dict[str, Any]:
    """H4b has biology too: who goes there takes his groups along, and gets a clash with econ1."""
    body = two_classes(students)
    body["groups"].append(group("biol.H4b", "biol", [H4], home_class=H4B, lessons=[None]))
    for one in body["groups"]:
        one["lessons"] = one["lessons"] if one["code"] != "netl.H4a" else []
    return body


@pytest.fixture
async def school(desk: Desk) -> Desk:
    await desk.bring(with_biology())
    return desk


async def ask(desk: Desk, number: int = 1, **query: Any) -> httpx.Response:
    path = f"/projects/{PROJECT}/students/{code(number)}/options"
    return await desk.client.get(path, params=query, headers=desk.as_(Role.TIMETABLER, BRANCH))


async def asked(desk: Desk, number: int = 1, **query: Any) -> dict[str, Any]:
    answer = await ask(desk, number, **query)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def where(desk: Desk, number: int = 1, **query: Any) -> list[tuple[str, list[str]]]:
    """Of each row the class and the groups he comes to."""
    rows = (await asked(desk, number, **query))["rows"]
    return [(row["home_class"]["to"]["code"], [move["to"]["code"] for move in row["moves"]]) for row in rows]


def of_the_question(statements: list[str]) -> list[str]:
    """Whether the account still lives is asked before each."""
    return [one for one in without_the_road(statements) if "FROM account" not in one]


async def place(desk: Desk, number: int, **groups: str) -> None:
    path = f"/projects/{PROJECT}/students/{code(number)}/placements"
    answer = await desk.client.put(path, json={"groups": groups}, headers=desk.as_(Role.TIMETABLER))
    assert answer.status_code == 200, answer.text


async def test_what_fits_comes_best_first_with_what_it_changes(school: Desk) -> None:
    answer = await asked(school)
    assert {name: answer[name] for name in ("revision", "fits", "total", "complete", "gaps_now")} == {
        "revision": 1, "fits": True, "total": 3, "complete": True, "gaps_now": 0,
    }  # fmt: skip
    present, other_class, other_group = answer["rows"]
    assert (present["current"], present["moves"], present["changes"]) == (True, [], 0)
    assert present["home_class"] == {
        "from": {"id": H4A, "code": "H4a"}, "to": {"id": H4A, "code": "H4a"},
        "size_after": 6, "soft_max": 28, "hard_max": 30,
    }  # fmt: skip
    econ1, econ2 = [await group_of(school, one) for one in ("econ1", "econ2")]
    assert other_group["moves"] == [
        {
            "subject": "econ", "from": {"id": econ2, "code": "econ2"}, "to": {"id": econ1, "code": "econ1"},
            "why": "chosen", "size_after": 3, "soft_max": 28, "hard_max": 30, "unscheduled": 1,
        }
    ]  # fmt: skip
    assert [(move["to"]["code"], move["why"]) for move in other_class["moves"]] == [
        ("biol.H4b", "follows_class"), ("netl.H4b", "follows_class")
    ]  # fmt: skip
    assert (other_class["changes"], other_class["unscheduled"], other_class["allowed"]) == (1, 1, True)


async def test_a_clash_is_listed_when_asked_for(school: Desk) -> None:
    assert await where(school, home=H4B) == [("H4b", ["biol.H4b", "netl.H4b"])]
    clashing = (await asked(school, home=H4B, max_clashes=1))["rows"][1]
    assert clashing["clashes"] == 1
    assert clashing["clash_slots"] == [{"week": "A", "day": 0, "period": 1}]


async def test_what_is_asked_narrows_it(school: Desk) -> None:
    econ1 = await group_of(school, "econ1")
    assert await where(school, home="current", lock="econ,netl") == [("H4a", [])]
    assert await where(school, home="current", exclude=econ1) == [("H4a", [])]
    ((friday,),) = await school.rows("SELECT id FROM slot WHERE day = 4")
    assert await where(school, home="current", block=friday) == [("H4a", ["econ1"])]
    without_economics = (await asked(school, home="current", package=["netl", "biol"]))["rows"][0]
    assert [(move["subject"], move["why"], move["to"]) for move in without_economics["moves"]] == [
        ("econ", "dropped", None)
    ]
    newly = (await asked(school, 3, home="current"))["rows"][0]["moves"]
    assert [(move["from"], move["why"]) for move in newly] == [(None, "newly_placed")]
    few = await asked(school, k=1)
    assert (few["total"], few["complete"], len(few["rows"])) == (3, False, 1)


async def test_where_the_portal_leads_he_stays_in_his_class_unless_asked(school: Desk) -> None:
    await change(school, PORTAL_LEADS)
    assert (await asked(school))["home_class_led_by"] == "portal"
    assert await where(school) == [("H4a", []), ("H4a", ["econ1"])]
    rows = (await asked(school, home="any"))["rows"]
    assert [(row["allowed"], row["why_not"]) for row in rows] == [
        (True, None), (False, "portal_is_leading"), (True, None)
    ]  # fmt: skip


async def test_of_another_package_no_row_may_be_applied(school: Desk) -> None:
    fewer = (await asked(school, package="netl,biol"))["rows"]
    assert {(row["allowed"], row["why_not"]) for row in fewer} == {(False, "another_package")}
    assert all(row["allowed"] for row in (await asked(school, package="econ,netl,biol"))["rows"]), "his own"
    path = f"/projects/{PROJECT}/students/{code(1)}/placements"
    for row in fewer:
        choice = {"revision": 1, "row": row["id"]}
        answer = await school.client.post(path, json=choice, headers=school.as_(Role.TIMETABLER))
        assert (answer.status_code, answer.json()["code"]) == (409, "another_package")
        assert answer.json()["params"]["why"] == [{"code": "subject_missing", "about": "econ"}]


async def test_who_waits_to_go_is_not_moved(school: Desk) -> None:
    await change(
        school,
        "INSERT INTO departure_work (departure, epoch, student_code, school_id, school_year, keep_later, at,"
        f" memory, result, awaits) VALUES (gen_random_uuid(), 1, '{code(1)}', 1, 2026, false, now(), '{{}}',"
        f" '{{}}', '{{{PROJECT}}}')",
    )
    assert [row["why_not"] for row in (await asked(school))["rows"]] == [None] + ["departure_running"] * 2


@pytest.mark.parametrize(
    ("query", "unknown"),
    [
        ({"home": 202}, {"home": [202]}),
        ({"lock": ["econ", "zzz"]}, {"lock": ["zzz"]}),
        ({"exclude": "9999999,9999998"}, {"exclude": [9999998, 9999999]}),
        ({"block": 9999999}, {"block": [9999999]}),
        ({"package": "netl,zzz"}, {"package": ["zzz"]}),
    ],
)
async def test_what_is_not_there_is_named(
    school: Desk, query: dict[str, Any], unknown: dict[str, Any]
) -> None:
    answer = await ask(school, **query)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "unknown_in_question")
    assert problem["params"] == {"unknown": unknown}


@pytest.mark.parametrize(
    "query", [{"k": 0}, {"k": 201}, {"max_clashes": 11}, {"home": "away"}, {"exclude": "x"}, {"block": "1,"}]
)
async def test_what_is_no_question_is_refused(school: Desk, query: dict[str, Any]) -> None:
    answer = await ask(school, **query)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")


async def test_only_of_ones_own_branches_and_with_the_right(school: Desk) -> None:
    path = f"/projects/{PROJECT}/students/{code(1)}/options"
    for headers, status in (
        (school.as_(Role.TIMETABLER, 99), 404),
        (school.as_(Role.STUDENT, BRANCH), 403),
    ):
        assert (await school.client.get(path, headers=headers)).status_code == status
    assert (await ask(school, 99)).status_code == 404
    elsewhere = f"/projects/99/students/{code(1)}/options"
    assert (await school.client.get(elsewhere)).status_code == 404


async def test_the_same_question_has_the_same_answer_to_the_byte(school: Desk) -> None:
    first, second = await ask(school, max_clashes=3), await ask(school, max_clashes=3)
    assert first.content == second.content
    assert first.headers["ETag"] == '"1"'


async def test_a_seat_that_is_freed_is_offered_at_once(school: Desk) -> None:
    await change(school, "UPDATE lesson_group SET hard_max = 2 WHERE code = 'econ1'")
    assert await where(school, home="current") == [("H4a", [])]
    await place(school, 2, econ="econ2")
    assert await where(school, home="current") == [("H4a", []), ("H4a", ["econ1"])], "moved by hand"
    await place(school, 2, econ="econ1")
    assert await where(school, home="current") == [("H4a", [])]
    await school.react(delete_students, delete(code(2)))
    assert await where(school, home="current") == [("H4a", []), ("H4a", ["econ1"])], "who had it left"
    body = with_biology()
    next(one for one in body["groups"] if one["code"] == "econ1")["hard_max"] = 0
    await school.bring(body)
    assert await where(school, home="current") == [("H4a", [])], "imported anew"


async def test_a_group_of_another_branch_or_department_is_not_offered(school: Desk) -> None:
    foreign = branch(at=12, students=0)
    await school.bring(foreign)
    await change(
        school,
        f"INSERT INTO lesson_group_department SELECT id, {H4} FROM lesson_group"
        " WHERE branch_id = 12 AND code = 'econ1'",
        f"DELETE FROM lesson_group_department USING lesson_group WHERE id = lesson_group_id AND"
        f" code = 'econ2' AND branch_id = {BRANCH} AND department_id = {H4}",
        "UPDATE project SET revision = revision + 1",
    )
    assert await where(school, home="current") == [("H4a", ["econ1"])], "nor is the one he is in kept"


async def test_of_many_who_ask_at_once_one_reads_the_department(school: Desk) -> None:
    with counted_statements(school.engine) as statements:
        answers = await asyncio.gather(*(ask(school, number) for number in range(6)))
    assert {answer.status_code for answer in answers} == {200}
    assert len([one for one in statements if "json_object_agg" in one]) == 1


async def test_what_was_asked_about_longest_ago_is_let_go(school: Desk) -> None:
    kept, read = KeptDepartments(most=1), []
    for department in (H4, H4, B1, H4):
        async with school.work() as uow:
            await uow.timetable_departments.look_once()
            look = await uow.timetable_departments.of_project(
                ProjectId(PROJECT), DepartmentId(department), Scope(everything=True)
            )
            with counted_statements(school.engine) as statements:
                await kept.at(uow, look.version, ProjectId(PROJECT), look.department)
            read.append(bool(of_the_question(statements)))
    assert read == [True, False, True, True]


async def test_lessons_and_slots_are_named_by_their_ids(school: Desk) -> None:
    headers = school.as_(Role.TIMETABLER, BRANCH)
    await school.bring(branch(at=12, students=0))
    slots = (await school.get(f"/projects/{PROJECT}/slots", headers=headers))["items"]
    assert [(one["day"], one["period"], one["branch"]) for one in slots] == [(0, 1, BRANCH)] * 3 + [
        (4, 8, BRANCH)
    ]
    groups = (await school.get(f"/projects/{PROJECT}/groups", headers=headers))["items"]
    (econ2,) = [one for one in groups if one["code"] == "econ2"]
    ((lesson,),) = await school.rows(f"SELECT id FROM lesson WHERE lesson_group_id = {econ2['id']}")
    friday = {name: value for name, value in slots[-1].items() if name != "branch"}
    assert econ2["lessons"] == [{"id": lesson, "slot": friday}]
    first = await school.get(f"/projects/{PROJECT}/slots?limit=3", headers=headers)
    rest = await school.get(f"/projects/{PROJECT}/slots?limit=3&cursor={first['next']}", headers=headers)
    assert first["items"] + rest["items"] == slots
    elsewhere = school.as_(Role.TIMETABLER, 99)
    answer = await school.client.get(f"/projects/{PROJECT}/slots", headers=elsewhere)
    assert answer.status_code == 404


@pytest.mark.parametrize("students", [6, 40])
async def test_a_department_is_read_in_few_statements_and_asked_about_in_one(
    desk: Desk, students: int
) -> None:
    await desk.bring(with_biology(students))
    with counted_statements(desk.engine) as first:
        await asked(desk)
    with counted_statements(desk.engine) as warm:
        for number in range(6):
            await asked(desk, number, max_clashes=2)
    assert len(of_the_question(first)) == 2, first
    assert len(of_the_question(warm)) == 6, warm


async def test_a_swap_says_whom_it_touches_and_who_has_which_seat_then(school: Desk) -> None:
    await change(school, "UPDATE lesson_group SET hard_max = 2 WHERE code = 'econ1'")
    assert (await asked(school, home="current"))["swaps_total"] == 0, "not asked for"
    told = await asked(school, home="current", swaps=1)
    plain, *swaps = told["rows"]
    assert (plain["kind"], {row["kind"] for row in swaps}) == ("plain", {"swap"})
    assert (told["total"], told["swaps_total"], told["swaps_complete"]) == (1, len(swaps), True)
    best = swaps[0]
    (move,), (other,) = best["moves"], best["others"]
    assert (move["to"]["code"], move["size_after"], move["hard_max"]) == ("econ1", 2, 2)
    assert [(one["from"]["code"], one["to"]["code"]) for one in other["moves"]] == [("econ1", "econ2")]
    assert other["moves"][0]["size_after"] == 2, "one leaves it, one comes"
    assert (best["allowed"], best["changes"]) == (True, 2)
    path = f"/projects/{PROJECT}/students/{code(1)}/placements"
    body = {"revision": told["revision"], "row": best["id"]}
    answer = await school.client.post(path, json=body, headers=school.as_(Role.TIMETABLER, BRANCH))
    assert answer.status_code == 200, answer.text
    then = [(await placed(school, one))["econ"] for one in (code(1), other["student"])]
    assert then == ["econ1", "econ2"]


async def test_where_nothing_fits_it_says_why_and_what_would_open_it(school: Desk) -> None:
    assert (await asked(school))["explanation"] is None
    await change(school, "UPDATE home_class SET hard_max = 0 WHERE code = 'H4b'", REVISED)
    ((h4b,),) = await school.rows("SELECT id FROM home_class WHERE code = 'H4b'")
    told = await asked(school, home=h4b)
    why = told["explanation"]
    assert (told["fits"], told["total"], why["reason"]) == (False, 0, "class_full")
    assert "H4b" in why["text"]["nl"]
    assert "H4b" in why["text"]["en"]
    assert [(one["kind"], one["home_class"]["code"]) for one in why["cheapest"][:1]] == [("seats", "H4b")]


async def test_a_full_group_that_would_do_is_named(school: Desk) -> None:
    await change(school, "UPDATE lesson_group SET hard_max = 0 WHERE code = 'econ2'")
    ((h4b,),) = await school.rows("SELECT id FROM home_class WHERE code = 'H4b'")
    why = (await asked(school, 2, home=h4b))["explanation"]
    assert (why["reason"], why["sets"][0]["subjects"]) == ("no_place", ["econ", "netl"])
    assert [one["code"] for one in why["sets"][0]["groups"]] == ["econ2"]


async def test_where_the_portal_leads_it_says_in_which_classes_he_would_fit(school: Desk) -> None:
    await change(school, PORTAL_LEADS, "UPDATE lesson_group SET hard_max = 0 WHERE code LIKE 'econ%'")
    told = await asked(school, max_clashes=2)
    assert (told["fits"], told["total"]) == (False, 1), "how he stands now is all"
    assert told["explanation"]["reason"] == "portal_leads"
    assert [one["code"] for one in told["explanation"]["elsewhere"]] == ["H4b"]
