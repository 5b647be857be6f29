"""Name and address: the newest word of users, and only on the single card."""

import random
from typing import Any

from desktop_sync.features.person_copy import note_people
from shared.contracts.facts import PersonChanged
from shared.contracts.ids import UserCode
from shared.contracts.values import UserKind
from tests.desktop_sync.desk import Desk, without_the_road
from tests.desktop_sync.imports import PROJECT, branch, student_code
from tests.support.counting import counted_statements


def person(code: str, version: int = 1, **more: Any) -> PersonChanged:
    told: dict[str, Any] = {
        "user": UserCode(code),
        "version": version,
        "kind": UserKind.STUDENT,
        "given_name": "Zoë",
        "prefix": "van den",
        "family_name": "Berg",
        "street": "Dorpsstraat",
        "house_number": "1a",
        "postal_code": "1234 AB",
        "city": "Ons Dorp",
        "country": "NL",
        "birth_date": "2010-02-03",
        "email": "zoe@example.org",
    }
    return PersonChanged(**(told | more))


async def test_the_newest_version_wins_whatever_the_order(desk: Desk) -> None:
    facts = [person("1", version, given_name=f"Z{version}") for version in (1, 2, 3, 4, 5)]
    random.Random(1).shuffle(facts)
    for fact in facts:
        await desk.react(note_people, fact)
    assert await desk.rows("SELECT version, given_name FROM person") == [(5, "Z5")]


async def test_the_newest_of_one_batch_wins(desk: Desk) -> None:
    await desk.react(note_people, person("1", 3, given_name="Z3"), person("1", 2), person("2", 1))
    rows = await desk.rows("SELECT code, version, given_name FROM person ORDER BY code")
    assert rows == [("1", 3, "Z3"), ("2", 1, "Zoë")]


async def test_a_batch_is_one_statement(desk: Desk) -> None:
    with counted_statements(desk.engine) as statements:
        await desk.react(note_people, *(person(str(number)) for number in range(200)))
    assert len(without_the_road(statements)) == 1
    assert await desk.count("person") == 200


async def test_staff_and_guardians_are_not_kept(desk: Desk) -> None:
    await desk.react(note_people, person("abc", kind=UserKind.STAFF), person("g1", kind=UserKind.GUARDIAN))
    assert await desk.count("person") == 0


async def test_the_desktop_keeps_no_birth_date_and_no_mail(desk: Desk) -> None:
    await desk.react(note_people, person("1"))
    ((row,),) = await desk.rows("SELECT row_to_json(person)::text FROM person")
    assert "2010" not in row
    assert "@" not in row


async def test_the_list_has_names_and_the_card_the_address(desk: Desk) -> None:
    await desk.bring(branch(students=2))
    await desk.react(note_people, person(student_code(0)))
    listed = (await desk.get(f"/projects/{PROJECT}/students"))["items"]
    # Who has no name yet stands first.
    assert [student["code"] for student in listed] == [student_code(1), student_code(0)]
    assert listed[1]["prefix"] == "van den"
    assert "Dorpsstraat" not in str(listed)
    card = await desk.get(f"/projects/{PROJECT}/students/{student_code(0)}")
    assert card["address"] == {
        "street": "Dorpsstraat",
        "house_number": "1a",
        "postal_code": "1234 AB",
        "city": "Ons Dorp",
        "country": "NL",
    }
    nameless = await desk.get(f"/projects/{PROJECT}/students/{student_code(1)}")
    assert nameless["given_name"] is nameless["address"]["street"] is None
