"""A student changes department: the enrolment is replaced, the groups go, a checklist says what follows."""

import asyncio
from itertools import product
from types import SimpleNamespace
from uuid import uuid4

import pytest

from portal.features.department_change import change_departments
from portal.features.department_checklist import close_upload_steps, note_desktop
from portal.features.department_outlook import DepartmentWish
from portal.features.desktop_presence import note_presence
from portal.features.placement_upload import bring_placements
from portal.models.department_change import FollowUp, follow_ups_of
from portal.models.ended_enrolment import EndedEnrolment
from shared import clock
from shared.contracts.changes import DepartmentChanged
from shared.contracts.copies import BringPlacements, Seating, UploadRow
from shared.contracts.facts import StudentListed, StudentPlaced
from shared.contracts.rights import Role
from shared.contracts.values import Authority, PackagePolicy
from shared.runtime.access import Scope
from tests.portal.test_home_class import class_of, departing, entries, groups_of, load, said
from tests.support.counting import counted_statements
from tests.support.school import project_input

PORTAL, DESKTOP = Authority.PORTAL, Authority.DESKTOP


@pytest.mark.parametrize(
    ("authority", "clusters", "package", "steps"),
    [
        (PORTAL, False, False, ["home_class", "take_over"]),
        (PORTAL, False, True, ["choice_package", "home_class", "take_over"]),
        (PORTAL, True, False, ["home_class", "take_over", "placement", "upload"]),
        (PORTAL, True, True, ["choice_package", "home_class", "take_over", "placement", "upload"]),
        (DESKTOP, False, False, ["take_over", "placement", "upload"]),
        (DESKTOP, False, True, ["choice_package", "take_over", "placement", "upload"]),
        (DESKTOP, True, False, ["take_over", "placement", "upload"]),
        (DESKTOP, True, True, ["choice_package", "take_over", "placement", "upload"]),
    ],
)
def test_what_follows(authority, clusters, package, steps):
    assert follow_ups_of(authority, has_cluster_groups=clusters, has_package=package) == steps


def test_the_table_is_whole():
    assert len(list(product(Authority, (False, True), (False, True)))) == 8


@pytest.fixture
async def two(portal, school):
    """101 to 104 in H4, where the desktop leads; V4 with the same subjects, where the portal leads."""
    file = project_input("V4", school.year, ["201"], authority="portal")
    file["subjects"] = [one for one in file["subjects"] if one["code"] != "biol"]
    file["groups"] = [one for one in file["groups"] if one.get("subject") != "biol"]
    file["students"][0] |= {"groups": ["wisA.V4"], "choices": ["wisA"]}
    loaded = await portal.post("/imports/project", json=file)
    assert loaded.status_code == 200, loaded.text
    departments = loaded.json()["departments"]
    return SimpleNamespace(
        here=school.now["enrolments"],
        later=school.later["enrolments"],
        h4=school.now["departments"]["H4"],
        h5=school.later["departments"]["H5"],
        v4=departments["V4"],
        v4_groups=await groups_of(portal, departments["V4"]),
        branch=school.now["branch"],
        project=school.now["project"],
        school=school.now["school"],
        year=school.year,
    )


async def put(portal, enrolment, department, *, headers=None, **more):
    body = {"department": department} | more
    return await portal.put(f"/enrolments/{enrolment}/department", json=body, headers=headers)


async def change(portal, enrolment, department, **more):
    answer = await put(portal, enrolment, department, **{"choice_package": "keep"} | more)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def enrolments(portal, student):
    return (await portal.get(f"/students/{student}")).json()["enrolments"]


def steps_of(changed):
    return {step["step"]: step["state"] for step in changed["steps"]}


