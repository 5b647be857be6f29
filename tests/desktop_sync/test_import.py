"""One branch of a project comes in whole, once, and again without a change."""

import copy

import pytest

from shared.contracts.rights import Role
from tests.desktop_sync.desk import Desk
from tests.desktop_sync.imports import (
    B1,
    B1A,
    BRANCH,
    ECON1,
    ECON1_B1,
    ECON2,
    H4,
    PROJECT,
    branch,
    student_code,
)


async def test_a_project_comes_in_with_counted_sizes(desk: Desk) -> None:
    done = await desk.bring(branch(students=6))
    assert (done["revision"], done["updated"], done["removed"], done["departed"]) == (1, 0, 0, [])
    groups = {g["code"]: g for g in (await desk.get(f"/projects/{PROJECT}/groups"))["items"]}
    # 0..5 have netl; 0 and 3 wait for economics; 2 and 4 are in econ1, 1 and 5 in econ2.
    assert {code: group["size"] for code, group in groups.items()} == {
        "netl.H4a": 6,
        "netl.B1a": 0,
        "econ1": 2,
        "econ2": 2,
    }
    first, unscheduled = [lesson["slot"] for lesson in groups["econ1"]["lessons"]]
    assert (first["week"], first["day"], first["period"], unscheduled) == (None, 0, 1, None)
    assert (groups["econ1"]["soft_max"], groups["econ1"]["hard_max"]) == (28, 30)


async def test_the_same_again_changes_nothing(desk: Desk) -> None:
    first = await desk.bring(branch())
    again = await desk.bring(branch() | {"taken_at": "2026-09-02T08:00:00+00:00"})
    assert (again["created"], again["updated"], again["removed"]) == (0, 0, 0)
    assert again["unchanged"] == first["created"]
    assert again["revision"] == first["revision"] == 1
    shown = await desk.get(f"/projects/{PROJECT}")
    assert shown["copy_taken_at"].startswith("2026-09-02")
    assert await desk.count("audit", "action = 'project.import'") == 1


async def test_a_cluster_group_is_in_the_portal_a_group_of_each_department(desk: Desk) -> None:
    body = branch(students=3)
    body["students"][2].update(department=B1, home_class=B1A, memberships=[ECON1_B1])
    await desk.bring(body)
    groups = await desk.rows(
        "SELECT id, department_id, code FROM copy_group WHERE NOT is_home_class ORDER BY 1"
    )
    assert groups == [(ECON1, H4, "econ1"), (ECON2, H4, "econ2"), (ECON1_B1, B1, "econ1")]
    portal_groups = await desk.rows(
        "SELECT department_id, portal_group_id FROM lesson_group_department JOIN lesson_group"
        " ON id = lesson_group_id WHERE code = 'econ1' ORDER BY 1"
    )
    assert portal_groups == [(H4, ECON1), (B1, ECON1_B1)]
    assert (await desk.bring(body))["updated"] == 0


async def test_a_changed_file_changes_what_differs_and_deletes_nobody(desk: Desk) -> None:
    await desk.bring(branch(students=6))
    changed = branch(students=5)
    mover = changed["students"][2]
    mover["groups"]["econ"], mover["memberships"] = "econ2", changed["students"][1]["memberships"]
    changed["students"][4]["subjects"], changed["students"][4]["choices"] = ["netl"], []
    del changed["students"][4]["groups"]["econ"]
    changed["groups"][0]["lessons"] = [0, 1]
    changed["groups"].append({**changed["groups"][3], "code": "econ3", "portal_groups": {H4: 399}})
    done = await desk.bring(changed)
    assert done["revision"] == 2
    assert await desk.count("student") == 6
    groups = {g["code"]: g for g in (await desk.get(f"/projects/{PROJECT}/groups"))["items"]}
    assert {code: group["size"] for code, group in groups.items()} == {
        "netl.H4a": 6,
        "netl.B1a": 0,
        "econ1": 0,
        "econ2": 3,
        "econ3": 0,
    }
    assert [lesson["slot"]["week"] for lesson in groups["netl.H4a"]["lessons"]] == ["A", "B"]
    card = await desk.get(f"/projects/{PROJECT}/students/{student_code(4)}")
    assert [placement["subject"] for placement in card["placements"]] == ["netl"]


async def test_what_the_file_no_longer_names_and_nobody_uses_goes(desk: Desk) -> None:
    await desk.bring(branch(students=6))
    smaller = branch(students=6)
    for group in ("netl.B1a", "econ2"):
        smaller["groups"] = [g for g in smaller["groups"] if g["code"] != group]
    smaller["students"] = [s for s in smaller["students"] if s["groups"].get("econ") != "econ2"]
    smaller["home_classes"].pop()
    done = await desk.bring(smaller)
    assert done["removed"] == 2  # netl.B1a and its home class; econ2 still has students who stay
    assert await desk.rows("SELECT code FROM lesson_group ORDER BY code") == [
        ("econ1",),
        ("econ2",),
        ("netl.H4a",),
    ]


