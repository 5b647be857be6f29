"""Newcomers get an account, and who comes back gets his own: one code, one person."""

import asyncio

import pytest

from shared.contracts.rights import Role
from tests.users.conftest import BRANCH, OTHER_BRANCH, PASSWORD, colleague, student
from tests.users.test_departure import react
from tests.users.test_guardians import FAMILY, STUDENTS, active, add_family, leaves, parent
from tests.users.test_people_import import send
from tests.users.test_undo import RESTORED
from tests.users.test_users import copy, office, placed, timetabler
from users.models import HeldRole

CHANGED = "users.person.changed.v1"


@pytest.fixture
async def people(service, with_password):
    await service.add(
        with_password(student("1", given_name="Jan", family_name="Berg", city="Ede")),
        student("2", OTHER_BRANCH),
        *map(colleague, ("office", "timetabler")),
        roles={"office": HeldRole(Role.STUDENT_OFFICE, BRANCH)},
    )
    return service


async def register(service, code="7", who=None, key=None, **more):
    body = {"code": code, "kind": "student", "branch": BRANCH, "family_name": "Nieuw"} | more
    headers = (office(service) if who is None else who) | ({"Idempotency-Key": key} if key else {})
    return await service.client.post("/users", json=body, headers=headers)


def manager(service):
    return service.as_("manager", Role.APPLICATION_MANAGER)


async def test_a_newcomer_is_registered_and_said(people):
    answer = await register(people, given_name="Ada", postal_code="6711ab", birth_date="2013-02-01")
    assert (answer.status_code, answer.headers["Location"], answer.headers["ETag"]) == (
        201, "/users/7", '"1"',
    )  # fmt: skip
    made = answer.json()
    assert (made["restored"], made["branch"], made["username"], made["archived"]) == (
        False,
        BRANCH,
        "7",
        False,
    )
    assert made["address"]["postal_code"] == "6711 AB"
    [said] = await people.said(CHANGED)
    assert (said["user"], said["version"], said["family_name"], said["by"]) == ("7", 1, "Nieuw", "office")
    assert said["fields"] == ["given_name", "family_name", "birth_date", "postal_code"]
    [audited] = await people.rows("SELECT actor, object_id FROM audit WHERE action = 'person.register'")
    assert tuple(audited) == ("office", "7")


async def test_an_archived_code_comes_back_and_is_never_made_twice(people):
    await people.client.post("/users/1/archive")
    answer = await register(people, "1", family_name="Berg", city="Velp", username="jan")
    assert (answer.status_code, answer.json()["restored"], answer.json()["archived"]) == (200, True, False)
    assert (answer.json()["given_name"], answer.json()["username"]) == ("Jan", "jan")
    assert answer.headers["ETag"] == f'"{answer.json()["version"]}"'
    [back] = await people.said(RESTORED)
    [said] = await people.said(CHANGED)
    assert (back["user"], back["by"], said["fields"], said["city"]) == ("1", "office", ["city"], "Velp")
    assert said["version"] > back["version"]
    assert (await people.log_in("jan", PASSWORD)).status_code == 200
    assert len(await people.rows("SELECT 1 FROM \"user\" WHERE code = '1'")) == 1


async def test_who_comes_back_has_none_of_his_old_tokens(people):
    tokens = (await people.log_in("1")).json()
    await people.client.post("/users/1/archive")
    assert (await register(people, "1")).status_code == 200
    assert (await people.refresh(tokens["refresh_token"])).status_code == 400
    me = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert (await people.client.get("/users/1", headers=me)).status_code == 401


async def test_a_code_that_is_in_use_is_refused_without_a_word_more(people):
    await people.client.post("/users/2/archive")
    await add_family(people, {"g1": ["5"]})
    await people.client.post("/users/5/archive")
    await copy(people, placed("77", 1, OTHER_BRANCH, 3))
    refused = [
        await register(people, "1"),
        await register(people, "2"),
        await register(people, "77"),
        await register(people, "5", who=manager(people), kind="staff"),
        await register(people, "g1", kind="guardian"),
    ]
    assert [(one.status_code, one.json()["code"], one.json()["params"]) for one in refused] == [
        (409, "code_in_use", {})
    ] * 5
    assert (await register(people, "8", username="OFFICE")).json()["code"] == "username_in_use"
    assert await people.said(CHANGED) == []