async def test_the_enrolment_is_replaced_and_the_groups_go(portal, two, work):
    [before, prognosis] = await enrolments(portal, "101")

    shown = await change(portal, two.here["101"], two.v4)

    made = shown["enrolment"]
    assert made["id"] != two.here["101"]
    assert (made["department"]["code"], made["home_class"], made["groups"]) == ("V4", None, [])
    assert (made["choice_package"], made["profile"]) == (["wisA"], "NG")
    assert shown["change"]["dropped"] == ["biol"]
    assert [group["code"] for group in shown["change"]["groups"]] == [g["code"] for g in before["groups"]]
    assert await enrolments(portal, "101") == [made, prognosis]
    async with work() as uow:
        ended = await uow.session.get(EndedEnrolment, two.here["101"])
        assert (ended.left_on, ended.reason) == (clock.today(), None)
    [fact] = await said(work, DepartmentChanged)
    assert (fact["before"], fact["enrolment"], fact["version"]) == (
        two.here["101"],
        made["id"],
        shown["version"],
    )
    told = {told["version"]: told for told in await said(work, StudentPlaced) if told["student"] == "101"}
    assert [e["id"] for e in told[shown["version"]]["enrolments"]] == [made["id"], prognosis["id"]]
    [entry] = await entries(work, "101")
    assert (entry.what, entry.before["code"], entry.after["code"]) == ("department", "H4", "V4")


async def test_wiping_leaves_neither_subjects_nor_profile(portal, two):
    shown = await change(portal, two.here["101"], two.v4, choice_package="wipe")

    assert (shown["enrolment"]["choice_package"], shown["enrolment"]["profile"]) == ([], None)
    assert (shown["enrolment"]["groups"], shown["change"]["dropped"]) == ([], [])


async def test_with_a_package_one_must_say_what_becomes_of_it(portal, two):
    answer = await put(portal, two.here["101"], two.v4)

    assert (answer.status_code, answer.json()["code"]) == (409, "choice_package_undecided")
    assert answer.json()["params"] == {"subjects": ["biol", "wisA"], "profile": "NG"}


async def test_preview_changes_nothing(portal, two, work):
    before = (await portal.get("/students/101")).json()

    answer = await portal.post(
        f"/enrolments/{two.here['101']}/department/preview", json={"department": two.v4}
    )

    assert answer.status_code == 200, answer.text
    shown = answer.json()
    assert (shown["choice_package"]["kept"], shown["choice_package"]["dropped"]) == (["wisA"], ["biol"])
    assert sorted(group["code"] for group in shown["groups"]) == ["biol.H4", "wisA.H4"]
    assert (shown["home_class"]["code"], shown["other_branch"], shown["other_school"]) == (
        "H4a",
        False,
        False,
    )
    assert shown["steps"] == ["choice_package", "home_class", "take_over", "placement", "upload"]
    assert (await portal.get("/students/101")).json() == before
    assert await entries(work, "101") == []


async def test_preview_judges_the_home_class_that_comes_with_it(portal, two, sql):
    path = f"/enrolments/{two.here['101']}/department/preview"
    fits = await portal.post(path, json={"department": two.v4, "home_class": two.v4_groups["V4b"]})
    await sql(f'UPDATE "group" SET hard_max = 0 WHERE id = {two.v4_groups["V4b"]}')
    full = await portal.post(path, json={"department": two.v4, "home_class": two.v4_groups["V4b"]})
    none = await portal.post(path, json={"department": two.v4, "home_class": two.v4_groups["wisA.V4"]})

    assert fits.status_code == 200, fits.text
    assert (full.status_code, full.json()["code"]) == (409, "class_full")
    assert (none.status_code, none.json()["code"]) == (422, "not_a_home_class_here")


async def test_a_home_class_may_come_with_it_where_the_portal_leads(portal, two):
    group = two.v4_groups["V4b"]
    shown = await change(portal, two.here["101"], two.v4, home_class=group)
    back = await put(portal, shown["enrolment"]["id"], two.h4, choice_package="keep", home_class=group)

    assert shown["enrolment"]["home_class"]["code"] == "V4b"
    assert steps_of(shown["change"])["home_class"] == "done"
    assert (back.status_code, back.json()["code"]) == (409, "desktop_is_leading")


async def test_a_prognosis_changes_department_too_and_leaves_no_history(portal, two, work):
    file = project_input("V5", two.year + 1, ["299"])
    v5 = (await portal.post("/imports/project", json=file)).json()["departments"]["V5"]

    shown = await change(portal, two.later["101"], v5)

    assert (shown["enrolment"]["kind"], shown["enrolment"]["department"]["code"]) == ("prognosis", "V5")
    async with work() as uow:
        assert await uow.session.get(EndedEnrolment, two.later["101"]) is None