async def test_a_dry_run_tells_and_leaves_nothing(desk: Desk) -> None:
    dry = await desk.bring(branch() | {"dry_run": True})
    assert dry["created"] > 0
    assert await desk.count("project") == await desk.count("audit") == await desk.count("student") == 0
    assert (await desk.bring(branch()))["created"] == dry["created"]


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda b: b["students"][0].update(department=999), "students 10000 department: 999 unknown"),
        (lambda b: b["students"][0].update(home_class=999), "students 10000 home_class: 999 unknown"),
        (lambda b: b["students"][0]["groups"].update(netl="econ1"), "students 10000 groups:"),
        (lambda b: b["students"][0]["groups"].update(lo="econ1"), "students 10000 groups: lo unknown"),
        (lambda b: b["students"][0]["memberships"].append(999), "students 10000 memberships: 999 unknown"),
        (lambda b: b["students"][0]["choices"].append("lo"), "students 10000 choices: lo unknown"),
        (lambda b: b["groups"][0]["portal_groups"].update({999: 1}), "groups netl.H4a portal_groups: 999"),
        (lambda b: b["students"].append(b["students"][0]), "students.code: 10000 twice"),
        (lambda b: b["groups"][0]["lessons"].append(4), "groups netl.H4a lessons: 4 unknown"),
        (lambda b: b["groups"][0].update(subject="lo"), "groups netl.H4a subject: lo unknown"),
        (lambda b: b["slots"].append(b["slots"][0]), "slots:"),
        (lambda b: b["home_classes"][0].update(department=9), "home_classes 201: 9 unknown"),
    ],
)
async def test_an_import_that_contradicts_itself_is_refused_whole(desk: Desk, change, place: str) -> None:
    body = copy.deepcopy(branch())
    change(body)
    answer = await desk.client.post("/imports/project", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "import_contradicts_itself")
    assert any(error.startswith(place) for error in answer.json()["params"]["errors"])
    assert await desk.count("project") == 0


async def test_two_branches_of_one_project_live_side_by_side(desk: Desk) -> None:
    await desk.bring(branch(students=4))
    other = branch(at=BRANCH + 1, students=0)
    assert (await desk.bring(other))["revision"] == 2
    assert await desk.count("lesson_group", "code = 'econ1'") == 2
    assert (await desk.get(f"/projects/{PROJECT}"))["branches"] == [BRANCH, BRANCH + 1]
    again = await desk.bring(branch(students=4))
    assert (again["updated"], again["removed"]) == (0, 0)


async def test_an_import_moves_nobody_from_another_branch(desk: Desk) -> None:
    await desk.bring(branch(students=4))
    answer = await desk.client.post("/imports/project", json=branch(at=BRANCH + 1, students=1))
    assert (answer.status_code, answer.json()["code"]) == (409, "in_another_branch")
    assert answer.json()["params"]["students"] == [student_code(0)]


async def test_a_project_stays_of_its_school_and_year(desk: Desk) -> None:
    await desk.bring(branch())
    answer = await desk.client.post("/imports/project", json=branch(school=2))
    assert (answer.status_code, answer.json()["code"]) == (409, "project_differs")


async def test_only_who_may_import_imports(desk: Desk) -> None:
    for role, status in ((Role.TIMETABLER, 403), (Role.APPLICATION_MANAGER, 404)):
        outsider = desk.as_(role, BRANCH + 5)
        answer = await desk.client.post("/imports/project", json=branch(), headers=outsider)
        assert answer.status_code == status
    assert await desk.count("project") == 0


async def test_a_large_school_comes_in(desk: Desk) -> None:
    """2,000 students with 13 subjects each; the database, which limits each statement, believes in one."""
    await desk.bring(branch(students=1))
    await desk.analyze()
    body = branch(students=2_000)
    for number in range(11):
        subject = f"vak{number}"
        body["subjects"].append({"code": subject, "name": subject})
        body["groups"].append({**body["groups"][0], "code": f"{subject}.H4a", "subject": subject})
        for student in body["students"]:
            student["subjects"].append(subject)
            student["groups"][subject] = f"{subject}.H4a"
    await desk.bring(body)
    again = await desk.bring(body)
    assert await desk.count("placement") == 26_000
    assert again["created"] + again["updated"] + again["removed"] == 0
    assert (await desk.get(f"/projects/{PROJECT}/groups", params={"department": H4}))["items"][0]["size"] > 0
