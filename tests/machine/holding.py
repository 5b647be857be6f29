"""What holds of every student once all is quiet, and the desktop has asked and taken over."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from tests.machine.door import House, Person
from tests.support.eventually import eventually

TAKEN_OVER = ("department", "home_class", "choice_package")
_ASTRAY = """
SELECT e.id FROM enrolment e JOIN group_membership m ON m.enrolment_id = e.id
JOIN "group" g ON g.id = m.group_id WHERE e.student_code = ANY($1)
AND (g.department_id <> e.department_id OR m.department_id <> e.department_id)
UNION ALL
SELECT e.id FROM enrolment e JOIN "group" g ON g.id = e.home_class_id
WHERE e.student_code = ANY($1) AND (g.department_id <> e.department_id OR NOT g.is_home_class)
UNION ALL
SELECT e.id FROM enrolment e JOIN choice c ON c.enrolment_id = e.id JOIN subject s ON s.id = c.subject_id
WHERE e.student_code = ANY($1) AND s.department_id <> e.department_id
"""
_ENROLLED = """
SELECT e.id, e.student_code, e.department_id, e.home_class_id,
  array(SELECT {member} ORDER BY 1) AS groups, array(SELECT {chosen} ORDER BY 1) AS chosen
FROM {enrolment} e WHERE e.student_code = ANY($1) AND e.project_id = $2 ORDER BY e.id
"""
_PORTAL = _ENROLLED.format(
    enrolment="enrolment",
    member="group_id FROM group_membership WHERE enrolment_id = e.id",
    chosen="s.code FROM choice c JOIN subject s ON s.id = c.subject_id WHERE c.enrolment_id = e.id",
)
_COPY = _ENROLLED.format(
    enrolment="copy_enrolment",
    member="group_id FROM copy_membership WHERE enrolment_id = e.id",
    chosen="subject_code FROM copy_choice WHERE enrolment_id = e.id",
)
_IN_PROJECT = "SELECT code, department_id FROM student WHERE code = ANY($1) AND project_id = $2 ORDER BY code"
_NAMES = "given_name, prefix, family_name"
_ADDRESS = f"{_NAMES}, street, house_number, postal_code, city, country"
_PEOPLE = {
    "portal": f'SELECT "user" AS code, {_NAMES} FROM person WHERE "user" = ANY($1)',
    "desktop_sync": f"SELECT code, {_ADDRESS} FROM person WHERE code = ANY($1)",
}


def hold(  # noqa: PLR0917 - the doors, and what was done at them
    house: House,
    desk: Person,
    reader: Person,
    project: int,
    codes: Sequence[str],
    did: Counter[tuple[str, str]],
) -> None:
    """Ask for a refresh, take all of it over, and compare the three databases."""
    rig = house.rig

    async def rows(service: str, query: str, *more: Any) -> list[dict[str, Any]]:
        return [dict(row) for row in await rig.rows(service, query, list(codes), *more)]

    async def ended() -> bool:
        running = "SELECT 1 FROM {} WHERE project_id = $1 AND ended_at IS NULL"
        return not [
            one
            for table in ("refresh", "upload")
            for one in await rig.rows("desktop_sync", running.format(table), project)
        ]

    async def refreshed() -> None:
        await rig.quiet()
        await eventually(ended, seconds=30, what="what the desktop asked for")

    async def holds() -> None:
        await rig.quiet()
        assert not await rows("portal", _ASTRAY), "in a group, a class or a package of another department"
        portal, copy = await rows("portal", _PORTAL, project), await rows("desktop_sync", _COPY, project)
        assert copy == portal, f"the copy {copy} is not the portal {portal}"
        there = await rows("desktop_sync", _IN_PROJECT, project)
        enrolled = sorted((one["student_code"], one["department_id"]) for one in portal)
        assert [(one["code"], one["department_id"]) for one in there] == enrolled, (there, enrolled)
        for service, query in _PEOPLE.items():
            fields = _NAMES if service == "portal" else _ADDRESS
            own = await rows("users", f'SELECT code, {fields} FROM "user" WHERE code = ANY($1)')
            known = await rows(service, query)
            in_order = [sorted(people, key=lambda one: one["code"]) for people in (known, own)]
            assert in_order[0] == in_order[1], f"{service} knows {in_order[0]}, users {in_order[1]}"

    house.wait(refreshed())
    asked = desk.ask("POST", f"/api/desktop/projects/{project}/refresh")
    assert asked.said == "202", asked
    house.wait(refreshed())
    for kind in TAKEN_OVER:
        taken = desk.ask("POST", f"/api/desktop/projects/{project}/take-over", {"kind": kind})
        assert taken.said == "200", taken
    house.wait(holds())
    told: Counter[tuple[str, str]] = Counter()
    for code in codes:
        entries = reader.get(f"/api/portal/students/{code}/history?limit=200")["items"]
        told.update((code, entry["what"]) for entry in entries)
    missing = {act: (times, told[act]) for act, times in did.items() if told[act] < times}
    assert not missing, f"done and told: {missing}"
