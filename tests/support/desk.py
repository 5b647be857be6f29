"""The timetabler at his desktop, step by step as the handbook has it, through the gateway."""

from collections.abc import Sequence
from typing import Any

import httpx

from tests.support.eventually import eventually

Json = dict[str, Any]


class Desk:
    """One project, seen by somebody who is logged in."""

    def __init__(self, client: httpx.AsyncClient, project: int) -> None:
        self.client, self.project = client, project
        self.path = f"/api/desktop/projects/{project}"

    async def get(self, path: str = "", **params: Any) -> Json:
        answer = await self.client.get(f"{self.path}{path}", params=params)
        assert answer.status_code == 200, answer.text
        told: Json = answer.json()
        return told

    async def post(self, path: str, status: int = 200, **body: Any) -> Json:
        answer = await self.client.post(f"{self.path}{path}", json=body)
        assert answer.status_code == status, answer.text
        told: Json = answer.json()
        return told

    async def refresh(self, how: str = "refresh", *, seconds: float = 30) -> Json:
        """Press the cloud, and wait until portal and users have answered."""
        asked = await self.post(f"/{how}", 202)

        async def ended() -> Json | None:
            told = await self.get(f"/refreshes/{asked['id']}")
            assert told["state"] != "failed", told
            return told if told["state"] == "done" else None

        done = await eventually(ended, seconds=seconds, what="the refresh")
        assert done
        return done

    async def counts(self) -> dict[str, int]:
        """The data check, by kind."""
        counts: dict[str, int] = (await self.get("/data-check"))["counts"]
        return counts

    async def check(self, kind: str) -> dict[str, Json]:
        """The rows of one kind, by student."""
        return {item["code"]: item for item in (await self.get("/data-check", kind=kind, limit=200))["items"]}

    async def take_over(self, kind: str, students: Sequence[str] | None = None) -> Json:
        body: Json = {"kind": kind} | ({} if students is None else {"students": list(students)})
        return await self.post("/take-over", **body)

    async def student(self, code: str) -> Json | None:
        """His card; None when the project does not have him."""
        answer = await self.client.get(f"{self.path}/students/{code}")
        assert answer.status_code in {200, 404}, answer.text
        return answer.json() if answer.status_code == 200 else None

    async def differences(self, department: int) -> dict[str, Json]:
        """Download and upload show the same list first: who differs, by student."""
        found: dict[str, Json] = {}
        cursor = None
        while True:
            page = await self.get(
                "/placements/diff",
                department=department,
                limit=200,
                **({"cursor": cursor} if cursor else {}),
            )
            found |= {item["code"]: item for item in page["items"]}
            cursor = page["next"]
            if cursor is None:
                return found

    async def upload(self, departments: Sequence[int], **more: Any) -> Json:
        """Diff first, then confirm: what is uploaded is what was seen, of project and copy."""
        diff = await self.get("/placements/diff", department=departments[0])
        seen = {"revision": diff["revision"], "copy_taken_at": diff["copy_taken_at"]}
        job = await self.post("/placements/upload", 202, departments=list(departments), **seen | more)

        async def ended() -> Json | None:
            told = await self.get(f"/uploads/{job['id']}")
            assert told["state"] != "failed", told
            return told if told["state"] == "done" else None

        done = await eventually(ended, seconds=60, what="the upload")
        assert done
        return done
