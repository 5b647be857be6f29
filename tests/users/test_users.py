"""Finding people, archiving and restoring one: scope, roles, and what must not happen."""

import asyncio
from datetime import date

import pytest

from shared.contracts.facts import PlacedEnrolment, StudentPlaced
from shared.contracts.ids import BranchId, DepartmentId, EnrolmentId, ProjectId, StudentCode
from shared.contracts.rights import Role
from tests.users.conftest import BRANCH, OTHER_BRANCH, SCHOOL, colleague, student
from users.features.placement_copy import copy_placements
from users.models import HeldRole

ARCHIVED, RESTORED = "users.account.archived.v1", "users.account.restored.v1"


@pytest.fixture
async def people(service):
    """Two branches; an office, a timetabler and a mentor in the first, two application managers."""
    await service.add(
        student(
            "1",
            given_name="Jan",
            prefix="van den",
            family_name="Berg",
            city="Ede",
            birth_date=date(2012, 8, 1),
        ),
        student("2", given_name="Zoë", family_name="Öztürk"),
        student("3", OTHER_BRANCH, family_name="Berg"),
        *(colleague(code) for code in ("office", "timetabler", "mentor")),
        colleague("second", None),
        roles={"second": HeldRole(Role.APPLICATION_MANAGER)},
    )
    return service


def office(service):
    return service.as_("office", Role.STUDENT_OFFICE, [BRANCH])


def timetabler(service):
    return service.as_("timetabler", Role.TIMETABLER, [BRANCH])


async def codes(service, headers=None, **filters):
    answer = await service.client.get("/users", params=filters, headers=headers or {})
    assert answer.status_code == 200, answer.text
    return [user["code"] for user in answer.json()["items"]]


def placed(student_code, version, branch, *projects, guest_in=None):
    return StudentPlaced(
        student=StudentCode(student_code), version=version, school=SCHOOL, branch=branch,
        enrolments=[
            PlacedEnrolment(
                id=EnrolmentId(project), project=ProjectId(project), school=SCHOOL, school_year=2026,
                branch=guest_in or branch, department=DepartmentId(1), home_class=None, groups=[],
            )
            for project in projects
        ],
    )  # fmt: skip


async def copy(service, *facts):
    async with service.work() as uow:
        await copy_placements(uow, list(facts))
        await uow.commit()


async def test_the_list_is_sorted_searched_and_filtered(people):
    assert await codes(people, kind="student") == ["3", "1", "2"]
    assert await codes(people, q="BERG, jan") == ["1"]
    assert await codes(people, q="ozturk") == ["2"]
    assert await codes(people, q="%") == []
    await people.client.post("/users/3/archive")
    assert await codes(people, q="berg") == ["1"]
    assert await codes(people, q="berg", archived=True) == ["3"]


async def test_the_list_comes_in_pages(people):
    everybody, seen, cursor = await codes(people), [], None
    while True:
        page = (
            await people.client.get("/users", params={"limit": 2} | ({"cursor": cursor} if cursor else {}))
        ).json()
        seen += [user["code"] for user in page["items"]]
        if (cursor := page["next"]) is None:
            break
    assert seen == everybody
    assert len(seen) == 8


async def test_another_branch_is_as_unknown(people):
    assert "3" not in await codes(people, office(people))
    for path in ("/users/3", "/users/404", "/users/%00", "/users/a%20b", "/users/3/footprint"):
        answers = [await people.client.get(path, headers=who) for who in (office(people), timetabler(people))]
        assert [answer.status_code for answer in answers] == [404, 404], path
        assert {answer.text for answer in answers} == {answers[0].text}
    for act in ("archive", "restore"):
        assert (await people.client.post(f"/users/3/{act}", headers=office(people))).status_code == 404
    assert not await people.said(ARCHIVED)