async def test_what_is_refused(portal, two, sql):
    past = await load(portal, "H3", ["101"], year=two.year - 1)
    h3 = past["departments"]["H3"]
    await departing(portal, sql, "104")

    answers = {
        "same_department": await put(portal, two.here["101"], two.h4, choice_package="keep"),
        "other_school_year": await put(portal, two.here["101"], two.h5, choice_package="keep"),
        "departure_running": await put(portal, two.here["104"], two.v4, choice_package="keep"),
    }
    lost = [
        await put(portal, two.here["101"], h3, choice_package="keep"),
        await put(portal, past["enrolments"]["101"], two.v4, choice_package="keep"),
        await put(portal, 999999, two.v4),
        await put(portal, two.here["101"], 999999),
    ]

    assert [answer.json()["code"] for answer in answers.values()] == list(answers)
    assert [answer.status_code for answer in answers.values()] == [409, 422, 409]
    assert {answer.status_code for answer in lost} == {404}


async def test_another_branch_is_the_same_project_and_he_settles_there(house, portal, two):
    other = await load(portal, "H4", ["301"], branch="NZ")
    h4 = other["departments"]["H4"]
    office = {Role.STUDENT_OFFICE: [two.branch]}
    stranger = {"Authorization": f"Bearer {house.token('off', office)}"}
    refused = await put(portal, two.here["101"], h4, choice_package="keep", headers=stranger)

    shown = await change(portal, two.here["101"], h4)

    assert refused.status_code == 404
    assert shown["change"]["project"] == two.project
    assert (await portal.get("/students/101")).json()["branch"] == other["branch"] != two.branch


async def test_another_school_is_a_transfer_and_prognoses_stay(portal, two):
    other = await load(portal, "H4", ["301"], school="COL")

    shown = await change(portal, two.here["101"], other["departments"]["H4"])

    assert shown["change"]["school"] == other["school"] != two.school
    assert [e["school"] for e in await enrolments(portal, "101")] == [other["school"], two.school]
    assert (await portal.get("/students/101")).json()["school"] == other["school"]


async def test_who_is_enrolled_there_already_gets_no_second_one(portal, two):
    other = await load(portal, "H4", ["101"], school="COL")
    both = await enrolments(portal, "101")

    answer = await put(portal, both[0]["id"], other["departments"]["H4"], choice_package="keep")

    assert (answer.status_code, answer.json()["code"]) == (409, "already_enrolled")
    assert answer.json()["params"] == {"student": "101", "enrolment": other["enrolments"]["101"]}


@pytest.mark.parametrize(
    ("role", "status"),
    [(Role.APPLICATION_MANAGER, 200), (Role.STUDENT_OFFICE, 200), (Role.TIMETABLER, 200), (Role.DEAN, 403)],
)
async def test_who_may(house, portal, two, role, status):
    headers = {"Authorization": f"Bearer {house.token('who', {role: [two.branch]})}"}

    answer = await put(portal, two.here["101"], two.v4, choice_package="keep", headers=headers)

    assert answer.status_code == status


async def test_of_two_at_once_one_changes_him(portal, two):
    answers = await asyncio.gather(
        *(put(portal, two.here["101"], two.v4, choice_package=choice) for choice in ("keep", "wipe"))
    )

    assert sorted(answer.status_code for answer in answers) == [200, 404]
    assert len([e for e in await enrolments(portal, "101") if e["kind"] == "enrolment"]) == 1


async def post(portal, changes, **more):
    return await portal.post("/department-changes", json={"changes": changes}, **more)


async def test_a_list_changes_as_a_whole_or_not_at_all(portal, two):
    good = {"enrolment": two.here["101"], "department": two.v4, "choice_package": "keep"}
    bad = {"enrolment": two.here["102"], "department": two.v4}

    refused = await post(portal, [good, bad, good, good | {"enrolment": 999999}])
    done = await post(portal, [good, bad | {"choice_package": "wipe"}])

    assert (refused.status_code, refused.json()["code"]) == (422, "changes_refused")
    told = [(one["index"], one["code"]) for one in refused.json()["params"]["problems"]]
    assert told == [(1, "choice_package_undecided"), (2, "listed_twice"), (3, "not_found")]
    assert done.status_code == 200, done.text
    assert [item["student"] for item in done.json()["items"]] == ["101", "102"]


