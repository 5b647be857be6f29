"""People come in with a project file: all or none, repeatable, in a constant number of statements."""

import json

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from shared.contracts.rights import Role
from tests.support.counting import counted_statements
from tests.users.conftest import BRANCH, PASSWORD, SCHOOL, colleague, student
from users.features import people_import
from users.models import HeldRole
from users.passwords import hash_password

CHANGED = "users.person.changed.v1"
NAMED = {
    "external_id": "a",
    "kind": "student",
    "given_name": "Zoë",
    "prefix": "van der",
    "family_name": "Öst",
}


def file(*people, **more):
    return {"source": "KP@2026", "school": SCHOOL, "branch": BRANCH, "people": list(people)} | more


def nameless(*external_ids):
    return [{"external_id": one, "kind": "student"} for one in external_ids]


async def send(service, *people, **more):
    return await service.client.post("/imports/people", json=file(*people, **more))


async def test_codes_and_names_are_given_to_who_has_none(service):
    await service.add(student("900002"))
    answer = await send(service, *nameless("x", "y"))
    assert answer.json() == {
        "codes": {"x": "900001", "y": "900003"}, "created": 2, "updated": 0, "unchanged": 0, "archived": [],
    }  # fmt: skip
    shown = (await service.client.get("/users/900003")).json()
    assert (shown["given_name"], shown["family_name"], shown["branch"]) == ("Leerling", "900003", BRANCH)


async def test_the_same_file_again_changes_nothing(service):
    people = [NAMED | {"birth_date": "2012-08-01", "email": "z@x.nl"}, *nameless("x"), {
        "external_id": "t", "kind": "staff", "username": "Timo", "password": PASSWORD,
        "roles": [{"role": "timetabler", "branch": BRANCH}, {"role": "mentor", "branch": None}],
    }]  # fmt: skip
    first = (await send(service, *people)).json()
    said = await service.said(CHANGED)
    again = (await send(service, *people)).json()
    assert again == first | {"created": 0, "unchanged": 3}
    assert await service.said(CHANGED) == said
    assert {version for (version,) in await service.rows('SELECT version FROM "user"')} == {1}
    roles = await service.rows(
        'SELECT role FROM role_assignment JOIN "user" ON code = "user" WHERE username = \'timo\''
    )
    assert sorted(role for (role,) in roles) == ["mentor", "timetabler"]
    assert (await service.log_in("TIMO")).status_code == 200


async def test_what_differs_is_a_new_version_and_what_is_not_told_stays(service):
    await send(service, NAMED | {"city": "Utrecht"})
    answer = (await send(service, NAMED | {"family_name": "Berg", "prefix": ""})).json()
    assert (answer["updated"], answer["codes"]) == (1, {"a": "900001"})
    said = (await service.said(CHANGED))[-1]
    assert (said["family_name"], said["prefix"], said["city"], said["version"]) == (
        "Berg",
        "van der",
        "Utrecht",
        2,
    )
    found = (await service.client.get("/users", params={"q": "berg zoe"})).json()["items"]
    assert [user["code"] for user in found] == ["900001"]


async def test_roles_and_passwords_can_be_changed(service):
    person = {
        "external_id": "t",
        "kind": "staff",
        "code": "tim",
        "roles": [{"role": "mentor"}],
        "password": PASSWORD,
    }
    await send(service, person)
    tokens = (await service.log_in("tim")).json()
    changed = person | {"roles": [{"role": "dean", "branch": BRANCH}], "password": "another long password"}
    assert (await send(service, changed)).json()["updated"] == 1
    assert [tuple(row) for row in await service.rows(
        "SELECT role, branch_id FROM role_assignment WHERE \"user\" = 'tim'"
    )] == [("dean", BRANCH)]  # fmt: skip
    assert (await service.refresh(tokens["refresh_token"])).status_code == 400
    assert (await service.log_in("tim")).status_code == 400
    assert (await service.log_in("tim", "another long password")).status_code == 200


async def test_nothing_waits_while_passwords_are_hashed(service, monkeypatch):
    await service.add(colleague("tim"))
    free = []

    async def look(password):
        async with service.work() as other:
            await other.session.execute(text("SET LOCAL lock_timeout = '100ms'"))
            await other.imported_people.wait_turn()
            await other.users.lock(["tim"])
            free.append(password)
        return await hash_password(password)

    monkeypatch.setattr(people_import, "hash_password", look)
    answer = await send(
        service,
        {"external_id": "t", "kind": "staff", "code": "tim", "password": PASSWORD},
        {"external_id": "n", "kind": "staff", "username": "new", "password": "another long password"},
    )
    assert (answer.status_code, free) == (200, [PASSWORD, "another long password"])
    assert (await service.log_in("tim")).status_code == 200
    assert (await service.log_in("new", "another long password")).status_code == 200


async def test_a_dry_run_answers_the_same_and_writes_nothing(service):
    await send(service, NAMED)
    people = [NAMED | {"city": "Breda"}, *nameless("x")]
    dry = (await send(service, *people, dry_run=True)).json()
    assert (dry["created"], dry["updated"]) == (1, 1)
    assert len(await service.said(CHANGED)) == 1
    assert len(await service.rows("SELECT 1 FROM imported_person")) == 1
    assert (await service.client.get("/users/900001")).json()["address"]["city"] is None
    assert (await send(service, *people)).json() == dry


async def test_the_same_student_in_the_file_of_another_year(service):
    await send(service, NAMED | {"code": "1204"})
    answer = (await send(service, NAMED | {"code": "1204", "external_id": "b"}, source="KP@2027")).json()
    assert (answer["unchanged"], answer["codes"]) == (1, {"b": "1204"})


