"""Guardians: who sees them, and how they go and come with their children."""

import asyncio

import pytest

from shared.clock import now
from shared.contracts.ids import DepartureId, UserCode
from shared.contracts.rights import Role
from shared.contracts.values import GuardianPolicy, UserKind
from shared.ids import new_id
from tests.support.counting import counted_statements
from tests.users.conftest import OTHER_BRANCH, colleague, student
from tests.users.test_departure import ARCHIVED, command, react
from tests.users.test_people_import import send
from tests.users.test_undo import RESTORED, react_undo, undo
from tests.users.test_users import codes, copy, office, placed
from users.models import Family, User

FAMILY = """SELECT guardian || '-' || student FROM guardianship ORDER BY guardian, student"""


def guardian(code: str, **details) -> User:
    return User.register(UserCode(code), UserKind.GUARDIAN, now(), **details)


def leaves(code: str, departure=None):
    return command(code, departure).model_copy(update={"guardians": GuardianPolicy.ARCHIVE})


async def add_family(service, children: dict[str, list[str]], *users: User) -> None:
    """Guardians with the codes of their children; who is not among the `users` is made."""
    told, names = (
        {user.code for user in users},
        {UserCode(child) for his in children.values() for child in his},
    )
    missing = [guardian(code) for code in children if code not in told]
    await service.add(*users, *map(student, sorted(names - told)), *missing)
    async with service.work() as uow:
        theirs = {UserCode(code): frozenset(map(UserCode, his)) for code, his in children.items()}
        await uow.guardianships.replace(theirs, names)
        for family in await uow.guardianships.lock_families(theirs):
            family.follow()
        await uow.commit()


async def active(service, kind: str = "guardian") -> list[str]:
    return sorted(await codes(service, kind=kind))


def test_a_guardian_is_left_when_no_active_child_stays():
    leaving, staying, gone = student("1"), student("2"), student("3")
    gone.archive(now())
    assert Family(guardian("g"), [leaving, gone]).is_left_by({leaving.code})
    assert not Family(guardian("g"), [leaving, staying, gone]).is_left_by({leaving.code})
    archived = guardian("g")
    archived.archive(now())
    assert not Family(archived, [leaving]).is_left_by({leaving.code})
    assert not Family(archived, [leaving]).come_back(DepartureId(new_id()))


async def test_a_departure_takes_the_guardians_along(service, with_password):
    children = {"g1": ["1"], "g2": ["1", "2"], "g3": ["2"], "g4": ["1"]}
    await add_family(service, children, with_password(guardian("g4")))
    tokens = (await service.log_in("g4")).json()
    departure = new_id()
    await react(service, leaves("1", departure))

    assert await active(service) == ["g2", "g3"]
    said = {one["user"]: one for one in await service.said(ARCHIVED)}
    assert sorted(said.pop("1")["guardians"]) == ["g1", "g4"]
    facts = {code: (one["departure"], one["session_version"]) for code, one in said.items()}
    assert facts == {"g1": (None, 2), "g4": (None, 2)}
    assert (await service.refresh(tokens["refresh_token"])).json()["error"] == "invalid_grant"
    assert (await service.log_in("g4")).status_code == 400
    audited = await service.rows("SELECT object_id, on_behalf_of FROM audit WHERE action = 'account.archive'")
    assert sorted(tuple(row) for row in audited) == [(code, "office") for code in ("1", "g1", "g4")]

    await react(service, leaves("1", departure))
    answers = [one for one in await service.said(ARCHIVED) if one["user"] == "1"]
    assert answers[0] == answers[1]
    assert len(await service.said(ARCHIVED)) == 4


async def test_guardians_are_kept_unless_it_is_asked(service):
    await add_family(service, {"g1": ["1"]})
    await react(service, command("1"))
    assert await active(service) == ["g1"]
    assert [one["guardians"] for one in await service.said(ARCHIVED)] == [[]]


