"""What holds once all is quiet, whatever struck: read from the databases and at the door."""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import httpx

from tests.support.eventually import eventually

if TYPE_CHECKING:
    from tests.support.rig import Rig

Footprint = dict[str, Any]

FINAL = {"completed", "undone", "cancelled"}
ENDED = {"completed": {"done", "kept"}, "undone": {"undone", "kept"}, "cancelled": {"undone"}}
REMOVALS = (
    "portal.enrolments.remove.v1",
    "portal.prognoses.remove.v1",
    "users.account.archive.v1",
    "desktop.student.delete.v1",
)
_DO = {"portal": ("enrolment.remove", "prognosis.remove"), "users": ("account.archive",)}
_DO |= {"desktop_sync": ("student.delete",)}
_TAKE_BACK = {"portal": "enrolment.restore", "users": "account.restore", "desktop_sync": "student.restore"}


async def footprints(client: httpx.AsyncClient, students: Collection[str]) -> dict[str, Footprint]:
    """What there is of each student, but how often he is logged in: an undo revives no token."""
    found = {}
    for student in students:
        answer = await client.get(f"/api/students/{student}/footprint")
        assert answer.status_code == 200, answer.text
        told = answer.json()
        held = {"portal": told["portal"], "account": told["users"]["account"], "desktop": told["desktop"]}
        found[student] = held | {"empty": told["empty"]}
    return found


async def check(
    rig: "Rig", client: httpx.AsyncClient, students: Sequence[str], before: Mapping[str, Footprint]
) -> None:
    """All of them. Who left has nothing left; who was taken back has what he had `before`."""
    await rig.quiet()
    departures = await _departures_ended(rig, students)
    gone = {student for student, ended in departures.items() if ended[-1]["state"] == "completed"}
    for student, footprint in (await footprints(client, students)).items():
        if student in gone:
            assert footprint["empty"] is True, footprint
        else:
            assert footprint == before[student]
    await _nothing_parked(rig, students)
    await _each_command_once(rig, departures)
    for service in _DO:
        await _each_effect_once(rig, service, departures, gone)
    await eventually(lambda: agree(rig, students), seconds=10, what="the services agree")


