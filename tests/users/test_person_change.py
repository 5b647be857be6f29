"""Name and address: who may change them, what may stand in them, and who hears of it."""

import asyncio
from datetime import timedelta

import pytest

from shared.clock import today
from shared.contracts.rights import Role
from shared.ids import new_id
from tests.users.conftest import BRANCH, OTHER_BRANCH, colleague, student
from tests.users.test_departure import command, react
from tests.users.test_guardians import add_family
from tests.users.test_people_import import send
from tests.users.test_users import copy, office, placed, timetabler

CHANGED = "users.person.changed.v1"


@pytest.fixture
async def people(service):
    await service.add(
        student("1", given_name="Jan", prefix="van den", family_name="Berg", city="Ede", street="Dorp"),
        student("2", OTHER_BRANCH),
        colleague("office"),
    )
    return service


async def change(service, code="1", headers=None, version: object = 1, **told):
    headers = {"If-Match": f'"{version}"'} | (headers or {})
    return await service.client.patch(f"/users/{code}", json=told, headers=headers)


def kinds(answer) -> dict[str, str]:
    assert answer.status_code == 422, answer.text
    return {one["place"]: one["kind"] for one in answer.json()["params"]["errors"]}


async def test_what_is_told_is_taken_over_and_said_with_who_did_it(people):
    answer = await change(people, headers=office(people), family_name="Öst", postal_code="6711ab", city=None)
    assert (answer.status_code, answer.headers["ETag"]) == (200, '"2"')
    shown = answer.json()
    assert (shown["given_name"], shown["family_name"]) == ("Jan", "Öst")
    assert shown["address"] | {"birth_date": None} == {
        "birth_date": None, "email": None, "street": "Dorp", "house_number": None,
        "postal_code": "6711 AB", "city": None, "country": None,
    }  # fmt: skip
    [said] = await people.said(CHANGED)
    assert (said["user"], said["version"], said["by"]) == ("1", 2, "office")
    assert said["fields"] == ["family_name", "postal_code", "city"]
    assert said["at"] is not None
    [audited] = await people.rows("SELECT actor, fields FROM audit WHERE action = 'person.change'")
    assert (audited.actor, sorted(audited.fields)) == ("office", ["city", "family_name", "postal_code"])
    found = (await people.client.get("/users", params={"q": "ost jan"})).json()["items"]
    assert [user["code"] for user in found] == ["1"]


async def test_what_is_the_same_already_is_no_new_version(people):
    answer = await change(people, given_name=" Jan ", city="Ede", email="", country=None)
    assert (answer.status_code, answer.headers["ETag"]) == (200, '"1"')
    assert await people.said(CHANGED) == []


async def test_who_saw_an_older_version_must_look_again(people):
    missing = await people.client.patch("/users/1", json={"city": "Ede"})
    assert (missing.status_code, missing.json()["code"]) == (428, "version_required")
    answers = await asyncio.gather(*(change(people, city=city) for city in ("Arnhem", "Velp", "Oss")))
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412]
    assert len(await people.said(CHANGED)) == 1
    assert (await change(people, version=1, city="Ede")).json()["code"] == "version_stale"
    anyhow = await change(people, city="Ede", headers={"If-Match": "*"})
    assert anyhow.status_code == 200


async def test_whose_details_an_office_may_change(service):
    people = service
    await service.add(*map(colleague, ("office", "timetabler", "mentor")))
    await add_family(service, {"g1": ["1"], "g2": ["2"]}, student("1"), student("2", OTHER_BRANCH))
    await copy(people, placed("2", 1, OTHER_BRANCH, 3, guest_in=BRANCH))
    told = {
        code: await change(people, code, office(people), city="Velp")
        for code in ("1", "g1", "2", "g2", "office", "404")
    }
    assert {code: answer.status_code for code, answer in told.items()} == {
        "1": 200, "g1": 200, "2": 404, "g2": 200, "office": 403, "404": 404,
    }  # fmt: skip
    assert told["office"].json()["code"] == "students_only"
    assert (await change(people, "office", family_name="Kantoor")).status_code == 200
    for who in (timetabler(people), people.as_("1", Role.STUDENT), people.as_("mentor", Role.MENTOR)):
        assert (await change(people, "1", who, city="Oss")).status_code == 403


async def test_an_archived_person_and_one_who_is_leaving_may_move_house(people):
    await react(people, command("1", new_id()))
    answer = await change(people, version=2, city="Velp")
    assert (answer.status_code, answer.json()["archived"]) == (200, True)
    assert (await people.said(CHANGED))[-1]["city"] == "Velp"


