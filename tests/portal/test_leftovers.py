"""What people forgot: each kind is listed, by whom it concerns, and what repairing it sends."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.features.desktop_presence import note_presence
from portal.features.leftover_repair import repair_leftovers
from portal.features.person_copy import note_people
from portal.models.leftover import LeftoverKind, Pick
from portal.repositories.leftovers import Filters
from shared import clock
from shared.contracts.commands import ClearStudent, DeleteStudent
from shared.contracts.facts import AccountArchived, AccountRestored, PersonChanged, StudentListed
from shared.contracts.ids import StudentCode, UserCode
from shared.contracts.rights import Role
from shared.contracts.values import UserKind
from shared.messaging.tables import outbox
from shared.runtime.access import Scope
from shared.runtime.revocation import note_accounts
from tests.support.counting import counted_statements
from tests.support.eventually import eventually
from tests.support.school import project_input

KINDS = (
    "archived_but_enrolled",
    "prognosis_without_account",
    "account_without_enrolment",
    "ghost_in_desktop",
)
ARCHIVED, PROGNOSIS, ACCOUNT, GHOST = KINDS


class Told:
    """What users and the desktop tell."""

    def __init__(self, work, school):
        self.work, self.school = work, school

    async def react(self, reaction, *facts):
        async with self.work() as uow:
            await reaction(uow, facts)
            await uow.commit()

    async def people(self, *codes, **names):
        name = {"given_name": "Jan", "prefix": "", "family_name": "Berg"} | names
        facts = [PersonChanged(user=code, version=1, kind=UserKind.STUDENT, **name) for code in codes]
        await self.react(note_people, *facts)

    async def archived(self, code, version=2):
        fact = AccountArchived(user=code, version=version, session_version=version, at=clock.now())
        await self.react(note_accounts, fact)

    async def restored(self, code, version=3):
        fact = AccountRestored(user=code, version=version, session_version=version, at=clock.now())
        await self.react(note_accounts, fact)

    def listed(self, code, place=None, *, revision=1, present=True, **more):
        place = place or self.school.now
        told = {"project": place["project"], "school": place["school"], "branch": place["branch"]}
        return StudentListed(
            student=code,
            revision=revision,
            present=present,
            **{"school_year": self.school.year} | told | more,
        )

    async def in_desktop(self, code, place=None, **more):
        await self.react(note_presence, self.listed(code, place, **more))


@pytest.fixture
async def told(work, school):
    """Everybody is known, and nothing is forgotten yet: all are in this year's desktop project."""
    told = Told(work, school)
    await told.people("101", "102", "103", "104")
    await told.react(note_presence, *(told.listed(code) for code in ("101", "102", "103", "104")))
    return told


async def leftovers(portal, **query):
    answer = await portal.get("/leftovers", params=query.pop("params", None), **query)
    assert answer.status_code == 200, answer.text
    return [(item["student"], item["kind"]) for item in answer.json()["items"]]


async def delete_enrolment(portal, school, code, place="now"):
    answer = await portal.delete(f"/enrolments/{getattr(school, place)['enrolments'][code]}")
    assert answer.status_code == 200, answer.text


async def repair(portal, *items, **more):
    picked = [dict(zip(("kind", "student", "project"), item, strict=False)) for item in items]
    return await portal.post("/leftovers/repair", json={"items": picked} | more)


async def commands(work, kind):
    async with work() as uow:
        query = select(outbox.c.body).where(outbox.c.type == kind.type).order_by(outbox.c.id)
        return list(await uow.session.scalars(query))


async def test_where_nothing_is_forgotten_nothing_is_listed(portal, told):
    answer = (await portal.get("/leftovers")).json()
    assert answer == {"items": [], "next": None, "counts": dict.fromkeys(KINDS, 0)}


async def test_archived_alone_and_still_enrolled(portal, school, told):
    await told.archived("101")
    [item] = (await portal.get("/leftovers")).json()["items"]
    assert item | {"since": None} == {
        "kind": ARCHIVED,
        "student": "101",
        "name": {"given_name": "Jan", "prefix": "", "family_name": "Berg"},
        "school": school.now["school"],
        "branch": school.now["branch"],
        "enrolments": [school.now["enrolments"]["101"]],
        "prognoses": [school.later["enrolments"]["101"]],
        "projects": [],
        "since": None,
    }
    assert item["since"]
    await told.restored("101")
    assert await leftovers(portal) == []