async def test_whom_an_office_may_register(people):
    asked = {
        "staff": await register(people, "tim", kind="staff"),
        "elsewhere": await register(people, branch=OTHER_BRANCH),
        "timetabler": await register(people, who=timetabler(people)),
        "pupil": await register(people, who=people.as_("1", Role.STUDENT)),
        "manager": await register(people, "tim", kind="staff", branch=99, who=manager(people)),
    }
    assert {who: answer.status_code for who, answer in asked.items()} == {
        "staff": 403, "elsewhere": 404, "timetabler": 403, "pupil": 403, "manager": 201,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("more", "wrong"),
    [
        ({"code": "7a"}, ("body.code", "not_digits")),
        ({"code": "7", "kind": "guardian"}, ("body.code", "malformed_code")),
        ({"family_name": ""}, ("body.family_name", "nameless")),
        ({"postal_code": "6711"}, ("body.postal_code", "no_dutch_postal_code")),
        ({"children": ["1"]}, ("body.children", "not_a_guardian")),
        ({"code": "g7", "kind": "guardian", "children": ["2"]}, ("body.children", "unknown_child")),
        ({"branch": 0}, ("body.branch", "greater_than_equal")),
        ({"branch": "10"}, ("body.branch", "int_type")),
    ],
)
async def test_what_is_wrong_is_named_by_its_field(people, more, wrong):
    answer = await register(people, **more)
    assert answer.status_code == 422
    [error] = answer.json()["params"]["errors"]
    assert (error["place"], error["kind"]) == wrong
    assert await people.said(CHANGED) == []


async def test_where_he_is_the_portal_may_have_said_before(people):
    await copy(people, placed("7", 1, BRANCH, 3, guest_in=OTHER_BRANCH))
    made = (await register(people)).json()
    assert (made["branch"], made["school"]) == (BRANCH, 1)
    [(branches,)] = await people.rows("SELECT branches FROM \"user\" WHERE code = '7'")
    assert branches == [BRANCH, OTHER_BRANCH]


async def test_of_two_at_one_moment_one_registers_and_a_key_answers_again(people):
    answers = await asyncio.gather(*(register(people, "8") for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    first, again = await register(people, key="k"), await register(people, key="k")
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    kept = await people.rows("SELECT reply::text AS reply FROM idempotent_reply")
    assert not any("Nieuw" in row.reply for row in kept)


async def test_a_guardian_is_registered_with_his_children(people):
    made = await register(people, "g7", kind="guardian", children=["1"])
    assert made.status_code == 201, made.text
    assert await people.rows(FAMILY) == [("g7-1",)]
    seen = (await people.client.get("/users/1", headers=office(people))).json()["guardians"]
    assert [one["code"] for one in seen] == ["g7"]
    alone = await register(people, "g8", kind="guardian")
    assert alone.status_code == 201
    assert (await people.client.get("/users/g8", headers=office(people))).status_code == 200


async def test_a_guardian_whom_a_departure_took_along_comes_back_with_a_registered_child(people):
    await add_family(people, {"g1": ["5"]})
    await react(people, leaves("5"))
    back = await register(people, "g1", kind="guardian", children=["1"])
    assert (back.status_code, back.json()["restored"]) == (200, True)
    assert await people.rows(FAMILY) == [("g1-1",), ("g1-5",)]
    assert await active(people) == ["g1"]


async def test_a_student_who_comes_back_brings_his_guardians(people):
    await add_family(people, {"g1": ["5"]})
    await react(people, leaves("5"))
    assert (await register(people, "5")).status_code == 200
    assert await active(people) == ["g1"]


async def test_an_import_of_a_new_sibling_brings_back_the_guardian_a_departure_took(service):
    people = [STUDENTS[0], parent("a", "1", code="ga"), parent("b", "1", code="gb")]
    await send(service, *people)
    await react(service, leaves("1"))
    await service.client.post("/users/gb/restore")
    await service.client.post("/users/gb/archive")
    same = (await send(service, *people)).json()
    assert same["archived"] == ["1", "ga", "gb"]

    siblings = [*STUDENTS[:2], parent("a", "2", code="ga"), parent("b", "2", code="gb")]
    answer = (await send(service, *siblings)).json()
    assert (answer["archived"], answer["created"], answer["updated"]) == (["1", "gb"], 1, 1)
    assert await active(service) == ["ga"]
    assert ("ga-2",) in await service.rows(FAMILY)
    said = [(one["user"], one["by"]) for one in await service.said(RESTORED)]
    assert said == [("gb", "manager"), ("ga", "manager")]
