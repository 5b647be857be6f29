"""How long departures take and how many SQL statements they cost: 40 and 400 students in one run.

`python -m tests.benchmarks.departures [PROJECT_FILE]`: on the demo school, and on that of a file.
Statements are those PostgreSQL counted (pg_stat_statements), less what the services ask when nothing happens.
"""

import argparse
import asyncio
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from local_stack.servers import Servers
from local_stack.stack import Options, Stack
from shared import clock
from tests.support.rig import Rig

SIZES = (1, 40, 400)
IDLE_SECONDS = 10.0
DATABASES = ("portal", "users", "desktop_sync")


@dataclass(frozen=True)
class Measured:
    students: int
    answered: float
    completed: float
    statements: dict[str, float]


class Counter:
    """Statements per database since the last look."""

    def __init__(self, rig: Rig, administrator: str) -> None:
        self._rig, self._administrator = rig, administrator
        self.idle: dict[str, float] = {}

    async def prepare(self) -> None:
        await self._ask("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        await self.reset()
        await asyncio.sleep(IDLE_SECONDS)
        self.idle = {name: calls / IDLE_SECONDS for name, calls in (await self._calls()).items()}

    async def reset(self) -> None:
        await self._ask("SELECT pg_stat_statements_reset()")

    async def since_reset(self, seconds: float) -> dict[str, float]:
        return {name: calls - self.idle[name] * seconds for name, calls in (await self._calls()).items()}

    async def _calls(self) -> dict[str, float]:
        found = await self._ask(
            "SELECT datname, sum(calls) AS calls FROM pg_stat_statements(false) AS s "
            "JOIN pg_database AS d ON d.oid = s.dbid GROUP BY 1"
        )
        by_database = {row["datname"]: float(row["calls"]) for row in found}
        names = {
            name: self._rig.stack.description["databases"][name].rpartition("/")[2] for name in DATABASES
        }
        return {name: by_database.get(database, 0.0) for name, database in names.items()}

    async def _ask(self, query: str) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(self._administrator)
        try:
            return list(await connection.fetch(query))
        finally:
            await connection.close()


async def leave(rig: Rig, client: httpx.AsyncClient, counter: Counter, students: list[str]) -> Measured:
    await counter.reset()
    began = time.perf_counter()
    body = {"students": students, "reason": "graduated", "confirm_threshold": True}
    answer = await client.post("/api/portal/departures", json=body)
    answered = time.perf_counter() - began
    assert answer.status_code == 202, answer.text
    await rig.completed(answer.json()["batch"], seconds=120)
    completed = time.perf_counter() - began
    await rig.quiet()
    statements = await counter.since_reset(time.perf_counter() - began)
    await show_empty(client, students)
    return Measured(len(students), answered, completed, statements)


async def show_empty(client: httpx.AsyncClient, students: list[str]) -> None:
    for student in students:
        footprint = (await client.get(f"/api/students/{student}/footprint")).json()
        assert footprint["empty"], footprint


async def refuse_one_bad_code(rig: Rig, client: httpx.AsyncClient, students: list[str]) -> None:
    body = {"students": [*students, "987654321"], "reason": "left", "confirm_threshold": True}
    answer = await client.post("/api/portal/departures", json=body)
    begun = await rig.rows("portal", "SELECT 1 FROM departure WHERE student_code = ANY($1)", students)
    problem = answer.json()
    print(
        f"one bad code among {len(students)}: {answer.status_code} {problem['code']} {problem['params']},"
        f" departures begun: {len(begun)}"
    )


def report(school: str, measured: list[Measured]) -> None:
    print(f"\n{school}: departures in one request; all footprints empty")
    print(
        f"{'students':>9} {'answered':>9} {'completed':>10}" + "".join(f"{n + ' SQL':>18}" for n in DATABASES)
    )
    for one in measured:
        counted = "".join(f"{one.statements[name]:>18.0f}" for name in DATABASES)
        print(f"{one.students:>9} {one.answered:>8.2f}s {one.completed:>9.2f}s{counted}")
    few, many = measured[-2], measured[-1]
    ratios = "".join(f"{many.statements[n] / max(few.statements[n], 1):>18.2f}" for n in DATABASES)
    times = f"{many.answered / few.answered:>8.2f} {many.completed / few.completed:>10.2f}"
    print(f"{many.students}:{few.students:<6}{times}{ratios}")


async def measure(
    rig: Rig, client: httpx.AsyncClient, counter: Counter, students: list[str]
) -> list[Measured]:
    measured = []
    for size in SIZES:
        chosen, students = students[:size], students[size:]
        measured.append(await leave(rig, client, counter, chosen))
    return measured


async def enrolled(rig: Rig, school: str | None) -> list[str]:
    """Students of one school code, or of the demo schools."""
    year = clock.school_year_of(clock.today())
    found = await rig.rows(
        "portal",
        "SELECT DISTINCT student_code FROM enrolment JOIN school ON school.id = school_id "
        "WHERE school_year = $1 AND (school.code = $2 OR $2 IS NULL) ORDER BY 1",
        year,
        school,
    )
    login = rig.stack.description["logins"]["student"]["username"]
    guests = await rig.rows(
        "portal", "SELECT student_code FROM enrolment GROUP BY 1 HAVING count(DISTINCT school_id) > 1"
    )
    several = {row["student_code"] for row in guests} | {login}
    return [row["student_code"] for row in found if row["student_code"] not in several]


async def bring(client: httpx.AsyncClient, project: bytes) -> None:
    year = clock.school_year_name(clock.school_year_of(clock.today()))
    query: dict[str, Any] = {"school": "OWN", "branch": "HO", "year": year, "codes_from": 900_000}
    job = (await client.post("/api/imports/projects", params=query, content=project)).json()
    while job.get("state") not in ("done", "failed"):
        await asyncio.sleep(0.3)
        job = (await client.get(f"/api/imports/{job['id']}")).json()
    assert job["state"] == "done", job


async def main(folder: Path, project: bytes | None) -> None:
    settings = {"shared_preload_libraries": "pg_stat_statements"}
    async with (
        Servers(folder / "servers", fresh=True, postgres_settings=settings) as servers,
        Stack(folder / "stack", Options(fresh=True, servers=servers)) as stack,
    ):
        rig = Rig(stack, {})
        counter = Counter(rig, servers.database_url)
        await rig.quiet()
        await counter.prepare()
        async with rig.client() as client:
            students = await enrolled(rig, None)
            await refuse_one_bad_code(rig, client, students[-400:])
            report("Demo school", await measure(rig, client, counter, students))
        if project is not None:
            async with rig.client() as client:
                client.headers["Content-Type"] = "application/json"
                await bring(client, project)
                await rig.quiet()
                report("Imported school", await measure(rig, client, counter, await enrolled(rig, "OWN")))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("project_file", nargs="?", type=Path)
    file = parser.parse_args().project_file
    with tempfile.TemporaryDirectory(prefix="doorstroom-") as temporary:
        Path(temporary).chmod(0o755)  # PostgreSQL runs as somebody else when we are root
        asyncio.run(main(Path(temporary), file and file.read_bytes()))