async def test_two_children_who_leave_together_take_their_guardian_along(service):
    await add_family(service, {"g1": ["1", "2"], "g2": ["2", "3"]})
    await react(service, leaves("1"), leaves("2"))
    assert await active(service) == ["g2"]
    answers = {one["user"]: one["guardians"] for one in await service.said(ARCHIVED)}
    assert (answers["1"], answers["2"]) == ([], ["g1"])


async def test_of_two_children_who_leave_one_after_the_other_the_later_takes_him(service):
    await add_family(service, {"g1": ["1", "2"]})
    await react(service, leaves("1"))
    assert await active(service) == ["g1"]
    await react(service, leaves("2"))
    assert await active(service) == []
    answers = {one["user"]: one["guardians"] for one in await service.said(ARCHIVED)}
    assert (answers["1"], answers["2"]) == ([], ["g1"])


async def test_of_two_children_who_leave_at_one_moment_one_takes_him(service):
    families = {f"g{number}": [str(100 + number), str(200 + number)] for number in range(10)}
    await add_family(service, families)
    for first, second in families.values():
        await asyncio.gather(react(service, leaves(first)), react(service, leaves(second)))
    assert await active(service) == []


async def test_an_undo_brings_him_back(service):
    await add_family(service, {"g1": ["1"]})
    departure = new_id()
    await react(service, leaves("1", departure))
    await react_undo(service, undo("1", departure))
    assert await active(service) == ["g1"]
    said = {one["user"]: one for one in await service.said(RESTORED)}
    assert (said["g1"]["departure"], said["g1"]["version"], said["1"]["departure"]) == (
        None, 3, str(departure),
    )  # fmt: skip
    await react_undo(service, undo("1", departure))
    assert [one["user"] for one in await service.said(RESTORED)].count("g1") == 1
    [(taken_by,)] = await service.rows("""SELECT archived_with FROM "user" WHERE code = 'g1'""")
    assert taken_by is None


async def test_any_child_brings_back_whom_the_departure_of_another_took(service):
    await add_family(service, {"g1": ["1", "2"]})
    first, second = new_id(), new_id()
    await react(service, leaves("1", first), leaves("2", second))
    await react_undo(service, undo("1", first))
    assert await active(service) == ["g1"]
    await react(service, leaves("1"))
    assert await active(service) == []
    await service.client.post("/users/2/restore")
    assert await active(service) == ["g1"]


async def test_the_undo_of_his_departure_brings_him_back_where_his_child_was_archived_before(service):
    await add_family(service, {"g1": ["1"]})
    await service.client.post("/users/1/archive")
    departure = new_id()
    await react(service, leaves("1", departure))
    assert await active(service) == []
    await react_undo(service, undo("1", departure))
    assert (await active(service), await active(service, "student")) == (["g1"], [])


async def test_who_was_archived_on_his_own_stays_so(service):
    await add_family(service, {"g1": ["1"]})
    manager, departure = "/users/g1", new_id()
    await react(service, leaves("1", departure))
    assert (await service.client.post(f"{manager}/restore")).status_code == 200
    assert (await service.client.post(f"{manager}/archive")).status_code == 200
    await react_undo(service, undo("1", departure))
    assert await active(service) == []


async def test_the_archival_that_comes_after_its_undo_takes_nobody(service):
    await add_family(service, {"g1": ["1"]})
    departure = new_id()
    await react_undo(service, undo("1", departure))
    await react(service, leaves("1", departure))
    assert await active(service) == ["g1"]


async def test_a_batch_takes_the_same_statements_however_large(service):
    families = {f"g{number}": [str(1000 + number)] for number in range(44)}
    families |= {f"h{number}": [str(1000 + number), str(2000 + number)] for number in range(44)}
    await add_family(service, families)
    students = [str(1000 + number) for number in range(44)]
    departures = {code: new_id() for code in students}
    counts = []
    for batch in (students[:4], students[4:]):
        with counted_statements(service.engine) as statements:
            await react(service, *(leaves(code, departures[code]) for code in batch))
        with counted_statements(service.engine) as more:
            await react_undo(service, *(undo(code, departures[code]) for code in batch))
        counts.append((len(statements), len(more)))
    assert counts[0] == counts[1]
    assert max(counts[0]) <= 14


