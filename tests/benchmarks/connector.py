"""What the connector costs on one project of 1,900 students, by size: time, SQL, transactions, messages.

`python -m tests.benchmarks.connector`: uploads of 20, 190 and 1,900 rows that all differ, and the last again
when nothing does; then 5, 50 and 500 students to other home classes in the portal, a refresh and a download.
A transaction is a request or a batch of messages: statements grow with those, not with rows.
"""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from local_stack.servers import Servers
from local_stack.stack import Options, Stack
from tests.benchmarks.big_school import CLUSTERS, PARTS, TIMETABLER, bring_big_school
from tests.benchmarks.counted import Counter, UncountedRig
from tests.support.eventually import eventually
from tests.support.own_school import PASSWORD
from tests.support.rig import SERVICES

UPLOADS = (("H2",), ("H3",), tuple(part.department for part in PARTS))
MOVES = (5, 50, 500)

_UNPLACE = """
UPDATE placement SET lesson_group_id = NULL FROM student AS s
WHERE placement.project_id = $1 AND s.project_id = $1 AND s.code = student_code AND subject_code = $2
  AND s.department_id = ANY($3) RETURNING 1
"""

_OTHER_CLASS = """
WITH classes AS (
  SELECT "group".id, department_id,
         lead("group".id) OVER (PARTITION BY department_id ORDER BY "group".id) AS next
  FROM "group" JOIN department ON department.id = department_id
  WHERE project_id = $1 AND home_class_authority = 'portal' AND is_home_class
)
SELECT enrolment.id AS enrolment, next AS "group"
FROM enrolment JOIN classes ON classes.id = home_class_id
WHERE next IS NOT NULL ORDER BY student_code LIMIT $2 OFFSET $3
"""


@dataclass(frozen=True)
class Desktop:
    """The project as its timetabler sees it."""

    rig: UncountedRig
    client: httpx.AsyncClient
    counter: Counter
    project: int
    departments: dict[str, int]

    async def post(self, what: str, status: int, **body: Any) -> Any:
        path = f"/api/desktop/projects/{self.project}/{what}"
        answer = await self.client.post(path, json=body or None)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def ended(self, table: str, job: str) -> str:
        """The state in which a job ended. Looked up unseen: the looks of its event stream are counted."""
        query = f"SELECT state FROM {table} WHERE id = $1 AND ended_at IS NOT NULL"

        async def look() -> Any:
            return await self.rig.rows("desktop_sync", query, job)

        [row] = await eventually(look, seconds=120, what=table)
        return str(row["state"])

    async def measured(self, what: str, act: Callable[[], Awaitable[str]]) -> None:
        await self.rig.quiet(seconds=120)
        await self.counter.reset()
        began = time.perf_counter()
        done = await act()
        took = time.perf_counter() - began
        await self.rig.quiet(seconds=120)
        costs = await self.counter.since_reset(time.perf_counter() - began)
        counted = "".join(
            f"{one.statements:>10.0f}{one.commits:>5.0f}{one.messages:>6.0f}" for one in costs.values()
        )
        print(f"{what:<34}{took:>7.2f}s{counted}  {done}", flush=True)

    async def upload(self, departments: tuple[str, ...]) -> str:
        [seen] = await self.rig.rows(
            "desktop_sync", "SELECT revision FROM project WHERE id = $1", self.project
        )
        ids = [self.departments[one] for one in departments]
        job = await self.post("placements/upload", 202, departments=ids, revision=seen["revision"])
        assert await self.ended("upload", job["id"]) == "done"
        counted = await self.rig.rows(
            "desktop_sync",
            "SELECT result, count(*) AS rows FROM uploaded_row WHERE upload_id = $1 GROUP BY 1",
            job["id"],
        )
        return ", ".join(f"{row['rows']} {row['result']}" for row in counted)

    async def unplace(self, subject: str, departments: tuple[str, ...]) -> int:
        """Let each student have one lesson group less, as a timetabler might."""
        ids = [self.departments[one] for one in departments]
        return len(await self.rig.rows("desktop_sync", _UNPLACE, self.project, subject, ids))

    async def home_classes(self, count: int, after: int) -> str:
        swaps = await self.rig.rows("portal", _OTHER_CLASS, self.project, count, after)
        changes = [dict(row) for row in swaps]
        answer = await self.client.post("/api/portal/home-classes", json={"changes": changes})
        assert answer.status_code == 200, answer.text
        return f"{len(answer.json()['items'])} students"

    async def refresh(self) -> str:
        job = await self.post("refresh", 202)
        return await self.ended("refresh", job["id"])

    async def download(self) -> str:
        portal_led = [self.departments[part.department] for part in PARTS if part.led_by == "portal"]
        done = await self.post("placements/download", 200, departments=portal_led)
        return f"{len(done['items'])} students"


async def measure(desktop: Desktop) -> None:
    print(f"{'SQL statements, transactions,':<42}" + "".join(f"{name:>21}" for name in SERVICES))
    print(f"{'messages per service':<34}{'took':>8}" + f"{'SQL':>10}{'tx':>5}{'msg':>6}" * len(SERVICES))
    for subject, departments in zip(CLUSTERS, UPLOADS, strict=True):
        rows = await desktop.unplace(subject, departments)
        await desktop.measured(f"upload, {rows} rows differ", partial(desktop.upload, departments))
    await desktop.measured("upload, nothing differs", partial(desktop.upload, UPLOADS[-1]))
    after = 0
    for count in MOVES:
        await desktop.measured(
            f"portal: {count} other home classes",
            partial(desktop.home_classes, count, after),
        )
        await desktop.measured("refresh", desktop.refresh)
        await desktop.measured(f"download, {count} differ", desktop.download)
        after += count


async def main(folder: Path) -> None:
    settings = {"shared_preload_libraries": "pg_stat_statements"}
    async with (
        Servers(folder / "servers", fresh=True, postgres_settings=settings) as servers,
        Stack(folder / "stack", Options(fresh=True, demo=False, servers=servers)) as stack,
    ):
        rig = UncountedRig(stack, {})
        counter = Counter(rig)
        async with rig.client() as manager, httpx.AsyncClient(base_url=rig.gateway, timeout=60) as client:
            project = await bring_big_school(rig, manager)
            token = await rig.token(client, TIMETABLER, PASSWORD)
            client.headers["Authorization"] = f"Bearer {token}"
            found = await rig.rows("portal", "SELECT id, code FROM department WHERE project_id = $1", project)
            departments = {row["code"]: row["id"] for row in found}
            await counter.prepare()
            await measure(Desktop(rig, client, counter, project, departments))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="doorstroom-") as temporary:
        Path(temporary).chmod(0o755)  # PostgreSQL runs as somebody else when we are root
        asyncio.run(main(Path(temporary)))