async def test_an_address_is_for_the_office(people):
    callers = people.as_("manager", Role.APPLICATION_MANAGER), office(people), timetabler(people)
    seen = [
        (await people.client.get("/users/1", headers=who)).json()["address"]
        for who in (*callers, people.as_("1", Role.STUDENT))
    ]
    assert [address and address["city"] for address in seen] == ["Ede", "Ede", None, "Ede"]
    assert seen[0]["birth_date"] == "2012-08-01"
    assert (await people.client.get("/users/mentor", headers=office(people))).json()["address"] is None
    listed = (await people.client.get("/users", headers=timetabler(people))).json()["items"]
    assert {user["address"] for user in listed if user["code"] != "timetabler"} == {None}


async def test_everybody_sees_himself_and_a_mentor_nobody_else(people):
    mentor = people.as_("mentor", Role.MENTOR)
    answer = await people.client.get("/users/mentor", headers=mentor)
    assert (answer.status_code, answer.headers["ETag"]) == (200, '"1"')
    assert (await people.client.get("/users/1", headers=mentor)).status_code == 404
    assert (await people.client.get("/users", headers=mentor)).status_code == 403
    pupil = people.as_("1", Role.STUDENT)
    assert (await people.client.get("/users/1", headers=pupil)).status_code == 200
    assert (await people.client.get("/users/2", headers=pupil)).status_code == 404


@pytest.mark.parametrize("act", ["archive", "restore"])
async def test_who_may_not_archive(people, act):
    for who in (timetabler(people), people.as_("mentor", Role.MENTOR), people.as_("1", Role.STUDENT)):
        assert (await people.client.post(f"/users/1/{act}", headers=who)).status_code == 403
    refused = await people.client.post(f"/users/mentor/{act}", headers=office(people))
    assert (refused.status_code, refused.json()["code"]) == (403, "students_only")


async def test_archive_and_restore(people):
    archived = await people.client.post("/users/1/archive", json={"reason": "moved"}, headers=office(people))
    assert (archived.status_code, archived.json()["archived"], archived.json()["version"]) == (200, True, 2)
    again = await people.client.post("/users/1/archive", headers=office(people))
    assert again.json() == archived.json()
    [said] = await people.said(ARCHIVED)
    assert (said["session_version"], said["departure"]) == (2, None)
    restored = await people.client.post("/users/1/restore", headers=office(people))
    assert (restored.json()["archived"], restored.json()["version"]) == (False, 3)
    await people.client.post("/users/1/restore", headers=office(people))
    [said] = await people.said(RESTORED)
    assert (said["version"], said["session_version"]) == (3, 2)
    audit = await people.rows("SELECT actor, action, reason FROM audit WHERE object_id = '1' ORDER BY at")
    assert [tuple(row) for row in audit] == [
        ("office", "account.archive", "moved"), ("office", "account.restore", None),
    ]  # fmt: skip


async def test_nobody_archives_himself_or_the_last_application_manager(people):
    own = await people.client.post("/users/manager/archive")
    assert (own.status_code, own.json()["code"]) == (409, "own_account")
    # At once they would end each other.
    second = people.as_("second", Role.APPLICATION_MANAGER)
    answers = await asyncio.gather(
        people.client.post("/users/second/archive"),
        people.client.post("/users/manager/archive", headers=second),
    )
    assert sorted(answer.status_code for answer in answers) in ([200, 401], [200, 409])
    left = await people.rows(
        "SELECT code FROM \"user\" WHERE archived_at IS NULL AND code IN ('manager', 'second')"
    )
    assert len(left) == 1
    # His token says he manages the application; his account does no longer.
    last = await people.client.post(
        f"/users/{left[0].code}/archive", headers=people.as_("office", Role.APPLICATION_MANAGER)
    )
    assert (last.status_code, last.json()["code"]) == (409, "last_application_manager")


async def test_a_key_is_answered_once(people):
    key = {"Idempotency-Key": "k"}
    first = await people.client.post("/users/1/archive", json={}, headers=key)
    await people.client.post("/users/1/restore")
    assert (await people.client.post("/users/1/archive", json={}, headers=key)).json() == first.json()
    assert len(await people.said(ARCHIVED)) == 1
    other = await people.client.post("/users/1/archive", json={"reason": "another"}, headers=key)
    assert other.json()["code"] == "idempotency_key_reused"


