"""`doorstroom depart`, `watch`, `undo` and `cancel` as a person runs them, against the whole house."""

import asyncio
import os
import sys
from datetime import timedelta
from pathlib import Path

import httpx

from shared.clock import today
from tests.support.rig import Rig

COMMAND = Path(sys.executable).with_name("doorstroom")


async def doorstroom(rig: Rig, command: str, *arguments: str) -> tuple[int, str]:
    """Its exit code, and what it printed."""
    login = rig.stack.description["logins"]["application_manager"]
    told = {"DOORSTROOM_USERNAME": login["username"], "DOORSTROOM_PASSWORD": login["password"]}
    program = await asyncio.create_subprocess_exec(
        str(COMMAND), command, "--gateway", rig.gateway, *arguments,
        env=os.environ | told, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    printed, _ = await asyncio.wait_for(program.communicate(), 90)
    return program.returncode or 0, printed.decode()


def batch_in(printed: str) -> str:
    return next(line.removeprefix("Batch ") for line in printed.splitlines() if line.startswith("Batch "))


async def test_students_depart_and_come_back(rig: Rig, manager: httpx.AsyncClient):
    students = await rig.take(3)
    before = [(await manager.get(f"/api/students/{one}/footprint")).json()["portal"] for one in students]

    ended, printed = await doorstroom(rig, "depart", *students, "--yes")
    assert (ended, "3 completed" in printed) == (0, True), printed
    await rig.check(manager, students)
    watched, told = await doorstroom(rig, "watch", batch_in(printed))
    assert (watched, "3 completed" in told) == (0, True), told

    ended, printed = await doorstroom(rig, "undo", "--batch", batch_in(printed))
    assert (ended, "3 undone" in printed) == (0, True), printed
    after = [(await manager.get(f"/api/students/{one}/footprint")).json()["portal"] for one in students]
    assert after == before


async def test_a_planned_departure_is_called_off(rig: Rig, manager: httpx.AsyncClient):
    [student] = await rig.take(1)
    day = (today() + timedelta(days=20)).isoformat()

    ended, printed = await doorstroom(rig, "depart", student, "--yes", "--on", day)
    assert (ended, f"planned, leaves on {day}" in printed) == (0, True), printed
    listed = await manager.get("/api/portal/departures", params={"batch": batch_in(printed)})
    [departure] = listed.json()["items"]
    ended, printed = await doorstroom(rig, "cancel", departure["id"])

    assert (ended, printed.strip()) == (0, f"{student}  cancelled")
    assert (await manager.get(f"/api/students/{student}/footprint")).json()["empty"] is False


async def test_who_left_already_is_refused(rig: Rig):
    [student] = await rig.take(1)
    assert (await doorstroom(rig, "depart", student, "--yes"))[0] == 0

    ended, printed = await doorstroom(rig, "depart", student, "--yes")

    assert ended == 1
    assert "already_departed" in printed
    assert "Nothing was done" in printed
