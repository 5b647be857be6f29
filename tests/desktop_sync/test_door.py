"""Lists, the card, the footprint and the deletion on its own, each within the caller's branches."""

from datetime import UTC, datetime

import pytest

from desktop_sync.features.departure import delete_students
from desktop_sync.features.person_copy import note_people
from shared.clock import SchoolYear, school_year_name
from shared.contracts.facts import AccountArchived
from shared.contracts.ids import UserCode
from shared.contracts.rights import Role
from shared.runtime.revocation import note_accounts
from tests.desktop_sync.desk import Desk, without_the_road
from tests.desktop_sync.imports import B1, BRANCH, H4, PROJECT, SCHOOL, THIS_YEAR, branch
from tests.desktop_sync.imports import student_code as code
from tests.desktop_sync.test_departure import delete
from tests.desktop_sync.test_people import person
from tests.support.counting import counted_statements

OTHER = BRANCH + 1


@pytest.fixture
async def two_branches(desk: Desk) -> Desk:
    """Branch 11 with three students; another project in branch 12 with two of the same codes."""
    await desk.bring(branch(students=3))
    await desk.bring(branch(project=PROJECT + 1, at=OTHER, school=SCHOOL + 1, students=2))
    return desk


async def test_projects_are_those_of_the_callers_branches(two_branches: Desk) -> None:
    timetabler = two_branches.as_(Role.TIMETABLER, BRANCH)
    everyone = await two_branches.get("/projects")
    mine = await two_branches.get("/projects", headers=timetabler)
    assert [p["id"] for p in everyone["items"]] == [PROJECT, PROJECT + 1]
    assert mine["items"] == [
        {
            "id": PROJECT,
            "school": SCHOOL,
            "school_year": school_year_name(SchoolYear(THIS_YEAR)),
            "name": f"Project {THIS_YEAR}",
            "revision": 1,
            "departures": "automatic",
            "branches": [BRANCH],
            "copy_taken_at": "2026-09-01T08:00:00Z",
            "refresh": None,
        }
    ]


@pytest.mark.parametrize(
    "path",
    [
        f"/projects/{PROJECT}",
        f"/projects/{PROJECT}/students",
        f"/projects/{PROJECT}/students/{code(0)}",
        f"/projects/{PROJECT}/groups",
    ],
)
async def test_out_of_scope_is_like_unknown(two_branches: Desk, path: str) -> None:
    client = two_branches.client
    outside = await client.get(path, headers=two_branches.as_(Role.TIMETABLER, OTHER))
    unknown = await client.get(path.replace(f"/{PROJECT}", "/999"))
    malformed = await client.get(path.replace(f"/{PROJECT}", "/x"))
    assert outside.status_code == unknown.status_code == malformed.status_code == 404
    assert outside.json() == unknown.json() == malformed.json()
    inside = await client.get(path, headers=two_branches.as_(Role.TIMETABLER, BRANCH))
    assert inside.status_code == 200
    assert inside.headers["ETag"] == '"1"'
    mentor = await client.get(path, headers=two_branches.as_(Role.MENTOR, BRANCH))
    assert mentor.status_code == 403


async def test_within_one_project_each_sees_his_own_branch(desk: Desk) -> None:
    await desk.bring(branch(students=2))
    other = branch(at=OTHER, students=2)
    for student in other["students"]:
        student["code"] = f"7{student['code']}"
    await desk.bring(other)
    headers = desk.as_(Role.TIMETABLER, OTHER)
    listed = await desk.get(f"/projects/{PROJECT}/students", headers=headers)
    assert [student["code"] for student in listed["items"]] == [f"7{code(0)}", f"7{code(1)}"]
    groups = await desk.get(f"/projects/{PROJECT}/groups", headers=headers)
    assert len(groups["items"]) == 4
    hidden = await desk.client.get(f"/projects/{PROJECT}/students/{code(0)}", headers=headers)
    assert hidden.status_code == 404


async def test_students_by_name_department_and_search(desk: Desk) -> None:
    await desk.bring(branch(students=5))
    names = [("Özcan", "", "Yilmaz"), ("Jan", "van den", "Berg"), ("Anna", "", "berg"), ("Bo", "de", "Ähn")]
    await desk.react(
        note_people,
        *(
            person(code(number), given_name=given, prefix=prefix, family_name=family)
            for number, (given, prefix, family) in enumerate(names)
        ),
    )

    async def found(**query: str | int) -> list[str]:
        items = (await desk.get(f"/projects/{PROJECT}/students", params=query))["items"]
        return [student["code"] for student in items]

    assert await found() == [code(4), code(3), code(2), code(1), code(0)]
    assert await found(q="berg") == [code(2), code(1)]
    assert await found(q="JAN berg") == [code(1)]
    assert await found(q="ozcan") == [code(0)]
    assert await found(q=code(4)) == [code(4)]
    assert await found(q="%") == []
    assert await found(department=H4, q="berg") == [code(2), code(1)]
    assert await found(department=B1) == []