async def test_archived_people_are_listed_and_left_alone(service):
    await send(service, NAMED)
    await service.client.post("/users/900001/archive")
    answer = (await send(service, NAMED | {"city": "Breda"})).json()
    assert (answer["archived"], answer["updated"], answer["codes"]) == (["900001"], 0, {"a": "900001"})
    shown = (await service.client.get("/users/900001")).json()
    assert (shown["archived"], shown["address"]["city"]) == (True, None)


async def test_every_problem_is_listed_and_nothing_happens(service):
    await service.add(colleague("77"), student("88"))
    await send(service, NAMED | {"external_id": "known", "code": "1204"})
    answer = await send(
        service,
        {"external_id": "a", "kind": "student", "code": "12x"},
        {"external_id": "b", "kind": "student", "code": "77"},
        {"external_id": "c", "kind": "student", "code": "1204"},
        {"external_id": "known", "kind": "student", "code": "1205"},
        {"external_id": "e", "kind": "student", "roles": [{"role": "dean"}]},
        {"external_id": "f", "kind": "staff", "roles": [{"role": "student"}]},
        {"external_id": "g", "kind": "staff", "username": "88"},
        {"external_id": "h", "kind": "student", "code": "5"},
        {"external_id": "h", "kind": "student", "code": "5"},
        {"external_id": "i", "kind": "staff", "code": "manager", "roles": []},
        {"external_id": "j", "kind": "staff", "code": "manager", "roles": [{"role": "dean"}]},
        {"external_id": "k", "kind": "student", "code": "१२"},
        *nameless("would be fine"),
    )
    assert answer.status_code == 422
    assert [(p["place"], p["code"]) for p in answer.json()["params"]["problems"]] == [
        ("people[0].code", "not_digits"),
        ("people[1].code", "code_in_use"),
        ("people[2].code", "code_in_use"),
        ("people[3].code", "has_another_code"),
        ("people[4].roles", "role_not_assignable"),
        ("people[5].roles", "role_not_assignable"),
        ("people[6].username", "username_in_use"),
        ("people[9].roles", "own_roles"),
        ("people[10].roles", "own_roles"),
        ("people[11].code", "not_digits"),
        ("people[8].external_id", "duplicate_external_id"),
        ("people[8].code", "duplicate_code"),
        ("people[10].code", "duplicate_code"),
    ]
    assert len(await service.rows('SELECT 1 FROM "user"')) == 4


@pytest.mark.parametrize(
    "person",
    [
        {"external_id": "a", "kind": "student", "shoe_size": "40"},
        {"external_id": "a", "kind": "student", "birth_date": "2012-02-30"},
        {"external_id": "a", "kind": "student", "family_name": "a\u0000b"},
        {"external_id": "a", "kind": "student", "family_name": "a\u202eb"},
        {"external_id": "a", "kind": "student", "family_name": "\ud800"},
        {"external_id": "a", "kind": "pupil"},
        {"external_id": "a", "kind": "staff", "password": "short"},
        {"kind": "student"},
    ],
)
async def test_input_that_cannot_be(service, person):
    raw = json.dumps(file(person))  # ASCII only: a lone surrogate would not leave the client
    headers = {"Content-Type": "application/json"}
    answer = await service.client.post("/imports/people", content=raw, headers=headers)
    assert answer.status_code == 422
    assert "u0000" not in answer.text


async def test_only_an_application_manager_imports(service):
    office = service.as_("office", Role.STUDENT_OFFICE)
    await service.add(colleague("office"), roles={"office": HeldRole(Role.STUDENT_OFFICE)})
    answer = await service.client.post("/imports/people", json=file(*nameless("x")), headers=office)
    assert answer.status_code == 403


async def test_a_manager_of_one_branch_imports_nothing(service):
    bound = service.as_("manager", Role.APPLICATION_MANAGER, [BRANCH])
    answer = await service.client.post("/imports/people", json=file(*nameless("x")), headers=bound)
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    assert await service.rows("SELECT 1 FROM imported_person") == []


async def test_who_manages_the_application_manages_all_of_it(service):
    bound = {"role": "application_manager", "branch": BRANCH}
    answer = await send(service, {"external_id": "m", "kind": "staff", "roles": [bound]})
    assert answer.status_code == 422
    assert answer.json()["params"]["problems"] == [
        {"place": "people[0].roles", "code": "role_not_for_a_branch"}
    ]
    with pytest.raises(IntegrityError, match="ck_role_assignment_manager_of_all"):
        await service.add(colleague("second"), roles={"second": HeldRole(Role.APPLICATION_MANAGER, BRANCH)})
    free = {"external_id": "m", "kind": "staff", "roles": [{"role": "application_manager"}]}
    assert (await send(service, free)).json()["created"] == 1


async def test_two_thousand_people(service):
    counts = []
    for size in (20, 2000):
        people = [{**NAMED, "external_id": f"{size}-{number}", "city": "Ede"} for number in range(size)]
        mixed: list[dict[str, str]] = [
            {"city": "Urk"},
            {"street": "Dijk"},
            {"email": "a@b.nl", "city": "Urk"},
        ]
        unchanged: list[dict[str, str]] = [{}]
        for changes in (unchanged, mixed, mixed):
            changed = [person | changes[at % len(changes)] for at, person in enumerate(people)]
            with counted_statements(service.app.state.road.engine) as statements:
                answer = await send(service, *changed)
            assert answer.status_code == 200
            counts.append((size, len(statements)))
    assert [count for _, count in counts[:3]] == [count for _, count in counts[3:]]