@pytest.mark.parametrize(
    ("told", "wrong"),
    [
        ({"postal_code": "1234"}, {"body.postal_code": "no_dutch_postal_code"}),
        ({"postal_code": "0123 AB", "country": "NL"}, {"body.postal_code": "no_dutch_postal_code"}),
        ({"postal_code": "1234 SS"}, {"body.postal_code": "no_dutch_postal_code"}),
        ({"country": "Nederland"}, {"body.country": "unknown_country"}),
        ({"country": "ZZ"}, {"body.country": "unknown_country"}),
        ({"email": "jan@"}, {"body.email": "no_email"}),
        ({"email": "a@b"}, {"body.email": "no_email"}),
        ({"birth_date": "1850-01-01"}, {"body.birth_date": "bad_date"}),
        ({"birth_date": "2012-02-30"}, {"body.birth_date": "bad_date"}),
        ({"birth_date": 20120801}, {"body.birth_date": "bad_date"}),
        ({"given_name": "Jan\u202egreB"}, {"body.given_name": "unsafe_characters"}),
        ({"street": "a\nb"}, {"body.street": "unsafe_characters"}),
        ({"city": "\u200b"}, {"body.city": "unsafe_characters"}),
        ({"house_number": "1" * 21}, {"body.house_number": "too_long"}),
        ({"given_name": "J" * 101}, {"body.given_name": "too_long"}),
        ({"given_name": None, "prefix": "", "family_name": "  "}, {"body.family_name": "nameless"}),
        ({"city": "Oss\x00"}, {"body.city": "value_error"}),
        ({"street": 7, "postal_code": "x"}, {"body.street": "string_type"}),
        ({"email": "x", "country": "QQ"}, {"body.email": "no_email", "body.country": "unknown_country"}),
    ],
)
async def test_what_is_wrong_is_named_by_its_field_and_never_repeated(people, told, wrong):
    answer = await change(people, **told)
    assert kinds(answer) == wrong
    assert not any(isinstance(value, str) and value.strip() and len(value) > 3 and value in answer.text
                   for value in told.values())  # fmt: skip
    assert (await people.client.get("/users/1")).headers["ETag"] == '"1"'


async def test_nobody_is_born_tomorrow_and_no_field_is_made_up(people):
    tomorrow = (today() + timedelta(days=1)).isoformat()
    assert kinds(await change(people, birth_date=tomorrow)) == {"body.birth_date": "implausible_date"}
    assert kinds(await change(people, username="jan")) == {"body": "extra_forbidden"}


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ({"postal_code": " 6711-xy "}, "6711 XY"),
        ({"postal_code": "1000", "country": "be"}, "1000"),
        ({"postal_code": "SW1A 1AA", "country": "GB"}, "SW1A 1AA"),
        ({"postal_code": "", "country": "NL"}, None),
    ],
)
async def test_a_postal_code_is_dutch_unless_the_country_is_another(people, told, kept):
    address = (await change(people, **told)).json()["address"]
    assert address["postal_code"] == kept
    assert address["country"] == (told["country"].upper() if "country" in told else None)


async def test_who_moves_back_to_the_country_needs_a_postal_code_of_it(people):
    await change(people, postal_code="1000", country="BE")
    assert kinds(await change(people, version=2, country="NL")) == {
        "body.postal_code": "no_dutch_postal_code"
    }
    assert (await change(people, version=2, country="NL", postal_code="6711 AB")).status_code == 200


async def test_names_are_composed(people):
    answer = await change(people, given_name="Zoe\u0308", family_name=" O\u0308zkaya ")
    assert (answer.json()["given_name"], answer.json()["family_name"]) == ("Zoë", "Özkaya")


async def test_an_import_puts_in_form_and_refuses_nothing_it_took_before(service):
    people = [
        {"external_id": str(at), "kind": "student", "code": str(at), "family_name": "Zoe\u0308", **more}
        for at, more in enumerate(
            [{"postal_code": "1234ab"}, {"postal_code": "nergens"}, {"postal_code": "1000", "country": "BE"}]
        )
    ]
    first = await send(service, *people)
    assert first.status_code == 200, first.text
    rows = await service.rows(
        "SELECT family_name, postal_code FROM \"user\" WHERE kind = 'student' ORDER BY code"
    )
    assert [tuple(row) for row in rows] == [("Zoë", code) for code in ("1234 AB", "nergens", "1000")]
    said = (await service.said(CHANGED))[0]
    assert (said["by"], said["fields"]) == ("manager", ["family_name", "postal_code"])
    assert (await send(service, *people)).json()["unchanged"] == 3
    await send(service, people[0] | {"city": "Oss"})
    said = (await service.said(CHANGED))[-1]
    assert (said["by"], said["fields"]) == ("manager", ["city"])
    # A code that a file brought stays as it is while another field changes.
    assert (await change(service, "1", street="Dorp")).status_code == 200
