"""A school brings its timetable in XHSTT, from the command line: its lessons are in the desktop then."""

from pathlib import Path

import httpx

from tests.journeys.test_real_school import YEAR, doorstroom
from tests.support.rig import Rig

FILE = Path(__file__).parents[1] / "support" / "small_timetable.xml"
PLACE = ["--school", "XHSTT", "--branch", "HO", "--year", YEAR, "--codes-from", "910000"]


def hour(lesson: dict) -> tuple[int, int] | None:
    """None: it has no slot yet."""
    return lesson["slot"] and (lesson["slot"]["day"], lesson["slot"]["period"])


async def test_a_timetable_is_brought_and_its_lessons_are_seen(rig: Rig, manager: httpx.AsyncClient):
    dry = await doorstroom(rig, "import", "project", str(FILE), *PLACE, "--dry-run")
    assert dry.returncode == 0, dry.stdout + dry.stderr
    assert "Guest" in dry.stdout  # who is in no class is told

    for solution, hours in (("first try", [(0, 1), (0, 2), (0, 3)]), ("as it is", [(0, 1), (1, 1), (1, 2)])):
        done = await doorstroom(rig, "import", "project", str(FILE), *PLACE, "--solution", solution)
        assert done.returncode == 0, done.stdout + done.stderr
        footprint = (await manager.get("/api/students/8800003/footprint")).json()
        [project] = footprint["desktop"]["projects"]
        assert {one["subject"]: one["group"] for one in project["placements"]} == {
            "ne": "ne.4H2",
            "bi": "bi.4H_A",
        }
        page = await manager.get(f"/api/desktop/projects/{project['project']}/groups")
        lessons = {group["code"]: group["lessons"] for group in page.json()["items"]}
        assert [hour(one) for one in lessons["ne.4H1"]] == hours

    assert hour(lessons["bi.4H_B"][1]) is None
    sizes = {group["code"]: group["size"] for group in page.json()["items"]}
    assert sizes == {"ne.4H1": 2, "ne.4H2": 2, "bi.4H_A": 3, "bi.4H_B": 2, "ne.4H_X": 2, "wi.1A": 0}
    options = await manager.get(f"/api/desktop/projects/{project['project']}/students/8800003/options")
    assert options.status_code == 200, options.text