async def shown(portal, change_id):
    return (await portal.get(f"/department-changes/{change_id}")).json()


def listed(two, student="101", *, revision, department=None, project=None, present=True, **more):
    return StudentListed(
        student=student,
        project=project or two.project,
        school=two.school,
        school_year=two.year,
        branch=two.branch,
        revision=revision,
        present=present,
        department=department,
        **{"unplaced": []} | more,
    )


async def tell(work, *facts):
    async with work() as uow:
        await note_presence(uow, facts)
        await note_desktop(uow, facts)
        await uow.commit()


async def test_the_checklist_closes_by_itself(portal, two, work):
    made = await change(portal, two.here["101"], two.v4)
    enrolment, one = made["enrolment"]["id"], made["change"]["id"]
    assert set(steps_of(made["change"]).values()) == {"open"}
    assert list(steps_of(made["change"])) == [step.value for step in FollowUp]

    await portal.put(f"/enrolments/{enrolment}/choice-package", json={"subjects": ["wisA"], "profile": "NG"})
    assert steps_of(await shown(portal, one))["choice_package"] == "done"
    await portal.put(f"/enrolments/{enrolment}/home-class", json={"group": two.v4_groups["V4a"]})
    assert steps_of(await shown(portal, one))["home_class"] == "done"
    await tell(work, listed(two, revision=5, department=two.v4, unplaced=["wisA"]))
    assert steps_of(await shown(portal, one)) | {"take_over": "done"} == steps_of(await shown(portal, one))
    assert steps_of(await shown(portal, one))["placement"] == "open"
    await tell(work, listed(two, revision=6, department=two.v4))
    assert (await shown(portal, one))["state"] == "open"
    async with work() as uow:
        await close_upload_steps(uow, [enrolment])
        await uow.commit()

    assert set(steps_of(await shown(portal, one)).values()) == {"done"}
    assert (await shown(portal, one))["state"] == "done"


async def test_a_class_taken_away_again_opens_its_step(portal, two):
    made = await change(portal, two.here["101"], two.v4, home_class=two.v4_groups["V4a"])

    await portal.put(f"/enrolments/{made['enrolment']['id']}/home-class", json={"group": None})

    assert steps_of(await shown(portal, made["change"]["id"]))["home_class"] == "open"


async def test_a_class_that_is_dissolved_opens_its_step(portal, two):
    made = await change(portal, two.here["101"], two.v4, home_class=two.v4_groups["V4b"])

    gone = await portal.delete(f"/groups/{two.v4_groups['V4b']}", params={"confirm": True})

    assert gone.status_code == 204, gone.text
    assert steps_of(await shown(portal, made["change"]["id"]))["home_class"] == "open"


async def test_a_class_that_an_upload_brings_closes_its_step(portal, two, work, sql):
    """The portal led when he came, the desktop since."""
    made = await change(portal, two.here["101"], two.v4)
    await sql(f"UPDATE department SET home_class_authority = 'desktop' WHERE id = {two.v4}")
    row = UploadRow(
        student="101",
        enrolment=made["enrolment"]["id"],
        before=Seating(home_class=None, groups=[]),
        after=Seating(home_class=two.v4_groups["V4a"], groups=[]),
    )
    upload = BringPlacements(upload=uuid4(), part=0, project=two.project, requested_by="tim", rows=[row])

    async with work() as uow:
        await bring_placements(uow, [upload])
        await uow.commit()

    assert steps_of(await shown(portal, made["change"]["id"]))["home_class"] == "done"


async def test_an_older_word_of_the_desktop_closes_nothing(portal, two, work):
    await tell(work, listed(two, revision=9, department=two.h4))
    made = await change(portal, two.here["101"], two.v4)

    await tell(work, listed(two, revision=8, department=two.v4))
    assert steps_of(await shown(portal, made["change"]["id"]))["take_over"] == "open"
    await tell(work, listed(two, revision=10, department=two.v4, home_class=1))
    await tell(work, listed(two, revision=9, department=two.h4))
    assert steps_of(await shown(portal, made["change"]["id"]))["take_over"] == "done"