async def _departures_ended(rig: "Rig", students: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """The departures of each student, the newest last: all in a final state, and so is every step."""
    rows = await rig.rows(
        "portal",
        "SELECT d.id, d.student_code, d.state, d.epoch, array_agg(DISTINCT s.state) AS steps, "
        "coalesce(sum(jsonb_array_length(s.left_over)), 0) AS left_over "
        "FROM departure d JOIN departure_step s ON s.departure_id = d.id "
        "WHERE d.student_code = ANY($1) GROUP BY d.id ORDER BY d.id",
        list(students),
    )
    found: dict[str, list[dict[str, Any]]] = {student: [] for student in students}
    for row in rows:
        assert row["state"] in FINAL, row
        assert set(row["steps"]) <= ENDED[row["state"]], row
        assert row["left_over"] == 0, row
        found[row["student_code"]].append(dict(row))
    assert all(found.values()), "a student without a departure"
    return found


async def _nothing_parked(rig: "Rig", students: Sequence[str]) -> None:
    """No message about these students waits for a person."""
    about = "SELECT type, error FROM inbox WHERE state = 'parked' AND encode(raw, 'escape') LIKE ANY($1)"
    for service in _DO:
        parked = await rig.rows(service, about, [f"%{student}%" for student in students])
        assert not parked, f"{service}: {parked}"


async def _each_command_once(rig: "Rig", departures: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
    """One command for each step and epoch went out, to remove or to restore."""
    sent = await rig.rows(
        "portal",
        "SELECT body->>'departure' AS departure, (body->>'epoch')::int AS epoch, type, count(*) AS times "
        "FROM outbox WHERE body->>'student' = ANY($1) AND body ? 'requested_by' GROUP BY 1, 2, 3",
        list(departures),
    )
    assert {row["times"] for row in sent} <= {1}, sent
    told = {(row["departure"], row["epoch"], row["type"]) for row in sent}
    for departure in (one for of_student in departures.values() for one in of_student):
        if departure["state"] == "cancelled":
            continue  # nothing of it had begun
        wanted = {(str(departure["id"]), 0, kind) for kind in REMOVALS}
        if departure["state"] == "undone":
            restores = {kind.replace("remove", "restore") for kind in REMOVALS[:2]}
            restores |= {"users.account.restore.v1", "desktop.student.restore.v1"}
            wanted |= {(str(departure["id"]), departure["epoch"], kind) for kind in restores}
        assert {one for one in told if one[0] == str(departure["id"])} == wanted


async def _each_effect_once(
    rig: "Rig", service: str, departures: Mapping[str, Sequence[Any]], gone: Collection[str]
) -> None:
    """Done at most once a departure, taken back as often as done, but for who is gone."""
    objects = {student: student for student in departures}
    if service == "portal":
        remembered = await rig.rows(
            service,
            "SELECT m->>'id' AS id, d.student_code FROM departure_work w JOIN departure d "
            "ON d.id = w.departure_id, jsonb_array_elements(w.memory) m WHERE d.student_code = ANY($1)",
            list(departures),
        )
        objects = {row["id"]: row["student_code"] for row in remembered}
    counted = await rig.rows(
        service,
        "SELECT object_id, count(*) FILTER (WHERE action = ANY($1)) AS done, "
        "count(*) FILTER (WHERE action = $2) AS taken_back FROM audit WHERE object_id = ANY($3) "
        "AND object_type = ANY('{enrolment,user,student}') GROUP BY 1",
        list(_DO[service]),
        _TAKE_BACK[service],
        list(objects),
    )
    for row in counted:
        student = objects[row["object_id"]]
        assert row["done"] <= len(departures[student]), f"{service} did a thing twice: {row}"
        assert row["done"] - row["taken_back"] == (student in gone), f"{service}: {row}"
    done = {objects[row["object_id"]] for row in counted}
    owed = set(gone) & set(objects.values())  # whose enrolments went by hand just before has none to remove
    assert done >= owed, f"{service} did {len(done)} of {len(owed)}"


async def agree(rig: "Rig", students: Sequence[str]) -> bool:
    """Whether users and desktop hold of each student what the portal says, and all three of each account."""
    portal, users, desktop = [
        {row["code"]: row for row in await rig.rows(service, query, list(students))}
        for service, query in _HELD.items()
    ]
    accounts = [
        {row["user"]: tuple(row) for row in await rig.rows(service, _ACCOUNT, list(students))}
        for service in ("portal", "desktop_sync")
    ]
    for student in students:
        there, person = portal[student], users[student]
        account = (student, person["version"], person["session_version"], person["archived"])
        known = [copy.get(student, account) for copy in accounts]
        if (
            (person["placed"], person["projects"]) != (there["version"], there["projects"])
            or desktop[student]["projects"] != there["projects"]
            or desktop[student]["enrolments"] != there["enrolments"]
            # A change of name or address raises the person's version too, and says nothing of the account.
            or any(held[2:] != account[2:] or held[1] > account[1] for held in known)
        ):
            return False
    return True


_HELD = {
    "portal": """SELECT s.code, s.version,
        array(SELECT DISTINCT project_id FROM enrolment WHERE student_code = s.code ORDER BY 1) AS projects,
        array(SELECT id FROM enrolment WHERE student_code = s.code ORDER BY 1) AS enrolments
        FROM student s WHERE s.code = ANY($1)""",
    "users": """SELECT u.code, u.version, u.session_version, u.archived_at IS NOT NULL AS archived,
        p.version AS placed, p.projects FROM "user" u JOIN placement_copy p ON p.student = u.code
        WHERE u.code = ANY($1)""",
    "desktop_sync": """SELECT code,
        array(SELECT project_id FROM student WHERE student.code = c.code ORDER BY 1) AS projects,
        array(SELECT id FROM copy_enrolment WHERE student_code = c.code ORDER BY 1) AS enrolments
        FROM unnest($1::text[]) AS c (code)""",
}
_ACCOUNT = 'SELECT "user", version, session_version, archived FROM account WHERE "user" = ANY($1)'
