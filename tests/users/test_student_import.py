"""A school's own list of students: new accounts, differences listed or taken over, the archived left so."""

from typing import Any

from shared.contracts.ids import UserCode
from shared.contracts.rights import Role
from tests.support.counting import counted_statements
from tests.users.conftest import BRANCH, colleague, student
from users.features.student_import import FieldGroup, PersonRow, import_students

PATH = "/imports/students"
CHANGED = "users.person.changed.v1"
ZOE: dict[str, Any] = {"given_name": "Zoë", "prefix": "van der", "family_name": "Öst"}


def row(number, code, **told):
    return {"row": number, "code": code} | told


async def send(service, *rows, status=200, **more):
    body = {"source": "somtoday", "students": list(rows)} | more
    answer = await service.client.post(PATH, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def counts(told):
    return tuple(told[name] for name in ("created", "updated", "different", "unchanged"))


async def test_who_is_new_gets_an_account_with_all_that_is_told(service):
    told = row(2, "00101", **ZOE, birth_date="2012-08-01", email="z@x.nl", city="Utrecht")
    assert counts(await send(service, told)) == (1, 0, 0, 0)
    shown = (await service.client.get("/users/00101")).json()
    assert (shown["given_name"], shown["prefix"], shown["family_name"]) == ("Zoë", "van der", "Öst")
    [said] = await service.said(CHANGED)
    assert (said["birth_date"], said["city"], said["version"]) == ("2012-08-01", "Utrecht", 1)

    assert counts(await send(service, told)) == (0, 0, 0, 1)
    assert len(await service.said(CHANGED)) == 1


async def test_differences_are_listed_by_name_and_left_where_users_leads(service):
    await service.add(student("101", **ZOE, city="Utrecht"))
    answer = await send(service, row(2, "101", given_name="Zoe", prefix="", street="Kade", city="Utrecht"))
    assert counts(answer) == (0, 0, 1, 0)
    assert [(d["field"], d["fields"], d["applied"]) for d in answer["differences"]] == [
        ("name", ["given_name", "prefix"], False),
        ("address", ["street"], False),
    ]
    assert await service.said(CHANGED) == []


async def test_what_the_source_leads_is_taken_over_and_said(service):
    await service.add(student("101", **ZOE, email="old@x.nl"))
    answer = await send(service, row(2, "101", given_name="Zoe", email="new@x.nl"), led=["email"])
    assert counts(answer) == (0, 1, 0, 0)
    assert [(d["field"], d["applied"]) for d in answer["differences"]] == [("name", False), ("email", True)]
    [said] = await service.said(CHANGED)
    assert (said["given_name"], said["email"], said["version"]) == ("Zoë", "new@x.nl", 2)
    assert (said["fields"], said["by"]) == (["email"], "manager")


async def test_archived_is_listed_and_left_alone(service):
    gone = student("101", **ZOE)
    gone.archive(gone.created_at)
    await service.add(gone)
    answer = await send(service, row(2, "101", given_name="Zoe"), led=["name"])
    assert (answer["archived"], counts(answer)) == (["101"], (0, 0, 0, 0))
    assert await service.said(CHANGED) == []


async def test_code_of_somebody_else_is_a_problem_of_its_row(service):
    await service.add(colleague("300"), student("101"), colleague("timo", username="400"))
    rows = [row(2, "300"), row(3, "400"), row(4, "101"), row(5, "101"), row(6, "102")]
    listed = [(2, "code_in_use"), (3, "username_in_use"), (5, "duplicate_code")]

    refused = await send(service, *rows, status=422)
    assert refused["code"] == "students_refused"
    assert [(p["row"], p["code"]) for p in refused["params"]["problems"]] == listed
    dry = await send(service, *rows, dry_run=True)
    assert [(p["row"], p["code"]) for p in dry["problems"]] == listed
    assert (await service.client.get("/users/102")).status_code == 404
    assert counts(await send(service, *rows, skip_bad_rows=True)) == (1, 0, 0, 1)


async def test_importing_is_for_who_manages_every_branch(service):
    bound = service.as_("manager", Role.APPLICATION_MANAGER, [BRANCH])
    answer = await service.client.post(PATH, json={"source": "x", "students": []}, headers=bound)
    assert answer.status_code == 403


async def test_statements_do_not_grow_with_the_rows(service):
    async def run(first: int, size: int, name: str) -> int:
        rows = [PersonRow(at, UserCode(str(first + at)), {"given_name": name}) for at in range(1, size + 1)]
        with counted_statements(service.engine) as statements:
            async with service.work() as uow:
                await import_students(uow, "som", rows, [FieldGroup.NAME], by=UserCode("manager"))
                await uow.commit()
        return len(statements)

    # New, another name, the same again.
    few = [await run(1_000, 20, name) for name in ("Jan", "Piet", "Piet")]
    many = [await run(5_000, 400, name) for name in ("Jan", "Piet", "Piet")]
    assert few == many