async def test_the_offices_of_his_children_see_him(service):
    await service.add(colleague("office"))
    others = student("2", OTHER_BRANCH, family_name="Berg")
    await add_family(service, {"g1": ["1"], "g2": ["1", "2"], "g3": ["2"]}, others)
    assert await codes(service, office(service), kind="guardian") == ["g1", "g2"]
    seen = (await service.client.get("/users/g2", headers=office(service))).json()
    assert [child["code"] for child in seen["children"]] == ["1"]
    assert seen["address"] is not None
    assert (await service.client.get("/users/g3", headers=office(service))).status_code == 404
    seen = (await service.client.get("/users/1", headers=office(service))).json()
    assert [one["code"] for one in seen["guardians"]] == ["g1", "g2"]
    own = service.as_("g2", Role.GUARDIAN)
    seen = (await service.client.get("/users/g2", headers=own)).json()
    assert sorted(child["code"] for child in seen["children"]) == ["1", "2"]
    for path in ("/users/1", "/users/g1"):
        assert (await service.client.get(path, headers=own)).status_code == 404
    for path in ("/users", "/users/1/footprint"):
        assert (await service.client.get(path, headers=own)).status_code == 403

    await copy(service, placed("1", 7, OTHER_BRANCH, 3))
    assert await codes(service, office(service), kind="guardian") == []


async def test_the_office_archives_a_guardian(service):
    await service.add(colleague("office"))
    await add_family(service, {"g1": ["1"], "g2": ["2"]}, student("2", OTHER_BRANCH))
    answers = [
        await service.client.post(f"/users/{code}/archive", headers=office(service)) for code in ("g1", "g2")
    ]
    assert [answer.status_code for answer in answers] == [200, 404]
    assert await active(service, "student") == ["1", "2"]


async def test_a_guardian_logs_in_as_one(service, with_password):
    await service.add(with_password(guardian("g1")))
    token = (await service.log_in("g1")).json()["access_token"]
    own = {"Authorization": f"Bearer {token}"}
    assert (await service.client.get("/users/g1", headers=own)).json()["kind"] == "guardian"
    assert (await service.client.get("/users", headers=own)).status_code == 403


STUDENTS = [{"external_id": one, "kind": "student", "code": one} for one in ("1", "2", "3")]


def parent(external_id: str, *children: str, **more):
    return {"external_id": external_id, "kind": "guardian", "children": list(children)} | more


async def test_guardians_come_with_their_children_and_the_same_file_again_changes_nothing(service):
    await service.add(guardian("g900001"), colleague("office"))
    people = [*STUDENTS, parent("a", "1", "2", family_name="Berg", email="a@b.example"), parent("b", "2")]
    first = (await send(service, *people)).json()
    assert (first["codes"]["a"], first["codes"]["b"]) == ("g900002", "g900003")
    assert (await send(service, *people)).json() == first | {"created": 0, "unchanged": 5}
    seen = (await service.client.get("/users/2")).json()["guardians"]
    assert [(one["code"], one["family_name"]) for one in seen] == [
        ("g900002", "Berg"),
        ("g900003", "g900003"),
    ]
    assert (await service.client.get("/users/g900002")).json()["address"]["email"] == "a@b.example"
    assert sorted(await codes(service, office(service), kind="guardian")) == ["g900002", "g900003"]


async def test_a_file_speaks_of_its_own_students_only(service):
    await send(service, *STUDENTS, parent("a", "1", "2", code="ga"))
    await send(service, STUDENTS[2], parent("a", "3", code="ga"), source="another")
    assert await service.rows(FAMILY) == [("ga-1",), ("ga-2",), ("ga-3",)]
    changed = await send(service, *STUDENTS[:2], parent("a", "1", code="ga"))
    assert (changed.json()["updated"], changed.json()["unchanged"]) == (1, 2)
    assert await service.rows(FAMILY) == [("ga-1",), ("ga-3",)]
    untold = {"external_id": "a", "kind": "guardian", "code": "ga"}
    assert (await send(service, *STUDENTS[:2], untold)).json()["updated"] == 0
    assert await service.rows(FAMILY) == [("ga-1",), ("ga-3",)]