async def test_where_the_desktop_leads_he_is_placed_when_he_has_a_class_there(portal, two, work):
    away = await change(portal, two.here["101"], two.v4)
    back = (await change(portal, away["enrolment"]["id"], two.h4))["change"]["id"]

    await tell(work, listed(two, revision=1, department=two.h4))
    assert steps_of(await shown(portal, back))["placement"] == "open"
    await tell(work, listed(two, revision=2, department=two.h4, home_class=1))
    assert steps_of(await shown(portal, back))["placement"] == "done"


async def test_who_goes_back_before_the_desktop_took_him_over_is_there_still(portal, two, work):
    await tell(work, listed(two, revision=1, department=two.h4, home_class=1))
    away = await change(portal, two.here["101"], two.v4)

    back = await change(portal, away["enrolment"]["id"], two.h4)

    assert steps_of(away["change"])["take_over"] == "open"
    assert steps_of(back["change"]) == {
        "choice_package": "done",
        "take_over": "done",
        "placement": "done",
        "upload": "open",
    }


async def test_an_import_that_brings_a_class_closes_its_step(portal, two):
    made = await change(portal, two.here["101"], two.v4)

    file = project_input("V4", two.year, ["101"], authority="portal")
    assert (await portal.post("/imports/project", json=file)).status_code == 200

    assert steps_of(await shown(portal, made["change"]["id"]))["home_class"] == "done"


async def test_a_transfer_is_taken_over_when_he_is_gone_from_the_old_project(portal, two, work):
    other = await load(portal, "H4", ["301"], school="COL")
    there = other["departments"]["H4"]
    await tell(work, listed(two, revision=1, department=two.h4))
    made = (await change(portal, two.here["101"], there))["change"]["id"]

    await tell(work, listed(two, revision=1, project=other["project"], department=there))
    assert steps_of(await shown(portal, made))["take_over"] == "open"
    await tell(work, listed(two, revision=2, present=False))
    assert steps_of(await shown(portal, made))["take_over"] == "done"


async def test_a_change_is_overtaken_while_its_enrolment_is_gone(portal, two):
    first = await change(portal, two.here["101"], two.v4)
    second = await change(portal, first["enrolment"]["id"], two.h4)

    assert (await shown(portal, first["change"]["id"]))["state"] == "overtaken"
    for state, expected in (("overtaken", first), ("open", second)):
        found = (await portal.get("/department-changes", params={"state": state})).json()["items"]
        assert [one["id"] for one in found] == [expected["change"]["id"]]


async def test_changes_are_listed_by_student_and_department_in_pages(house, portal, two):
    made = [await change(portal, two.here[one], two.v4) for one in ("101", "102", "103")]

    first = (await portal.get("/department-changes", params={"limit": 2, "department": two.v4})).json()
    rest = (await portal.get("/department-changes", params={"cursor": first["next"]})).json()
    one = (await portal.get("/department-changes", params={"student": "102"})).json()["items"]
    stranger = {"Authorization": f"Bearer {house.token('o', {Role.STUDENT_OFFICE: [two.branch + 1]})}"}
    hidden = await portal.get(f"/department-changes/{made[0]['change']['id']}", headers=stranger)

    assert [c["id"] for c in first["items"] + rest["items"]] == [m["change"]["id"] for m in made]
    assert [c["id"] for c in one] == [made[1]["change"]["id"]]
    assert hidden.status_code == 404


async def test_statements_do_not_grow_with_the_students(portal, work, engine):
    students = [str(code) for code in range(1000, 1541)]
    here = await load(portal, "H4", students)
    there = (await load(portal, "V4", ["9"]))["departments"]["V4"]
    moving = [here["enrolments"][one] for one in students]
    counts = []
    for some in (moving[:1], moving[1:41], moving[41:541]):
        with counted_statements(engine) as statements:
            async with work() as uow:
                wishes = [DepartmentWish(one, there, PackagePolicy.KEEP) for one in some]
                await change_departments(uow, wishes, Scope(everything=True), refuse_full=True)
                await uow.commit()
        counts.append(len(statements))

    assert len(set(counts)) == 1, counts


async def test_he_has_no_class_there_yet(portal, two):
    made = await change(portal, two.here["104"], two.v4)

    assert await class_of(portal, "104") is None
    assert made["change"]["state"] == "open"