async def test_pages_follow_each_other(desk: Desk) -> None:
    await desk.bring(branch(students=7))
    await desk.react(
        note_people, *(person(code(number), family_name=f"N{number % 2}") for number in range(6))
    )
    seen, cursor = [], None
    while True:
        query = {"limit": "3"} | ({"cursor": cursor} if cursor else {})
        page = await desk.get(f"/projects/{PROJECT}/students", params=query)
        seen += [student["code"] for student in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == [code(number) for number in (6, 0, 2, 4, 1, 3, 5)]
    groups = await desk.get(f"/projects/{PROJECT}/groups", params={"limit": 3})
    rest = await desk.get(f"/projects/{PROJECT}/groups", params={"limit": 3, "cursor": groups["next"]})
    assert [g["code"] for g in groups["items"] + rest["items"]] == ["econ1", "econ2", "netl.B1a", "netl.H4a"]
    assert rest["next"] is None


async def test_groups_of_a_department(desk: Desk) -> None:
    await desk.bring(branch())
    items = (await desk.get(f"/projects/{PROJECT}/groups", params={"department": B1}))["items"]
    assert [group["code"] for group in items] == ["econ1", "netl.B1a"]


async def test_a_list_of_200_takes_a_fixed_number_of_queries(desk: Desk) -> None:
    await desk.bring(branch(students=200))
    for path in ("students", "groups"):
        with counted_statements(desk.engine) as statements:
            await desk.get(f"/projects/{PROJECT}/{path}", params={"limit": 200})
        # One of them asks whether the token is still alive.
        ours = [s for s in without_the_road(statements) if "FROM account" not in s]
        assert len(ours) <= 3, ours


async def test_the_card_shows_where_and_when(desk: Desk) -> None:
    await desk.bring(branch(students=3))
    card = await desk.get(f"/projects/{PROJECT}/students/{code(2)}")
    assert card["home_class"] == {"id": 201, "code": "H4a"}
    last = {"week": None, "day": 4, "period": 8}
    assert card["placements"] == [
        {"subject": "econ", "group": "econ1", "lessons": [{"week": None, "day": 0, "period": 1}, None]},
        {"subject": "netl", "group": "netl.H4a", "lessons": [{"week": "A", "day": 0, "period": 1}, last]},
    ]
    waiting = await desk.get(f"/projects/{PROJECT}/students/{code(0)}")
    assert waiting["placements"][0] == {"subject": "econ", "group": None, "lessons": []}


async def test_the_footprint_is_what_still_exists(desk: Desk) -> None:
    await desk.bring(branch(project=PROJECT - 1, year=THIS_YEAR - 1))
    await desk.bring(branch())
    await desk.bring(branch(project=PROJECT + 1, year=THIS_YEAR + 1))
    assert await desk.get(f"/students/{code(0)}/footprint") == {
        "projects": [
            {
                "project": project,
                "placements": [{"subject": "econ", "group": None}, {"subject": "netl", "group": "netl.H4a"}],
            }
            for project in (PROJECT, PROJECT + 1)
        ]
    }
    await desk.react(delete_students, delete(code(0)))
    assert await desk.get(f"/students/{code(0)}/footprint") == {"projects": []}
    assert await desk.get("/students/404404/footprint") == {"projects": []}
    assert (await desk.client.get("/students/x/footprint")).status_code == 404
    gone = await desk.client.get(f"/projects/{PROJECT}/students/{code(0)}")
    assert gone.status_code == 404


async def test_footprints_of_many_are_those_of_each(two_branches: Desk) -> None:
    for headers in (
        {},
        two_branches.as_(Role.STUDENT_OFFICE, OTHER),
        two_branches.as_(Role.STUDENT_OFFICE, 999),
    ):
        body = {"students": [code(0), code(1), "404404"]}
        answer = await two_branches.client.post("/footprints", json=body, headers=headers)
        assert answer.status_code == 200, answer.text
        for one in answer.json()["items"]:
            path = f"/students/{one.pop('student')}/footprint"
            assert one == await two_branches.get(path, headers=headers)
        assert len(answer.json()["items"]) == 3


async def test_footprints_take_the_same_statements_however_many(desk: Desk) -> None:
    await desk.bring(branch(students=40))
    counts = []
    for many in (1, 40):
        with counted_statements(desk.engine) as statements:
            body = {"students": [code(number) for number in range(many)]}
            items = (await desk.client.post("/footprints", json=body)).json()["items"]
        assert [len(one["projects"]) for one in items] == [1] * many
        counts.append(len(without_the_road(statements)))
    assert counts[0] == counts[1]


async def test_a_footprint_is_whole_for_who_has_the_student_and_nothing_for_others(
    two_branches: Desk,
) -> None:
    office = two_branches.as_(Role.STUDENT_OFFICE, OTHER)
    mine = await two_branches.get(f"/students/{code(0)}/footprint", headers=office)
    assert [place["project"] for place in mine["projects"]] == [PROJECT, PROJECT + 1]
    elsewhere = two_branches.as_(Role.STUDENT_OFFICE, 999)
    assert await two_branches.get(f"/students/{code(0)}/footprint", headers=elsewhere) == {"projects": []}


async def test_what_a_departure_left_on_purpose_is_not_in_the_footprint(desk: Desk) -> None:
    await desk.bring(branch(students=1))
    await desk.bring(branch(project=PROJECT + 1, year=THIS_YEAR + 1, students=1))
    await desk.react(delete_students, delete(code(0), keep_later=True))
    assert await desk.get(f"/students/{code(0)}/footprint") == {"projects": []}
    assert (await desk.client.get(f"/projects/{PROJECT + 1}/students/{code(0)}")).status_code == 200


async def test_history_is_not_touched_by_a_departure(desk: Desk) -> None:
    await desk.bring(branch(project=PROJECT - 1, year=THIS_YEAR - 1, students=1))
    await desk.bring(branch(students=1))
    early = delete(code(0), school_year=THIS_YEAR - 3, history_before=THIS_YEAR)
    await desk.react(delete_students, early)
    assert (await desk.client.get(f"/projects/{PROJECT - 1}/students/{code(0)}")).status_code == 200
    assert (await desk.client.get(f"/projects/{PROJECT}/students/{code(0)}")).status_code == 404


async def test_deleting_alone_waits_for_the_portal(desk: Desk) -> None:
    await desk.bring(branch(students=3))
    timetabler, path = desk.as_(Role.TIMETABLER, BRANCH), f"/projects/{PROJECT}/students/{code(2)}"
    refused = await desk.client.delete(path, headers=timetabler)
    assert (refused.status_code, refused.json()["code"]) == (409, "still_enrolled")
    async with desk.engine.begin() as database:
        for table in ("copy_membership", "copy_choice", "copy_enrolment"):
            await database.exec_driver_sql(f"DELETE FROM {table}")
    done = await desk.client.delete(path, headers=timetabler)
    assert (done.status_code, done.json()) == (200, {"project": PROJECT, "revision": 2, "placements": 2})
    assert (await desk.client.delete(path, headers=timetabler)).status_code == 404
    rows = await desk.rows("SELECT actor, object_id FROM audit WHERE action = 'student.delete'")
    assert rows == [("someone", code(2))]


@pytest.mark.parametrize(
    ("role", "branches", "status"),
    [
        (Role.APPLICATION_MANAGER, [], 403),
        (Role.STUDENT_OFFICE, [BRANCH], 403),
        (Role.TIMETABLER, [OTHER], 404),
    ],
)
async def test_who_may_not_delete(desk: Desk, role: Role, branches: list[int], status: int) -> None:
    await desk.bring(branch(students=1))
    headers = desk.as_(role, *branches)
    answer = await desk.client.delete(f"/projects/{PROJECT}/students/{code(0)}", headers=headers)
    assert answer.status_code == status
    assert await desk.count("student") == 1


async def test_nobody_deletes_in_another_branch_of_his_project(desk: Desk) -> None:
    await desk.bring(branch(students=1))
    await desk.bring(branch(at=OTHER, students=0))
    path, headers = f"/projects/{PROJECT}/students/{code(0)}", desk.as_(Role.TIMETABLER, OTHER)
    assert (await desk.client.delete(path, headers=headers)).status_code == 404


async def test_an_archived_user_is_out_at_once(desk: Desk) -> None:
    headers = desk.as_(Role.TIMETABLER, code="rst")
    assert (await desk.client.get("/projects", headers=headers)).status_code == 200
    at = datetime.now(UTC)
    archived = AccountArchived(user=UserCode("rst"), version=2, session_version=2, at=at)
    await desk.react(note_accounts, archived)
    assert (await desk.client.get("/projects", headers=headers)).status_code == 401