async def test_what_is_wrong_with_a_guardian_is_told_at_its_place(service):
    answer = await send(
        service,
        *STUDENTS,
        parent("a", "1", code="123"),
        parent("b", "9", "a"),
        parent("c", "1", roles=[{"role": "mentor"}]),
        STUDENTS[0] | {"external_id": "4", "code": "4", "children": ["1"]},
        {"external_id": "s", "kind": "staff", "roles": [{"role": "guardian"}]},
    )
    assert [(p["place"], p["code"]) for p in answer.json()["params"]["problems"]] == [
        ("people[3].code", "malformed_code"),
        ("people[4].children[0]", "unknown_child"),
        ("people[4].children[1]", "not_a_student"),
        ("people[5].roles", "role_not_assignable"),
        ("people[6].children", "not_a_guardian"),
        ("people[7].roles", "role_not_assignable"),
    ]
    assert await service.rows(FAMILY) == []


async def test_an_import_takes_the_same_statements_however_large(service):
    counts = []
    for size in (10, 300):
        people = [{"external_id": f"{size}-{at}", "kind": "student"} for at in range(size)]
        parents = [parent(f"g{size}-{at}", f"{size}-{at}") for at in range(size)]
        moved = [parent(f"g{size}-{at}", f"{size}-{(at + 1) % size}") for at in range(size)]
        for guardians in (parents, moved):
            with counted_statements(service.app.state.road.engine) as statements:
                answer = await send(service, *people, *guardians)
            assert answer.status_code == 200
            counts.append(len(statements))
    assert counts[:2] == counts[2:]


async def test_footprints_of_many_tell_whom_they_leave_behind(service, with_password):
    await add_family(service, {"g1": ["1", "2"], "g2": ["2"], "g3": ["2", "9"]}, with_password(student("1")))
    await add_family(service, {"g4": ["8"]}, student("8", OTHER_BRANCH))
    await service.log_in("1")
    await service.add(colleague("office"))

    async def ask(leaving, headers=None):
        body = {"students": ["1", "2", "8", "404"], "leaving": leaving}
        answer = await service.client.post("/footprints", json=body, headers=headers or {})
        assert answer.status_code == 200, answer.text
        return {one.pop("student"): one for one in answer.json()["items"]}

    found = await ask(["1", "2", "8"])
    assert {code: [one["code"] for one in told.pop("guardians")] for code, told in found.items()} == {
        "1": ["g1"], "2": ["g1", "g2"], "8": ["g4"],
    }  # fmt: skip
    for code, told in found.items():
        assert told == (await service.client.get(f"/users/{code}/footprint")).json()
    assert (found["1"]["sessions"], found["2"]["sessions"]) == (1, 0)
    assert {code: len(told["guardians"]) for code, told in (await ask(["2"])).items()} == {
        "1": 0, "2": 1, "8": 0,
    }  # fmt: skip
    assert set(await ask(["8"], office(service))) == {"1", "2"}


@pytest.mark.parametrize("students", [[], ["x"], ["1"] * 2001])
async def test_footprints_are_asked_of_students_and_not_of_too_many(service, students):
    assert (await service.client.post("/footprints", json={"students": students})).status_code == 422


async def test_footprints_take_the_same_statements_however_many(service):
    everybody = [str(number) for number in range(1, 301)]
    await add_family(service, {f"g{code}": [code] for code in everybody})
    counts = []
    for students in (everybody[:3], everybody):
        with counted_statements(service.app.state.road.engine) as statements:
            body = {"students": students, "leaving": students}
            found = (await service.client.post("/footprints", json=body)).json()["items"]
        assert [len(one["guardians"]) for one in found] == [1] * len(students)
        counts.append(len(statements))
    assert counts[0] == counts[1]