async def test_enrolment_deleted_alone_leaves_a_ghost_and_with_the_prognosis_an_account(portal, school, told):
    await delete_enrolment(portal, school, "101")
    await delete_enrolment(portal, school, "104")
    assert await leftovers(portal) == [("101", GHOST), ("104", ACCOUNT), ("104", GHOST)]
    shown = (await portal.get("/leftovers", params={"kind": GHOST})).json()
    assert [item["projects"] for item in shown["items"]] == [[school.now["project"]]] * 2
    assert shown["counts"] == dict.fromkeys(KINDS, 0) | {GHOST: 2, ACCOUNT: 1}


async def test_only_a_prognosis_and_nobody_to_log_in(portal, school, told):
    await told.archived("101")
    await delete_enrolment(portal, school, "101")
    stranger = project_input("B1", school.year + 1, ["900"])
    await portal.post("/imports/project", json=stranger)
    assert await leftovers(portal, params={"kind": PROGNOSIS}) == [("101", PROGNOSIS), ("900", PROGNOSIS)]
    await told.people("900")  # the newcomer of next year: users has told him now
    assert await leftovers(portal, params={"kind": PROGNOSIS}) == [("101", PROGNOSIS)]


async def test_a_newcomer_whose_account_came_first_is_no_leftover(portal, told):
    await told.people("900")
    assert await leftovers(portal) == []


async def test_a_late_word_of_the_desktop_brings_no_ghost_back(portal, school, told):
    await delete_enrolment(portal, school, "101")
    await told.in_desktop("101", revision=3, present=False)
    assert await leftovers(portal) == []
    await told.in_desktop("101", revision=2)
    assert await leftovers(portal) == []
    await told.react(
        note_presence, told.listed("101", revision=5), told.listed("101", revision=4, present=False)
    )
    assert await leftovers(portal) == [("101", GHOST)]


async def test_past_years_are_history(portal, school, told):
    past = {"school": school.now["school"], "branch": school.now["branch"], "project": 999}
    await told.in_desktop("101", past, school_year=school.year - 1)
    assert await leftovers(portal) == []
    await told.in_desktop("101", past | {"project": 998})
    assert await leftovers(portal) == [("101", GHOST)]


async def test_whose_departure_is_planned_or_under_way_is_not_listed(portal, school, told):
    await told.archived("101")
    tomorrow = (clock.today() + timedelta(days=1)).isoformat()
    body = {"students": ["101"], "reason": "left", "leaves_on": tomorrow}
    [departure] = (await portal.post("/departures", json=body)).json()["items"]
    assert await leftovers(portal) == []
    await portal.post(f"/departures/{departure['id']}/cancel")
    assert await leftovers(portal) == [("101", ARCHIVED)]
    await portal.post("/departures", json={"students": ["101"], "reason": "left"})
    assert await leftovers(portal) == []
    assert (await repair(portal, (ARCHIVED, "101"))).json()["code"] == "not_left_over"


async def test_what_a_departure_kept_on_purpose_is_not_listed(portal, school, told, sql):
    body = {"students": ["101", "102"], "reason": "left", "prognoses": "keep"}
    await portal.post("/departures", json=body)
    await eventually(lambda: _only_prognosis(portal, "/students/101"))
    await eventually(lambda: _only_prognosis(portal, "/students/102"))
    await sql("UPDATE departure SET state = 'completed', completed_at = now()")
    for code in ("101", "102"):
        await told.archived(code)
        await told.in_desktop(code, revision=2, present=False)
        await told.in_desktop(code, school.later, school_year=school.year + 1)
    assert await leftovers(portal) == []
    # Once the kept prognosis is deleted by itself, the desktop's is forgotten.
    await delete_enrolment(portal, school, "101", "later")
    assert await leftovers(portal) == [("101", GHOST)]
    # A departure that was taken back kept nothing.
    await sql("UPDATE departure SET state = 'undone'")
    assert await leftovers(portal) == [("101", GHOST), ("102", PROGNOSIS)]


async def test_a_kept_prognosis_that_became_this_years_enrolment_is_still_kept(portal, school, told, sql):
    await told.archived("104")
    tomorrow = (clock.today() + timedelta(days=1)).isoformat()
    body = {"students": ["104"], "reason": "left", "prognoses": "keep", "leaves_on": tomorrow}
    await portal.post("/departures", json=body)
    await sql("UPDATE departure SET state = 'completed', completed_at = now()")
    assert await leftovers(portal) == [("104", ARCHIVED)]
    await sql("UPDATE departure SET school_year = school_year - 1")
    assert await leftovers(portal) == []


async def _only_prognosis(portal, path):
    return [e["kind"] for e in (await portal.get(path)).json()["enrolments"]] == ["prognosis"]


