"""How long the connector takes, and how many SQL statements it costs, on the demo school.

`python -m tests.benchmarks.connector`: an upload of all students when nothing differs and when 500 of them
do, and 500 students to other home classes in the portal, by a refresh and a download.
"""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from local_stack.servers import Servers
from local_stack.stack import Options, Stack
from shared import clock
from tests.benchmarks.departures import DATABASES, Counter
from tests.support.eventually import eventually
from tests.support.rig import Rig

STUDENTS = 500

_SWAPS = """
WITH placed AS (
  SELECT enrolment.id, department_id, home_class_id,
         row_number() OVER (PARTITION BY home_class_id ORDER BY enrolment.id) AS nth,
         dense_rank() OVER (PARTITION BY department_id ORDER BY home_class_id) AS rank
  FROM enrolment JOIN department ON department.id = department_id
  WHERE enrolment.project_id = $1 AND home_class_authority = 'portal' AND home_class_id IS NOT NULL
    AND department_id = ANY($2)
)
SELECT one.id AS enrolment, other.home_class_id AS home_class
FROM placed AS one JOIN placed AS other USING (department_id, nth)
WHERE other.rank = one.rank + CASE WHEN one.rank % 2 = 1 THEN 1 ELSE -1 END
ORDER BY department_id, least(one.rank, other.rank), nth, one.rank LIMIT $3
"""


_UNPLACE = """
UPDATE placement SET lesson_group_id = NULL FROM (
  SELECT DISTINCT ON (student_code) p.*
  FROM placement AS p JOIN lesson_group AS g ON g.id = lesson_group_id
  JOIN student AS s ON s.project_id = p.project_id AND s.code = student_code
  JOIN lesson_group_department AS d ON d.lesson_group_id = g.id AND d.department_id = s.department_id
  WHERE portal_group_id IS NOT NULL AND p.project_id = $1 AND g.home_class_id IS NULL
    AND s.department_id = ANY($2)
  LIMIT $3
) AS chosen
WHERE placement.project_id = chosen.project_id AND placement.student_code = chosen.student_code
  AND placement.subject_code = chosen.subject_code
"""


@dataclass(frozen=True)
class Desktop:
    """The project of this year as the timetabler sees it."""

    rig: Rig
    client: httpx.AsyncClient
    counter: Counter
    project: int

    def path(self, what: str) -> str:
        return f"/api/desktop/projects/{self.project}/{what}"

    async def diff(self) -> Any:
        answer = await self.client.get(self.path("placements/diff"))
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, what: str, status: int, **body: Any) -> Any:
        answer = await self.client.post(self.path(what), json=body or None)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def ended(self, what: str) -> Any:
        """An upload or a refresh, when it is over."""

        async def look() -> Any:
            job = (await self.client.get(self.path(what))).json()
            return None if job["ended_at"] is None else job

        return await eventually(look, seconds=120, every=0.25, what=what)

    async def measured(self, what: str, act: Callable[[], Awaitable[str]]) -> None:
        await self.rig.quiet()
        await self.counter.reset()
        began = time.perf_counter()
        done = await act()
        took = time.perf_counter() - began
        await self.rig.quiet()
        statements = await self.counter.since_reset(time.perf_counter() - began)
        counted = "".join(f"{statements[name]:>18.0f}" for name in DATABASES)
        print(f"{what:<34}{took:>8.2f}s{counted}  {done}")

    async def upload(self) -> str:
        diff = await self.diff()
        departments = [one["department"] for one in diff["departments"]]
        body = {"departments": departments, "revision": diff["revision"]}
        job = await self.post("placements/upload", 202, **body)
        done = await self.ended(f"uploads/{job['id']}")
        assert done["state"] == "done", done
        return str(done["counts"])

    async def refresh(self) -> str:
        job = await self.post("refresh", 202)
        done = await self.ended(f"refreshes/{job['id']}")
        return str(done["state"])

    async def download(self) -> str:
        departments = [
            one["department"] for one in (await self.diff())["departments"] if one["led_by"] == "portal"
        ]
        done = await self.post("placements/download", 200, departments=departments)
        clashes = sum(bool(row["clashes"]) for row in done["items"])
        return f"{len(done['items'])} students, {clashes} with clashes"

    async def home_classes(self) -> str:
        departments = [one["department"] for one in (await self.diff())["departments"]]
        swaps = await self.rig.rows("portal", _SWAPS, self.project, departments, STUDENTS)
        changes = [{"enrolment": row["enrolment"], "group": row["home_class"]} for row in swaps]
        answer = await self.client.post("/api/portal/home-classes", json={"changes": changes})
        assert answer.status_code == 200, answer.text
        return f"{len(answer.json()['items'])} students"

    async def unplace(self) -> None:
        """Let 500 students have one lesson group less, as a timetabler might."""
        await self.rig.rows(
            "desktop_sync",
            _UNPLACE,
            self.project,
            [one["department"] for one in (await self.diff())["departments"]],
            STUDENTS,
        )


async def main(folder: Path) -> None:
    settings = {"shared_preload_libraries": "pg_stat_statements"}
    async with (
        Servers(folder / "servers", fresh=True, postgres_settings=settings) as servers,
        Stack(folder / "stack", Options(fresh=True, servers=servers)) as stack,
    ):
        rig = Rig(stack, {})
        counter = Counter(rig, servers.database_url)
        await rig.quiet()
        await counter.prepare()
        async with rig.client("timetabler") as client:
            projects = (await client.get("/api/desktop/projects")).json()["items"]
            year = clock.school_year_name(clock.school_year_of(clock.today()))
            project = next(one["id"] for one in projects if one["school_year"] == year)
            desktop = Desktop(rig, client, counter, project)
            print(f"{'':<34}{'took':>9}" + "".join(f"{name + ' SQL':>18}" for name in DATABASES))
            await desktop.measured("upload, nothing differs", desktop.upload)
            await desktop.unplace()
            await desktop.measured(f"upload, {STUDENTS} differ", desktop.upload)
            await desktop.measured("other home classes in the portal", desktop.home_classes)
            await desktop.measured("refresh", desktop.refresh)
            await desktop.measured("download", desktop.download)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="doorstroom-") as temporary:
        Path(temporary).chmod(0o755)  # PostgreSQL runs as somebody else when we are root
        asyncio.run(main(Path(temporary)))
