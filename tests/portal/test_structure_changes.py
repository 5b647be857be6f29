"""Departments, groups and subjects in the year, and what their going does to students."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.features.dissolution import dissolution_of_subject, dissolve
from portal.models.history_entry import HistoryEntry
from shared import clock
from shared.contracts.facts import StudentPlaced
from shared.contracts.ids import SubjectId
from shared.contracts.rights import Role
from shared.messaging.tables import audit, outbox
from shared.runtime.access import Scope
from tests.portal.test_enrolling import department_of
from tests.portal.test_undo import enrolments_of
from tests.support.counting import counted_statements
from tests.support.school import project_input

ANY = {"If-Match": "*"}


@pytest.fixture
def here(school):
    return department_of(school.now)


@pytest.fixture
def groups(school):
    return {part["code"]: f"/groups/{part['id']}" for part in school.now["groups"]}


async def subjects_of(portal, department):
    listed = (await portal.get("/subjects", params={"department": department})).json()["items"]
    return {subject["code"]: subject for subject in listed}


async def history_of(work, student):
    async with work() as uow:
        query = select(HistoryEntry).where(HistoryEntry.student_code == student).order_by(HistoryEntry.id)
        return [(e.what.value, e.before, e.after) for e in await uow.session.scalars(query)]


async def placed_since(work, act):
    async def ids(uow):
        query = select(outbox.c.body).where(outbox.c.type == StudentPlaced.type).order_by(outbox.c.id)
        return [body["student"] for body in await uow.session.scalars(query)]

    async with work() as uow:
        before = len(await ids(uow))
    answer = await act
    async with work() as uow:
        return answer, (await ids(uow))[before:]


async def test_a_department_of_a_branch_is_added_with_its_groups_and_subjects(portal, school, work):
    place = {"project": school.now["project"], "branch": school.now["branch"]}
    body = place | {"code": "H5", "name": "Havo 5", "home_class_authority": "portal"}
    made = await portal.post("/departments", json=body)
    assert made.status_code == 201, made.text
    department = made.json()
    assert made.headers["Location"] == f"/departments/{department['id']}"
    assert department == body | {"id": department["id"], "enrolled": 0, "version": 1}

    subject = {"department": department["id"], "code": "fa", "name": "Frans"}
    assert (await portal.post("/subjects", json=subject)).status_code == 201
    group = {"department": department["id"], "code": "fa1", "name": "Frans 1", "is_home_class": False}
    cluster = await portal.post("/groups", json=group | {"subject": "fa", "hard_max": 20})
    assert cluster.status_code == 201, cluster.text
    assert (await portal.get(cluster.headers["Location"])).json() == cluster.json()

    for where, again in (("departments", body), ("subjects", subject), ("groups", group)):
        refused = await portal.post(f"/{where}", json=again)
        assert (refused.status_code, refused.json()["code"]) == (409, "code_in_use")
    unknown = await portal.post("/groups", json=group | {"code": "du1", "subject": "du"})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "unknown_subject")
    nowhere = await portal.post("/departments", json=body | {"code": "H6", "branch": 10**9})
    assert nowhere.status_code == 404
    async with work() as uow:
        actions = set(await uow.session.scalars(select(audit.c.action)))
        assert actions >= {"department.add", "subject.add", "group.add"}


async def test_a_group_gets_another_name_code_and_size_as_it_was_seen(portal, groups):
    path = groups["H4a"]
    assert (await portal.patch(path, json={"name": "Klas A"})).status_code == 428
    first = await portal.patch(path, json={"name": "A", "hard_max": None}, headers={"If-Match": '"1"'})
    assert first.status_code == 200, first.text
    shown = first.json()
    assert (shown["name"], shown["soft_max"], shown["hard_max"]) == ("A", 30, None)
    assert (shown["size"], first.headers["ETag"]) == (2, '"2"')
    stale = await portal.patch(path, json={"name": "B"}, headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    taken = await portal.patch(path, json={"code": "H4b"}, headers=ANY)
    assert (taken.status_code, taken.json()["code"]) == (409, "code_in_use")


async def test_the_cluster_groups_of_a_subject_follow_its_code(portal, here, groups):
    subject = (await subjects_of(portal, here))["wisA"]
    path = f"/subjects/{subject['id']}"
    answer = await portal.patch(path, json={"code": "wisB"}, headers=ANY)
    assert (answer.status_code, answer.json()["chosen"], answer.json()["version"]) == (200, 4, 2)
    assert (await portal.get(groups["wisA.H4"])).json()["subject"] == "wisB"
    assert (await portal.patch(path, json={"code": "biol"}, headers=ANY)).json()["code"] == "code_in_use"


async def test_an_import_that_changes_a_group_raises_its_version(portal, school, groups):
    file = project_input("H4", school.year, [])
    await portal.post("/imports/project", json=file)
    assert (await portal.get(groups["H4a"])).json()["version"] == 1
    file["groups"][0]["hard_max"] = 40
    await portal.post("/imports/project", json=file)
    assert (await portal.get(groups["H4a"])).json()["version"] == 2


async def test_dissolving_a_home_class_shows_first_who_loses_it(portal, school, work, groups):
    path = groups["H4a"]
    look = (await portal.get(f"{path}/dissolution", params={"limit": 1})).json()
    assert look["students"] == 2
    assert look["counts"] == {"home_class": 2, "membership": 0, "choice": 0, "enrolment": 0}
    rest = await portal.get(f"{path}/dissolution", params={"limit": 1, "cursor": look["next"]})
    assert [loss["student"] for loss in look["items"] + rest.json()["items"]] == ["101", "103"]

    refused = await portal.delete(path)
    assert (refused.status_code, refused.json()["code"]) == (409, "in_use")
    assert refused.json()["params"] == {"count": 2}
    answer, placed = await placed_since(work, portal.delete(path, params={"confirm": True}))

    assert (answer.status_code, placed) == (204, ["101", "103"])
    assert (await portal.get(path)).status_code == 404
    enrolments = await enrolments_of(portal, "101")
    assert [(e["home_class"], len(e["groups"])) for e in enrolments if e["kind"] == "enrolment"] == [
        (None, 2)
    ]
    entry = await history_of(work, "101")
    gone = {"home_class": int(path.rpartition("/")[2]), "code": "H4a"}
    assert entry[-1] == ("home_class", gone, {"home_class": None, "code": None})


async def test_a_subject_goes_with_its_cluster_groups(portal, school, work, here, groups):
    subject = (await subjects_of(portal, here))["wisA"]
    path = f"/subjects/{subject['id']}"
    look = (await portal.get(f"{path}/dissolution")).json()
    assert (look["students"], look["counts"]["membership"], look["counts"]["choice"]) == (4, 4, 4)
    assert (await portal.delete(path)).json()["params"] == {"count": 4}

    answer, placed = await placed_since(work, portal.delete(path, params={"confirm": True}))

    assert (answer.status_code, placed) == (204, ["101", "102", "103", "104"])
    assert "wisA" not in await subjects_of(portal, here)
    assert (await portal.get(groups["wisA.H4"])).status_code == 404
    [enrolment] = await enrolments_of(portal, "104")
    assert enrolment["choice_package"] == ["biol"]
    assert [group["code"] for group in enrolment["groups"]] == ["biol.H4"]
    assert {entry[0] for entry in await history_of(work, "104")} == {"enrolment_added", "groups"}


async def test_what_nobody_has_goes_at_once(portal, here):
    subject = (await subjects_of(portal, here))["netl"]
    assert (await portal.delete(f"/subjects/{subject['id']}")).status_code == 204


async def test_a_department_goes_only_when_nobody_is_enrolled_there(portal, school, here):
    look = (await portal.get(f"/departments/{here}/dissolution")).json()
    assert (look["students"], look["counts"]["enrolment"]) == (4, 4)
    refused = await portal.delete(f"/departments/{here}", params={"confirm": True})
    assert (refused.status_code, refused.json()["code"]) == (409, "in_use")
    for enrolment in school.now["enrolments"].values():
        await portal.delete(f"/enrolments/{enrolment}")
    assert (await portal.delete(f"/departments/{here}")).status_code == 204
    assert (await portal.get(f"/departments/{here}")).status_code == 404
    assert (await portal.get("/groups", params={"department": here})).json()["items"] == []


async def test_a_running_departure_holds_it_up(portal, school, groups, sql):
    tomorrow = (clock.today() + timedelta(days=1)).isoformat()
    body = {"students": ["102"], "reason": "left", "leaves_on": tomorrow}
    await portal.post("/departures", json=body)
    await sql("UPDATE departure SET state = 'running'")
    refused = await portal.delete(groups["biol.H4"], params={"confirm": True})
    assert (refused.status_code, refused.json()["code"]) == (409, "departure_running")
    assert (await portal.get(groups["biol.H4"])).json()["size"] == 4


async def test_statements_do_not_grow_with_students(portal, school, work, engine):
    def dissolving(subject):
        async def run():
            async with work() as uow:
                what = await dissolution_of_subject(uow, SubjectId(subject), Scope(everything=True))
                with counted_statements(engine) as statements:
                    await dissolve(uow, what, confirmed=True)
                    await uow.commit()
                return len(statements)

        return run()

    few = (await subjects_of(portal, department_of(school.now)))["wisA"]["id"]
    many = [str(code) for code in range(300, 340)]
    large = (await portal.post("/imports/project", json=project_input("V4", school.year, many))).json()
    lots = (await subjects_of(portal, large["departments"]["V4"]))["wisA"]["id"]
    assert await dissolving(few) == await dissolving(lots)


@pytest.mark.parametrize("role", [Role.STUDENT_OFFICE, Role.TIMETABLER])
async def test_others_read_the_structure_and_do_not_change_it(house, portal, school, groups, role):
    here = department_of(school.now)
    own = {"Authorization": f"Bearer {house.token('x', {role: [school.now['branch']]})}"} | ANY
    foreign = {"Authorization": f"Bearer {house.token('x', {Role.APPLICATION_MANAGER: [10**6]})}"} | ANY
    subject = f"/subjects/{(await subjects_of(portal, here))['wisA']['id']}"
    paths = (groups["H4a"], subject, f"/departments/{here}")
    for path in paths:
        assert (await portal.get(path, headers=own)).status_code == 200
        for method, more in (("PATCH", {"json": {"name": "x"}}), ("DELETE", {})):
            assert (await portal.request(method, path, headers=own, **more)).status_code == 403
            assert (await portal.request(method, path, headers=foreign, **more)).status_code == 404
        assert (await portal.get(f"{path}/dissolution", headers=own)).status_code == 403
        assert (await portal.get(f"{path}/dissolution", headers=foreign)).status_code == 404


async def test_a_year_that_is_over_is_history(portal, school):
    past = (await portal.post("/imports/project", json=project_input("H3", school.year - 1, ["105"]))).json()
    path = f"/groups/{past['groups'][0]['id']}"
    assert (await portal.get(path)).status_code == 200
    assert (await portal.patch(path, json={"name": "x"}, headers=ANY)).status_code == 404
    assert (await portal.delete(path, params={"confirm": True})).status_code == 404
    group = {"department": department_of(past), "code": "H3z", "name": "H3z", "is_home_class": True}
    assert (await portal.post("/groups", json=group)).status_code == 404


async def test_a_code_is_no_blank_and_a_warning_comes_before_full(portal, here, groups):
    group = {"department": here, "name": "Havo 4 z", "is_home_class": True}
    for code in ("  ", " H4z", "H4z\n"):
        refused = await portal.post("/groups", json=group | {"code": code})
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid_input"), code
    above = await portal.post("/groups", json=group | {"code": "H4z", "soft_max": 9, "hard_max": 3})
    assert (above.status_code, above.json()["code"]) == (422, "soft_max_above_hard_max")
    path = next(iter(groups.values()))
    above = await portal.patch(path, json={"soft_max": 9, "hard_max": 3}, headers=ANY)
    assert (above.status_code, above.json()["code"]) == (422, "soft_max_above_hard_max")
    assert (await portal.get(path)).json()["hard_max"] != 3
