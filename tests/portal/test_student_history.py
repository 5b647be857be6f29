"""The history of a student: who changed what of him, in every service."""

from datetime import UTC, datetime

import pytest

from portal.features.history_told import note_account_changes, note_desk_changes, note_person_changes
from shared.contracts.facts import (
    AccountArchived,
    AccountRestored,
    DeskChange,
    Difference,
    PersonChanged,
)
from shared.contracts.message import Envelope
from shared.contracts.rights import Role
from shared.contracts.values import DeskAct, UserKind
from shared.ids import new_id
from tests.portal.test_enrolling import department_of, enrol, gone
from tests.portal.test_leftovers import Told
from tests.portal.test_undo import undo
from tests.support.counting import counted_statements
from tests.support.school import project_input

LATER = datetime(2040, 1, 1, tzinfo=UTC)


async def history(portal, student="101", **params):
    answer = await portal.get(f"/students/{student}/history", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def kinds(portal, student="101", **params):
    return [entry["what"] for entry in (await history(portal, student, **params))["items"]]


@pytest.fixture
def told(work, school):
    return Told(work, school)


def heard(fact):
    fact.arrived(Envelope(id=new_id(), correlation_id="theirs"))
    return fact


async def test_what_the_portal_does_is_written_newest_first_and_paged(portal, school):
    enrolment = school.now["enrolments"]["104"]
    await portal.delete(f"/enrolments/{enrolment}")
    made = (await enrol(portal, "104", department_of(school.now))).json()["enrolment"]["id"]

    first = await history(portal, "104", limit=1)
    rest = await history(portal, "104", cursor=first["next"])

    [added], [removed, imported] = first["items"], rest["items"]
    assert (added["what"], added["enrolment"], added["by"]) == ("enrolment_added", made, "manager")
    assert (added["service"], added["before"], added["after"]["code"]) == ("portal", None, "H4")
    assert (removed["what"], removed["enrolment"]) == ("enrolment_removed", enrolment)
    assert (imported["what"], imported["undoable"], rest["next"]) == ("enrolment_added", False, None)
    assert await kinds(portal, "104", what="enrolment_removed") == ["enrolment_removed"]


async def test_a_departure_says_how_far_it_came_and_what_it_took(portal, school, sql):
    departure = await gone(portal, sql, "104", days=1)
    await undo(portal, departure)

    entries = (await history(portal, "104"))["items"]

    assert [entry["what"] for entry in entries] == [
        "enrolment_added",
        "departure",
        "enrolment_removed",
        "departure",
        "enrolment_added",
    ]
    assert [entry["after"]["state"] for entry in entries if entry["what"] == "departure"] == [
        "undoing",
        "running",
    ]
    assert entries[0]["enrolment"] == entries[2]["enrolment"] == school.now["enrolments"]["104"]
    assert entries[2]["by"] == "manager"
    assert entries[1]["reason"] == "left"


async def test_an_import_writes_one_entry_for_who_changed(portal, school):
    before = await kinds(portal)
    file = project_input("H4", school.year, ["102", "101", "103", "104"])
    file["students"][1]["groups"] = []
    await portal.post("/imports/project", json=file)
    newest, *others = (await history(portal))["items"]
    assert (newest["what"], len(others)) == ("groups", len(before))
    assert newest["before"]["home_class"] != newest["after"]["home_class"]
    assert (len(newest["before"]["groups"]), newest["after"]["groups"]) == (2, [])
    await portal.post("/imports/project", json=file)
    assert len(await kinds(portal)) == len(before) + 1


async def test_of_a_person_the_names_of_the_fields(portal, school, told):
    name = {"given_name": "Jan", "prefix": "", "family_name": "Berg"}
    changed = {"user": "101", "version": 2, "kind": UserKind.STUDENT} | name
    facts = [
        heard(PersonChanged(**changed, fields=["street"], by="off", at=LATER)),
        heard(PersonChanged(**changed)),
        heard(PersonChanged(**changed | {"user": "s1", "kind": UserKind.STAFF}, fields=["email"])),
    ]
    await told.react(note_person_changes, *facts)

    newest = (await history(portal))["items"][0]

    assert (newest["what"], newest["service"], newest["by"]) == ("person", "users", "off")
    assert (newest["fields"], newest["before"], newest["after"]) == (["street"], None, None)
    assert (newest["message"], newest["correlation_id"]) == (str(facts[0].envelope.id), "theirs")
    assert (await kinds(portal)).count("person") == 1


async def test_of_an_account_whether_he_can_log_in(portal, told):
    session = {"version": 2, "session_version": 2, "at": LATER}
    await told.react(
        note_account_changes,
        heard(AccountArchived(user="101", by="off", **session)),
        heard(AccountArchived(user="101", changed=False, **session)),
        heard(AccountArchived(user="nobody", **session)),
    )
    await told.react(note_account_changes, heard(AccountRestored(user="101", **session)))
    entries = [entry for entry in (await history(portal))["items"] if entry["what"] == "account"]
    assert [(entry["by"], entry["after"]) for entry in entries] == [
        ("users", {"archived": False}),
        ("off", {"archived": True}),
    ]


async def test_of_the_desktop_what_was_done_and_why(portal, told):
    difference = Difference(what="group:wisA", before="wisA1", after=None)
    change = DeskChange(act=DeskAct.HAND, by="tim", differences=[difference], reason="botst met gym")
    await told.react(
        note_desk_changes,
        heard(told.listed("101", change=change, at=LATER)),
        heard(told.listed("101")),
    )
    entries = [entry for entry in (await history(portal))["items"] if entry["what"] == "desktop"]
    [entry] = entries
    assert (entry["service"], entry["by"], entry["reason"]) == ("desktop", "tim", "botst met gym")
    assert (entry["before"]["group:wisA"], entry["after"]["group:wisA"]) == ("wisA1", None)


async def test_the_newest_change_of_a_kind_can_be_taken_back_once(portal, school):
    await portal.post("/imports/project", json=project_input("B1", school.year, ["500"], authority="portal"))
    [enrolment] = (await portal.get("/students/500")).json()["enrolments"]
    groups = (await portal.get("/groups", params={"department": enrolment["department"]["id"]})).json()
    ids = {group["code"]: group["id"] for group in groups["items"]}
    for code in ("B1b", "B1a"):
        await portal.put(f"/enrolments/{enrolment['id']}/home-class", json={"group": ids[code]})

    newest, older, _ = (await history(portal, "500"))["items"]
    assert (newest["what"], newest["undoable"], older["undoable"]) == ("home_class", True, False)
    undone = await portal.post(f"/students/500/history/{newest['id']}/undo")
    assert undone.status_code == 200, undone.text

    back, newest, older, _ = (await history(portal, "500"))["items"]
    assert (newest["undoable"], newest["undone_by"]) == (False, back["id"])
    assert (back["undoable"], older["undoable"]) == (False, True)


async def test_a_page_takes_as_many_statements_as_one_entry(portal, school, portal_app):
    enrolment = school.now["enrolments"]["104"]
    for _ in range(3):
        await portal.delete(f"/enrolments/{enrolment}")
        enrolment = (await enrol(portal, "104", department_of(school.now))).json()["enrolment"]["id"]
    counts = []
    for limit in (1, 50):
        with counted_statements(portal_app.state.road.engine) as statements:
            await history(portal, "104", limit=limit)
        # What the service's loops ask meanwhile does not count.
        asked = ("history_entry", "FROM enrolment", "FROM department", "FROM subject", '"group"')
        counts.append(sum(any(table in statement for table in asked) for statement in statements))
    assert counts == [10, 10]


async def test_who_may_not_see_him_sees_no_history(house, portal, school):
    def headers(role, branch):
        return {"Authorization": f"Bearer {house.token('x', {role: [branch]})}"}

    here, elsewhere = school.now["branch"], school.now["branch"] + 1000
    path = "/students/101/history"
    for role in (Role.STUDENT_OFFICE, Role.TIMETABLER):
        assert (await portal.get(path, headers=headers(role, here))).status_code == 200
        assert (await portal.get(path, headers=headers(role, elsewhere))).status_code == 404
    assert (await portal.get(path, headers=headers(Role.MENTOR, here))).status_code == 403
    assert (await portal.get("/students/nonsense/history")).status_code == 404
    assert (await portal.get(path, params={"cursor": "WyJ4IiwieSJd"})).status_code == 422
