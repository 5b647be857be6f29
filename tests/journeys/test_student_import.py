"""A school's own list, night after night, through the real door.

It fills a school whose structure exists, then changes nothing, then tells who moved, who is new, who is gone
and who had left; who is gone leaves on a word.
"""

import json
from pathlib import Path

import httpx

from shared import clock
from tests.journeys.test_real_school import doorstroom
from tests.support.eventually import eventually
from tests.support.own_school import ProjectFile, content_of, imported
from tests.support.requests import departure_until_accepted
from tests.support.rig import OWN_SCHOOL, Rig

SCHOOL = f"{OWN_SCHOOL}list"
YEAR = clock.school_year_name(clock.school_year_of(clock.today()))
HEADER = (
    "Leerlingnummer;Roepnaam;Tussenvoegsel;Achternaam;Geboortedatum;Straat;Postcode;Afdeling;Stamklas;Pakket"
)


def line(code: int, home_class: str = "H4a", street: str = "Kade") -> str:
    names = f"Roos{code};van;Dijk"
    return f"0{code};{names};01-08-2011;{street};1234 AB;H4;{home_class};biol|wisA"


async def run(rig: Rig, folder: Path, lines: list[str], *more: str) -> str:
    """One night: the list as Windows writes it, through the command line."""
    file = folder / "list.csv"
    file.write_bytes("\r\n".join([HEADER, *lines]).encode("cp1252"))
    place = ["--school", SCHOOL, "--branch", SCHOOL, "--year", YEAR, "--source", "somtoday"]
    done = await doorstroom(rig, "import", "students", str(file), *place, *more)
    assert done.returncode == 0, done.stdout + done.stderr
    await rig.quiet()
    return done.stdout


def row_of(report: str, what: str) -> list[int]:
    [found] = [one.split() for one in report.splitlines() if one.startswith(what)]
    return [int(number) for number in found[1:]]


async def test_a_school_is_kept_by_its_own_list(rig: Rig, manager: httpx.AsyncClient, tmp_path: Path):
    content = content_of([], "H4")
    content["departments"][0]["home_class_led_by"] = "portal"
    place = {"school": SCHOOL, "branch": SCHOOL, "year": YEAR}
    await imported(manager, ProjectFile(json.loads(json.dumps(content)), place))
    night = [line(code) for code in range(71_001, 71_006)]

    dry = await run(rig, tmp_path, night, "--dry-run")
    assert row_of(dry, "enrolments") == [5, 0, 0, 0]
    assert (await manager.get("/api/portal/students/071001")).status_code == 404
    first = await run(rig, tmp_path, night)
    assert row_of(first, "people") == row_of(first, "enrolments") == [5, 0, 0, 0]
    shown = (await manager.get("/api/portal/students/071001")).json()
    assert shown["name"] == {"given_name": "Roos71001", "prefix": "van", "family_name": "Dijk"}
    assert shown["enrolments"][0]["home_class"]["code"] == "H4a"
    assert shown["enrolments"][0]["choice_package"] == ["biol", "wisA"]

    again = await run(rig, tmp_path, night)
    assert row_of(again, "people") == row_of(again, "enrolments") == [0, 0, 0, 5]

    departed = "071005"
    await rig.completed(await departure_until_accepted(manager, [departed]))
    moved = [line(71_001, "H4b", "Singel"), line(71_002), line(71_003), line(71_005), line(71_006)]
    led = ["--authority", "address=source", "--authority", "home_class=source"]
    third = await run(rig, tmp_path, moved, *led)
    assert row_of(third, "people") == [1, 1, 0, 2]
    assert row_of(third, "enrolments") == [1, 1, 0, 2]
    assert f"not brought back: {departed}" in third
    assert "not in the list (1): 071004" in third
    shown = (await manager.get("/api/portal/students/071001")).json()
    assert shown["enrolments"][0]["home_class"]["code"] == "H4b"
    person = (await manager.get("/api/users/users/071001")).json()
    assert (person["address"]["street"], person["given_name"]) == ("Singel", "Roos71001")
    assert (await manager.get("/api/portal/students/071004")).json()["enrolments"]  # only proposed

    await accepted(rig, manager, "071004")
    footprint = (await manager.get("/api/students/071004/footprint")).json()
    assert footprint["empty"] is True
    last = await run(rig, tmp_path, moved, *led)
    assert row_of(last, "enrolments") == [0, 0, 0, 4]
    assert "not in the list" not in last


async def accepted(rig: Rig, manager: httpx.AsyncClient, student: str) -> None:
    page = await manager.get("/api/portal/departure-proposals", params={"state": "open", "limit": 200})
    [proposal] = [one["id"] for one in page.json()["items"] if one["student"] == student]
    body = {"proposals": [proposal], "reason": "left"}
    answer = await manager.post("/api/portal/departure-proposals/accept", json=body)
    assert answer.status_code == 202, answer.text
    [departure] = answer.json()["items"]
    await rig.completed(departure["batch"])

    async def is_nothing_left() -> bool:
        return bool((await manager.get(f"/api/students/{student}/footprint")).json().get("empty"))

    await eventually(is_nothing_left, what="nothing is left")
