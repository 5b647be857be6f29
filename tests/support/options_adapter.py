"""The options of every student of a project file as the HTTP API tells them, in the terms of the file.

`python -m tests.support.options_adapter INSTANCE ANSWERS` imports the file into a stack of its own; with
`--running` into the one that `make up` started. A file without codes is asked for (`group-options/1`): then
what the desktop calls a group or a class is what the file calls it. Each student is asked three times, with
no clash, one and two; who has no option is told the smallest conflicts. With `--swaps` the swaps too, of so
many others.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import httpx

from local_stack.stack import Options, Stack
from shared.clock import school_year_name, school_year_of, today

STACK_FILE = Path(__file__).parents[2] / ".local" / "stack.json"
MOST_CLASHES = (0, 1, 2)
K = 20
AT_ONCE = 4
POLL_SECONDS = 0.2

Json = dict[str, Any]


@dataclass
class Manager:
    """Asks at the gateway; logs in again when its token has ended."""

    client: httpx.AsyncClient
    login: Json
    took: list[float] = field(default_factory=list)

    async def get(self, path: str, **params: Any) -> Any:
        began = time.perf_counter()
        answer = await self.client.get(path, params=params)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            await self.log_in()
            return await self.get(path, **params)
        answer.raise_for_status()
        self.took.append(time.perf_counter() - began)
        return answer.json()

    async def log_in(self) -> None:
        form = {"grant_type": "password", **self.login}
        told = (await self.client.post("/api/users/oauth/token", data=form)).raise_for_status().json()
        self.client.headers["Authorization"] = f"Bearer {told['access_token']}"

    async def bring(self, file: bytes, name: str) -> Json:
        """Import it as a school of its own; the result."""
        await self.log_in()
        sent = await self.client.post(
            "/api/imports/projects",
            params={"school": name, "branch": name, "year": school_year_name(school_year_of(today()))},
            content=file,
            headers={"Content-Type": "application/json"},
        )
        sent.raise_for_status()
        while True:
            job = await self.get(f"/api/imports/{sent.json()['id']}")
            if job["failure"]:
                raise RuntimeError(job["failure"])
            if job["result"]:
                result: Json = job["result"]
                return result
            await asyncio.sleep(POLL_SECONDS)


@dataclass(frozen=True)
class Imported:
    """A file that was imported, and the code of each of its students."""

    manager: Manager
    document: Json
    project: int
    codes: Json

    @classmethod
    async def of(cls, manager: Manager, document: Json, name: str) -> Self:
        told = await manager.bring(json.dumps(document).encode(), name)
        own = {student["id"]: student.get("code") for student in document["students"]}
        return cls(manager, document, told["project"], own | told["codes"])

    async def answers(self, student: Json, max_clashes: int, swaps: int) -> list[Json]:
        """What one question is answered, in the parts that the file's form has."""
        path = f"/api/desktop/projects/{self.project}/students/{self.codes[student['id']]}/options"
        told = await self.manager.get(path, k=K, max_clashes=max_clashes, home="any", swaps=swaps)
        plain, swapped = ([row for row in told["rows"] if row["kind"] == kind] for kind in ("plain", "swap"))
        asked = {"student": student["id"], "query": {"k": K, "max_clashes": max_clashes}}
        rows = [_row(student, row) for row in plain]
        found = [{"kind": "options", **asked, "total": told["total"], "rows": rows}]
        if not told["total"]:
            sets = [one["subjects"] for one in told["explanation"]["sets"]]
            found.append({"kind": "conflicts", **asked, "sets": sets})
        if swaps:
            asked["query"] |= {"depth": swaps}
            rows = [_row(student, row) | {"others": self._others(row)} for row in swapped]
            found.append({"kind": "swaps", **asked, "rows": rows})
        return found

    def _others(self, row: Json) -> list[Json]:
        ids = {code: identity for identity, code in self.codes.items()}
        return [
            {
                "student": ids[other["student"]],
                "changes": {move["subject"]: move["to"]["code"] for move in other["moves"]},
            }
            for other in row["others"]
        ]


def _row(student: Json, row: Json) -> Json:
    """A row as an assignment: his groups of the file, and what the moves make of them."""
    groups = dict(student["groups"])
    for move in row["moves"]:
        groups[move["subject"]] = move["to"]["code"]
    home_class = row["home_class"]["to"]
    return {
        "home_class": home_class and home_class["code"],
        "groups": groups,
        **{name: row[name] for name in ("clashes", "changes", "overfull", "balance", "gaps")},
    }


async def answers_of(imported: Imported, students: Sequence[Json], swaps: int) -> list[Json]:
    """Of each student in the order of the file, a few asked about at once."""
    free = asyncio.Semaphore(AT_ONCE)

    async def of(student: Json) -> list[Json]:
        async with free:
            asked = [await imported.answers(student, most, swaps) for most in MOST_CLASHES]
            return [answer for answers in asked for answer in answers]

    return [answer for answers in await asyncio.gather(*map(of, students)) for answer in answers]


@asynccontextmanager
async def stack(folder: Path, *, running: bool) -> AsyncIterator[Json]:
    """What stack.json tells, of the one that runs or of one for this alone."""
    if running:
        yield json.loads(STACK_FILE.read_text())
        return
    async with Stack(folder, Options(demo=False, fresh=True)) as own:
        yield own.description


async def main(told: argparse.Namespace, folder: Path) -> str:
    document = json.loads(told.instance.read_text())
    async with (
        stack(folder, running=told.running) as described,
        httpx.AsyncClient(base_url=described["gateway"], timeout=120) as client,
    ):
        manager = Manager(client, described["logins"]["application_manager"])
        imported = await Imported.of(manager, document, told.name)
        manager.took.clear()
        answers = await answers_of(imported, document["students"][: told.students], told.swaps)
    told.answers.write_text(json.dumps({"instance": document.get("name"), "answers": answers}))
    took = sorted(manager.took)
    return f"{len(answers)} answers; half within {took[len(took) // 2] * 1000:.1f} ms, {AT_ONCE} at once"


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("instance", type=Path)
    arguments.add_argument("answers", type=Path)
    arguments.add_argument("--running", action="store_true", help="ask the stack that `make up` started")
    arguments.add_argument("--name", default="OPTIONS", help="the school and branch it is imported as")
    arguments.add_argument("--swaps", type=int, default=0, choices=(0, 1, 2), help="how many others may move")
    arguments.add_argument("--students", type=int, help="the first so many only")
    with tempfile.TemporaryDirectory(prefix="doorstroom-") as temporary:
        Path(temporary).chmod(0o755)  # PostgreSQL runs as somebody else when we are root
        sys.stdout.write(asyncio.run(main(arguments.parse_args(), Path(temporary))) + "\n")
