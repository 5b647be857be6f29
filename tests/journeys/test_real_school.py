"""A school of one's own: a project file shaped like a real school's is imported, and one student leaves.

`tests/support/small_school.json` has ids, no codes and no names, as a school has that sends no personal data.
"""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import httpx

from shared import clock
from tests.support.requests import departure_until_accepted
from tests.support.rig import Rig

FILE = Path(__file__).parents[1] / "support" / "small_school.json"
YEAR = clock.school_year_name(clock.school_year_of(clock.today()))


async def doorstroom(rig: Rig, *arguments: str) -> subprocess.CompletedProcess[str]:
    # In a thread: the proxies its requests go through live in this event loop.
    login = rig.stack.description["logins"]["application_manager"]
    told = os.environ | {
        "DOORSTROOM_USERNAME": login["username"],
        "DOORSTROOM_PASSWORD": login["password"],
        "NO_COLOR": "1",
        "COLUMNS": "200",
    }
    command = [str(Path(sys.executable).parent / "doorstroom"), *arguments, "--gateway", rig.gateway]
    return await asyncio.to_thread(
        lambda: subprocess.run(command, env=told, capture_output=True, text=True, timeout=120, check=False)
    )


async def imported(rig: Rig, file: Path, *more: str) -> subprocess.CompletedProcess[str]:
    place = ["--school", "KPC", "--branch", "HO", "--year", YEAR, "--codes-from", "900000"]
    return await doorstroom(rig, "import", "project", str(file), *place, *more)


async def test_import_then_a_departure_frees_the_seats(rig: Rig, manager: httpx.AsyncClient):
    given = json.loads(FILE.read_text())

    dry = await imported(rig, FILE, "--dry-run")
    assert dry.returncode == 0, dry.stdout + dry.stderr
    schools = (await manager.get("/api/portal/branches", params={"limit": 200})).json()["items"]
    assert "KPC" not in {branch["school"]["code"] for branch in schools}

    first = await imported(rig, FILE)
    assert first.returncode == 0, first.stdout + first.stderr
    again = await imported(rig, FILE)
    assert again.returncode == 0, again.stdout + again.stderr

    rows = await rig.rows(
        "users", """SELECT external_id, "user" AS code FROM imported_person WHERE source LIKE 'KPC%'"""
    )
    codes = {row["external_id"]: row["code"] for row in rows}
    assert codes.keys() == {student["id"] for student in given["students"]}
    leaver = next(student for student in given["students"] if len(student["groups"]) > 1)
    code = codes[leaver["id"]]
    footprint = (await manager.get(f"/api/students/{code}/footprint")).json()
    [project] = footprint["desktop"]["projects"]
    assert {p["subject"]: p["group"] for p in project["placements"]} == {
        subject: leaver["groups"].get(subject) for subject in leaver["subjects"]
    }
    shown = (await manager.get(f"/api/portal/students/{code}")).json()
    assert shown["name"] == {"given_name": "Leerling", "prefix": "", "family_name": code}
    before = await sizes(manager, project["project"])
    assert before == counted(given)

    await rig.completed(await departure_until_accepted(manager, [code]))
    await rig.check(manager, [code])

    after = await sizes(manager, project["project"])
    freed = {group: before[group] - after[group] for group in before if before[group] != after[group]}
    assert freed == dict.fromkeys(leaver["groups"].values(), 1)
    back = await imported(rig, FILE)
    assert back.returncode == 0, back.stdout + back.stderr
    assert code in back.stdout  # listed as departed, not brought back
    assert (await manager.get(f"/api/students/{code}/footprint")).json()["empty"] is True


def counted(given: dict) -> dict[str, int]:
    """The size of each group, from the file."""
    sizes = {group["id"]: 0 for group in given["groups"]}
    for student in given["students"]:
        for group in student["groups"].values():
            sizes[group] += 1
    return sizes


async def sizes(manager: httpx.AsyncClient, project: int) -> dict[str, int]:
    page = await manager.get(f"/api/desktop/projects/{project}/groups", params={"limit": 200})
    return {group["code"]: group["size"] for group in page.json()["items"]}


async def test_every_problem_of_a_bad_file_is_listed_and_nothing_loaded(rig: Rig, manager, tmp_path: Path):
    given = json.loads(FILE.read_text())
    given["students"][0]["department"] = "nowhere"
    given["students"][1]["home_class"] = "nobody"
    given["groups"][0]["lessons"] = [9999]
    bad = tmp_path / "bad.json"
    bad.write_text(json.dumps(given))
    before = await rig.rows("portal", "SELECT count(*) FROM enrolment")

    answer = await imported(rig, bad)

    assert answer.returncode == 1
    said = answer.stdout + answer.stderr
    for place in ("students[0].department", "students[1].home_class", "groups[0].lessons[0]"):
        assert place in said
    assert await rig.rows("portal", "SELECT count(*) FROM enrolment") == before
