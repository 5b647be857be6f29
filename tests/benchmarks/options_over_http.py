"""How long a question about options takes from outside on the demo school, and whether many fill the memory.

`python -m tests.benchmarks.options_over_http`: 20 questions a second whether or not the last is answered,
first warm, then each the first after a change; then 10,000 questions, and what the desktop holds then.
"""

import asyncio
import itertools
import random
import tempfile
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

from local_stack.servers import Servers
from local_stack.stack import Options, Stack
from tests.support.rig import Rig

RATE, SECONDS = 20.0, 30.0
CHANGES = 150
MANY, AT_ONCE = 10_000, 4
REFRESH_SECONDS = 200.0

_STUDENTS = """
SELECT s.code, s.project_id AS project FROM student AS s JOIN project AS p ON p.id = s.project_id
WHERE s.branch_id = ANY($1) AND p.school_year = (
  SELECT min(school_year) FROM project JOIN lesson_group ON project_id = project.id
  JOIN lesson ON lesson_group_id = lesson_group.id
) ORDER BY s.code
"""
_BRANCHES = (
    'SELECT r.branch_id FROM role_assignment AS r JOIN "user" AS u ON u.code = r."user" WHERE username = $1'
)


@dataclass(frozen=True)
class Asked:
    """A student of a project."""

    code: str
    project: int

    @property
    def options(self) -> str:
        return f"/api/desktop/projects/{self.project}/students/{self.code}/options"

    @property
    def placements(self) -> str:
        return f"/api/desktop/projects/{self.project}/students/{self.code}/placements"


@dataclass
class Timetabler:
    """Asks through the door, with a token that is still good."""

    rig: Rig
    client: httpx.AsyncClient
    taken_at: float = -REFRESH_SECONDS

    async def ask(self, student: Asked, **params: int) -> httpx.Response:
        answer = await self.client.get(student.options, params=params)
        assert answer.status_code == 200, answer.text
        return answer

    async def took(self, student: Asked, **params: int) -> float:
        """Milliseconds."""
        began = time.perf_counter()
        await self.ask(student, **params)
        return (time.perf_counter() - began) * 1000

    async def log_in(self) -> None:
        """Again, before the token ends."""
        if time.monotonic() - self.taken_at >= REFRESH_SECONDS:
            token = await self.rig.token(self.client, **self.rig.stack.description["logins"]["timetabler"])
            self.client.headers["Authorization"] = f"Bearer {token}"
            self.taken_at = time.monotonic()

    async def change(self, student: Asked) -> bool:
        """Apply his best row that is not how he stands now; whether there was one."""
        told = (await self.ask(student, k=5)).json()
        others = [row for row in told["rows"] if not row["current"] and row["allowed"]]
        if not others:
            return False
        body = {"revision": told["revision"], "row": others[0]["id"]}
        answer = await self.client.post(student.placements, json=body)
        assert answer.status_code == 200, answer.text
        return True


async def at_rate(
    ask: Callable[[Asked], Coroutine[Any, Any, float]], students: Sequence[Asked]
) -> list[float]:
    """Milliseconds of each question; one begins every 50 ms."""
    began, asked = time.perf_counter(), []
    for number, student in enumerate(students):
        await asyncio.sleep(max(0.0, began + number / RATE - time.perf_counter()))
        asked.append(asyncio.create_task(ask(student)))
    return list(await asyncio.gather(*asked))


async def after_changes(timetabler: Timetabler, students: Sequence[Asked]) -> list[float]:
    """Milliseconds of the first question after each change, at the pace of the others."""
    took = list[float]()
    for student in itertools.islice(itertools.cycle(students), 20 * CHANGES):
        if len(took) == CHANGES:
            break
        await timetabler.log_in()
        if await timetabler.change(student):
            took.append(await timetabler.took(student))
            await asyncio.sleep(1 / RATE)
    return took


async def many(timetabler: Timetabler, students: Sequence[Asked]) -> float:
    """Ask 10,000; the seconds that took."""
    questions = iter(itertools.islice(itertools.cycle(students), MANY))

    async def worker() -> None:
        for student in questions:
            await timetabler.log_in()
            await timetabler.ask(student, max_clashes=1)

    began = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
    return time.perf_counter() - began


def report(what: str, took: list[float]) -> None:
    took.sort()
    p50, p99 = took[len(took) // 2], took[min(len(took) - 1, int(len(took) * 0.99))]
    print(f"{what:<34}{len(took):>6} asked   p50 {p50:6.1f} ms   p99 {p99:6.1f} ms", flush=True)


async def students_of(rig: Rig) -> list[Asked]:
    """The running year's students in the branches of the demo's timetabler, in no order."""
    login = rig.stack.description["logins"]["timetabler"]["username"]
    branches = [row["branch_id"] for row in await rig.rows("users", _BRANCHES, login)]
    rows = await rig.rows("desktop_sync", _STUDENTS, branches)
    students = [Asked(row["code"], row["project"]) for row in rows]
    random.Random(1).shuffle(students)
    return students


async def measure(rig: Rig, timetabler: Timetabler) -> None:
    students = await students_of(rig)
    print(f"{len(students)} students of the timetabler's branches, k = 20")
    for student in students:
        await timetabler.log_in()
        await timetabler.ask(student)
    some = [random.Random(2).choice(students) for _ in range(int(RATE * SECONDS))]
    report("warm, no clash", await at_rate(timetabler.took, some))
    await timetabler.log_in()
    report("warm, two clashes", await at_rate(lambda one: timetabler.took(one, max_clashes=2), some))
    report("first after a change", await after_changes(timetabler, students))
    desktop = psutil.Process(rig.pid("desktop_sync"))
    before = desktop.memory_info().rss
    seconds = await many(timetabler, students)
    after = desktop.memory_info().rss
    print(
        f"{MANY} questions in {seconds:.0f} s ({MANY / seconds:.0f}/s); "
        f"memory of the desktop {before / 2**20:.1f} → {after / 2**20:.1f} MiB"
    )


async def main(folder: Path) -> None:
    async with (
        Servers(folder / "servers", fresh=True) as servers,
        Stack(folder / "stack", Options(fresh=True, servers=servers)) as stack,
    ):
        rig = Rig(stack, {})
        async with httpx.AsyncClient(base_url=rig.gateway, timeout=30) as client:
            await rig.quiet(seconds=120)
            await measure(rig, Timetabler(rig, client))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="doorstroom-") as temporary:
        Path(temporary).chmod(0o755)  # PostgreSQL runs as somebody else when we are root
        asyncio.run(main(Path(temporary)))
