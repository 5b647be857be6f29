"""Of a student's history an office sees what happened at its own branches, and what is of the person."""

from importlib import import_module

import pytest
from sqlalchemy import select, text

from portal.features.departure_results import record_taken_back
from portal.features.history_told import note_account_changes, note_desk_changes, note_person_changes
from portal.models.history_entry import HistoryEntry
from shared import clock
from shared.contracts.facts import (
    AccountArchived,
    AccountRestored,
    DeskChange,
    PersonChanged,
    StudentRestored,
)
from shared.contracts.rights import Role
from shared.contracts.values import DeskAct, UserKind
from tests.portal.test_home_class import groups_of
from tests.portal.test_leftovers import Told
from tests.portal.test_student_history import heard
from tests.portal.test_undo import depart
from tests.support.eventually import eventually
from tests.support.school import project_input

NAME = {"given_name": "Jan", "prefix": "", "family_name": "Berg"}


@pytest.fixture
def told(work, school):
    return Told(work, school)


@pytest.fixture
async def elsewhere(portal, school):
    """Student 101 has a prognosis at another branch too, which leads its own home classes."""
    file = project_input("H5", school.year + 1, ["101"], school="ISW", branch="WE", authority="portal")
    return (await portal.post("/imports/project", json=file)).json()


def office(house, place):
    return {"Authorization": f"Bearer {house.token('off', {Role.STUDENT_OFFICE: [place['branch']]})}"}


async def seen(portal, headers=None, student="101", **params):
    answer = await portal.get(f"/students/{student}/history", headers=headers, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def places(work, student="101"):
    async with work() as uow:
        query = select(HistoryEntry).where(HistoryEntry.student_code == student)
        entries = await uow.session.scalars(query.order_by(HistoryEntry.id))
        return [(entry.what, entry.school_id, entry.branch_id) for entry in entries]


@pytest.fixture
async def busy(portal, school, elsewhere, told):
    """Something of each kind happened to him, here and elsewhere."""
    change = DeskChange(act=DeskAct.HAND, by="tim", differences=[])
    await told.react(note_desk_changes, heard(told.listed("101", change=change, at=clock.now())))
    person = PersonChanged(user="101", version=2, kind=UserKind.STUDENT, fields=["street"], **NAME)
    await told.react(note_person_changes, heard(person))
    archived = AccountArchived(user="101", version=3, session_version=3, at=clock.now())
    await told.react(note_account_changes, heard(archived))
    await portal.delete(f"/enrolments/{school.later['enrolments']['101']}")
    groups = await groups_of(portal, next(iter(elsewhere["departments"].values())))
    for code in ("H5b", None):
        body = {"group": groups[code] if code else None}
        path = f"/enrolments/{elsewhere['enrolments']['101']}/home-class"
        assert (await portal.put(path, json=body)).status_code == 200


async def test_each_office_sees_its_own_and_what_is_of_the_person(busy, house, portal, school, elsewhere):
    everything = [entry["what"] for entry in await seen(portal)]
    there = [entry["what"] for entry in await seen(portal, office(house, elsewhere))]
    here = [entry["what"] for entry in await seen(portal, office(house, school.now))]

    assert there == ["home_class", "home_class", "account", "person", "enrolment_added"]
    assert here == [
        "enrolment_removed",
        "account",
        "person",
        "desktop",
        "enrolment_added",
        "enrolment_added",
    ]
    assert sorted([*here, *there]) == sorted([*everything, "account", "person"])
    assert [e["what"] for e in await seen(portal, office(house, elsewhere), what="desktop")] == []


async def test_each_entry_says_where(busy, elsewhere, work, sql):
    there = (elsewhere["school"], elsewhere["branch"])

    written = await places(work)

    assert {place[1:] for place in written if place[0] == "home_class"} == {there}
    assert None not in {branch for _, _, branch in written}
    assert [what for what, *place in written if tuple(place) != there] == [
        "enrolment_added",
        "enrolment_added",
        "desktop",
        "person",
        "account",
        "enrolment_removed",
    ]
    await sql("UPDATE history_entry SET school_id = NULL, branch_id = NULL")
    await sql(import_module("portal.migrations.versions.0011_whose_history").PLACES)
    assert await places(work) == written


async def test_of_who_is_not_at_school_yet_there_is_no_branch(house, portal, school, told, work):
    person = PersonChanged(user="700", version=1, kind=UserKind.STUDENT, fields=["street"], **NAME)
    await told.react(note_person_changes, heard(person))
    await portal.post("/imports/project", json=project_input("H4", school.year, ["700"]))

    assert await places(work, "700") == [
        ("person", None, None),
        ("enrolment_added", school.now["school"], school.now["branch"]),
    ]
    assert len(await seen(portal, office(house, school.now), "700")) == 2


async def test_what_happened_elsewhere_is_not_taken_back_here(busy, house, portal, school, elsewhere):
    newest = (await seen(portal, what="home_class"))[0]["id"]
    path = f"/students/101/history/{newest}/undo"

    answers = [await portal.post(path, headers=office(house, place)) for place in (school.now, elsewhere)]

    assert [answer.status_code for answer in answers] == [404, 200]


async def test_who_undid_a_departure_is_named_in_all_of_it(house, portal, school, told, work):
    [departure] = await depart(portal, "101")
    path = f"/departures/{departure['id']}/undo"
    assert (await portal.post(path, headers=office(house, school.now))).status_code == 202
    step = {"departure": departure["id"], "epoch": 1, "at": clock.now()}
    account = AccountRestored(user="101", version=2, session_version=2, **step)
    desktop = StudentRestored(student="101", projects=[school.now["project"]], placements=3, **step)
    await told.react(record_taken_back, heard(account))
    await told.react(record_taken_back, heard(desktop))

    async def undone():
        return (await portal.get(f"/departures/{departure['id']}")).json()["state"] == "undone"

    await eventually(undone, what="the departure undone")
    entries = await seen(portal)
    back = entries[: [entry["what"] for entry in entries].index("enrolment_removed")]
    assert {
        (entry["what"], entry["by"]) for entry in back if (entry["after"] or {}).get("state") != "running"
    } == {
        ("departure", "off"),
        ("enrolment_added", "off"),
        ("desktop", "off"),
    }
    async with work() as uow:
        asked = await uow.session.scalars(
            text("SELECT DISTINCT body->>'requested_by' FROM outbox WHERE type LIKE '%.restore.v1'")
        )
        assert list(asked) == ["off"]