async def test_each_office_sees_its_own(house, portal, school, told):
    guest = (
        await portal.post(
            "/imports/project", json=project_input("V4", school.year, ["101"], school="GYM", branch="GY")
        )
    ).json()
    await told.archived("101")
    await told.in_desktop("102", guest)  # was a guest there once

    def office(place, role=Role.STUDENT_OFFICE):
        return {"Authorization": f"Bearer {house.token('off', {role: [place['branch']]})}"}

    assert await leftovers(portal) == [("101", ARCHIVED), ("101", ARCHIVED), ("102", GHOST)]
    assert await leftovers(portal, headers=office(school.now)) == [("101", ARCHIVED)]
    there = office(guest)
    assert await leftovers(portal, headers=there) == [("101", ARCHIVED), ("102", GHOST)]
    assert await leftovers(portal, params={"branch": guest["branch"]}) == [("101", ARCHIVED), ("102", GHOST)]
    assert (await portal.get("/leftovers", headers=office(guest, Role.TIMETABLER))).status_code == 403
    refused = await portal.post(
        "/leftovers/repair",
        json={"items": [{"kind": GHOST, "student": "102"}]},
        headers=office(school.now),
    )
    assert (refused.status_code, refused.json()["code"]) == (409, "not_left_over")
    # The other school's office lets its ghost leave that school, though the student is not his own.
    body = {"items": [{"kind": GHOST, "student": "102"}, {"kind": ARCHIVED, "student": "101"}]}
    done = await portal.post("/leftovers/repair", json=body, headers=there)
    assert done.status_code == 202, done.text
    batch = done.json()["batch"]
    found = (await portal.get("/departures", params={"batch": batch}, headers=there)).json()["items"]
    assert sorted((d["student"], d["school"]) for d in found) == [
        ("101", guest["school"]),
        ("102", guest["school"]),
    ]
    assert {d["steps"]["account"]["reason"] for d in found} == {"enrolled_elsewhere"}


async def test_search_and_pages(portal, school, told):
    await told.react(
        note_people,
        PersonChanged(
            user="104",
            version=2,
            kind=UserKind.STUDENT,
            given_name="Özlem",
            prefix="",
            family_name="Visser",
        ),
    )
    for code in ("101", "102", "104"):
        await delete_enrolment(portal, school, code)
    assert await leftovers(portal, params={"q": "ozlem"}) == [("104", ACCOUNT), ("104", GHOST)]
    assert await leftovers(portal, params={"q": "102"}) == [("102", GHOST)]
    seen, cursor = [], None
    while True:
        query = {"limit": 1} | ({"cursor": cursor} if cursor else {})
        page = (await portal.get("/leftovers", params=query)).json()
        seen += [(item["student"], item["kind"]) for item in page["items"]]
        assert page["counts"] == dict.fromkeys(KINDS, 0) | {GHOST: 3, ACCOUNT: 1}
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == [("101", GHOST), ("102", GHOST), ("104", ACCOUNT), ("104", GHOST)]
    assert (await portal.get("/leftovers", params={"kind": "other"})).status_code == 422


async def test_repair_is_one_departure_of_a_student_however_much_of_him_was_picked(
    portal, school, told, work
):
    await delete_enrolment(portal, school, "104")
    await told.archived("101")
    picked = [(ACCOUNT, "104"), (GHOST, "104", school.now["project"]), (ARCHIVED, "101"), (ARCHIVED, "101")]
    answer = await repair(portal, *picked)
    assert answer.status_code == 202, answer.text
    items = answer.json()["items"]
    assert [(i["kind"], i["student"], i["project"]) for i in items] == [
        (ACCOUNT, "104", None),
        (GHOST, "104", None),
        (ARCHIVED, "101", None),
    ]
    batch = answer.json()["batch"]
    found = (await portal.get("/departures", params={"batch": batch})).json()["items"]
    assert {d["student"]: d["id"] for d in found} == {i["student"]: i["departure"] for i in items}
    assert {(d["reason"], d["prognoses"], d["state"]) for d in found} == {("left", "remove", "running")}
    assert sorted(c["student"] for c in await commands(work, DeleteStudent)) == ["101", "104"]
    assert await commands(work, ClearStudent) == []
    assert await leftovers(portal) == []


async def test_who_departed_before_may_do_so_again(portal, school, told, sql):
    await portal.post("/departures", json={"students": ["104"], "reason": "left"})
    await eventually(lambda: _nothing(portal, "/students/104"))
    await sql("UPDATE departure SET state = 'completed', completed_at = now()")
    assert await leftovers(portal) == [("104", ACCOUNT), ("104", GHOST)]
    refused = await portal.post("/departures", json={"students": ["104"], "reason": "left"})
    assert refused.json()["code"] == "already_departed"
    assert (await repair(portal, (GHOST, "104"))).status_code == 202


async def _nothing(portal, path):
    return (await portal.get(path)).json()["enrolments"] == []