@pytest.mark.parametrize("act", ["archive", "restore"])
async def test_a_kept_answer_holds_nothing_personal(people, act):
    await people.client.post("/users/1/archive")
    key = office(people) | {"Idempotency-Key": "k"}
    first = await people.client.post(f"/users/1/{act}", headers=key)
    assert first.json()["address"]["city"] == "Ede"
    [kept] = await people.rows("SELECT reply FROM idempotent_reply")
    assert set(kept.reply) == {"archived", "archived_at", "version"}

    again = {"Idempotency-Key": "k"}
    less = people.as_("office", Role.STUDENT_OFFICE, [OTHER_BRANCH]) | again
    assert (await people.client.post(f"/users/1/{act}", headers=less)).status_code == 404
    await people.client.post("/users/1/restore" if act == "archive" else "/users/1/archive")
    assert (
        await people.client.post(f"/users/1/{act}", headers=office(people) | again)
    ).json() == first.json()


async def test_the_portal_says_where_somebody_is(people):
    await copy(people, placed("1", 2, OTHER_BRANCH, 7, 8), placed("1", 1, BRANCH), placed("54", 1, BRANCH, 7))
    assert (await people.client.get("/users/1")).json()["branch"] == OTHER_BRANCH
    assert await codes(people, project=8) == ["1"]
    await copy(people, placed("1", 1, BRANCH, 9), placed("2", 1, BranchId(30), 8))
    assert await codes(people, project=8) == ["1", "2"]
    assert (await people.client.get("/users/1", headers=office(people))).status_code == 404
    leaver = placed("1", 3, OTHER_BRANCH)
    await copy(people, leaver)
    assert await codes(people, project=8) == ["2"]
    assert (await people.client.get("/users/1")).json()["branch"] == OTHER_BRANCH


async def test_a_guest_is_of_all_his_branches(people):
    """A student of two schools, or of next year: either office sees him, his account is his own office's."""
    await copy(people, placed("3", 1, OTHER_BRANCH, 7, guest_in=BRANCH))
    assert "3" in await codes(people, office(people))
    shown = await people.client.get("/users/3", headers=office(people))
    assert (shown.status_code, shown.json()["branch"]) == (200, OTHER_BRANCH)
    assert shown.json()["address"] is not None
    assert (await people.client.get("/users/3", headers=timetabler(people))).json()["address"] is None
    assert (await people.client.get("/users/3/footprint", headers=office(people))).status_code == 200
    own = people.as_("timetabler", Role.STUDENT_OFFICE, [OTHER_BRANCH])
    assert (await people.client.get("/users/3", headers=own)).status_code == 200
    for act in ("archive", "restore"):
        assert (await people.client.post(f"/users/3/{act}", headers=office(people))).status_code == 404
        assert (await people.client.post(f"/users/3/{act}", headers=own)).status_code == 200
    await copy(people, placed("3", 2, OTHER_BRANCH, 7))
    assert (await people.client.get("/users/3", headers=office(people))).status_code == 404
    assert (await people.client.get("/users/3", headers=own)).status_code == 200


async def test_a_guest_who_was_placed_before_he_came(people):
    await copy(people, placed("55", 1, OTHER_BRANCH, 7, guest_in=BRANCH))
    body = {"source": "s", "people": [{"external_id": "x", "kind": "student", "code": "55"}]}
    assert (await people.client.post("/imports/people", json=body)).status_code == 200
    assert (await people.client.get("/users/55", headers=office(people))).status_code == 200


async def test_a_place_told_before_the_person_came(people):
    await copy(people, placed("55", 1, OTHER_BRANCH, 7))
    person = {"external_id": "x", "kind": "student", "code": "55"}
    body = {"source": "s", "school": SCHOOL, "branch": BRANCH, "people": [person]}
    assert (await people.client.post("/imports/people", json=body)).status_code == 200
    assert (await people.client.get("/users/55")).json()["branch"] == OTHER_BRANCH