async def test_a_ghost_who_is_still_enrolled_there_is_cleared_from_that_project_alone(
    portal, school, told, work
):
    await delete_enrolment(portal, school, "101")  # his prognosis stays
    await told.in_desktop("101", school.now | {"project": 998})
    [item] = (await portal.get("/leftovers")).json()["items"]
    assert item["projects"] == [school.now["project"], 998]
    one = await repair(portal, (GHOST, "101", 998))
    assert one.status_code == 202, one.text
    assert one.json() == {
        "batch": None,
        "items": [{"kind": GHOST, "student": "101", "departure": None, "project": 998}],
    }
    [command] = await commands(work, ClearStudent)
    assert command | {"as_of": None} == {
        "student": "101",
        "project": 998,
        "as_of": None,
        "requested_by": "manager",
    }
    both = (await repair(portal, (GHOST, "101"))).json()["items"]
    assert [item["project"] for item in both] == [school.now["project"], 998]
    assert await commands(work, DeleteStudent) == []
    # Whose account is archived leaves, and his ghost with him.
    await told.archived("101")
    items = (await repair(portal, (PROGNOSIS, "101"), (GHOST, "101"))).json()["items"]
    assert [item["project"] for item in items] == [None, None]
    assert items[0]["departure"] == items[1]["departure"]


async def test_what_is_no_leftover_any_more_stops_all_of_it(portal, school, told, work):
    await told.archived("101")
    answer = await repair(portal, (ARCHIVED, "101"), (GHOST, "102"), (ARCHIVED, "999"), (GHOST, "101", 5))
    assert (answer.status_code, answer.json()["code"]) == (409, "not_left_over")
    assert answer.json()["params"]["items"] == [
        {"kind": GHOST, "student": "102", "project": None},
        {"kind": ARCHIVED, "student": "999", "project": None},
        {"kind": GHOST, "student": "101", "project": 5},
    ]
    assert await commands(work, DeleteStudent) == []
    assert await leftovers(portal) == [("101", ARCHIVED)]


@pytest.mark.parametrize("project", ["7", True, 0, 2**63])
async def test_project_that_is_no_id_is_no_input(portal, told, project):
    answer = await repair(portal, (GHOST, "101", project))
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")


async def test_many_at_once_need_a_confirmation_and_a_key_acts_once(portal, told, work):
    year = clock.school_year_of(clock.today())
    codes = [str(code) for code in range(300, 326)]
    await portal.post("/imports/project", json=project_input("V4", year, codes))
    for code in codes:
        await told.archived(code)
    picked = [(ARCHIVED, code) for code in codes]
    refused = await repair(portal, *picked)
    assert (refused.status_code, refused.json()["code"]) == (409, "threshold_exceeded")
    body = {"items": [{"kind": ARCHIVED, "student": code} for code in codes], "confirm_threshold": True}
    headers = {"Idempotency-Key": "repair-all"}
    first = await portal.post("/leftovers/repair", json=body, headers=headers)
    again = await portal.post("/leftovers/repair", json=body, headers=headers)
    assert first.status_code == again.status_code == 202
    assert first.json() == again.json()
    assert len({c["student"] for c in await commands(work, DeleteStudent)}) == 26


async def test_statements_do_not_grow_with_the_students(portal, told, work, engine):
    year = clock.school_year_of(clock.today())
    codes = [str(code) for code in range(300, 350)]
    await portal.post("/imports/project", json=project_input("V4", year, codes))
    for code in codes:
        await told.archived(code)
    counts = []
    for few in (codes[:1], codes[1:]):
        with counted_statements(engine) as statements:
            async with work() as uow:
                picks = [Pick(LeftoverKind(ARCHIVED), StudentCode(code)) for code in few]
                everything = Scope(everything=True)
                _, repairs = await repair_leftovers(
                    uow, picks, everything, requested_by=UserCode("m"), threshold=25, threshold_confirmed=True
                )
                await uow.commit()
        assert len(repairs) == len(few)
        counts.append(len(statements))
    assert counts[0] == counts[1]


async def test_a_page_of_200_takes_a_fixed_number_of_statements(portal, told, work, engine):
    year = clock.school_year_of(clock.today())
    codes = [str(code) for code in range(300, 350)]
    await portal.post("/imports/project", json=project_input("V4", year, codes))
    await told.people(*codes)
    await told.react(note_presence, *(told.listed(code, project=997) for code in codes))
    with counted_statements(engine) as statements:
        async with work() as uow:
            keyset = uow.leftovers.keyset(200, None)
            rows = await uow.leftovers.page(keyset, Scope(everything=True), Filters())
    assert len(rows) == 50
    assert len(statements) == 1
