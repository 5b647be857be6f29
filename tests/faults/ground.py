"""What a scenario is played on, and what happens there while something strikes."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import uuid4

import httpx

from shared import clock
from tests.support.invariants import Footprint, footprints
from tests.support.own_school import ProjectFile, Schools, imported
from tests.support.requests import departure_until_accepted, undo_until_accepted
from tests.support.rig import Rig

DEPARTURES = "/api/portal/departures"


@dataclass
class Ground:
    """Students nobody else has, and what there was of them; `doors` are where departures are requested."""

    rig: Rig
    manager: httpx.AsyncClient
    students: list[str]
    before: dict[str, Footprint]
    doors: list[str] = field(default_factory=lambda: [DEPARTURES])

    files: tuple[ProjectFile, ...] = ()

    @classmethod
    async def taken(cls, rig: Rig, manager: httpx.AsyncClient, count: int) -> "Ground":
        students = await rig.take(count)
        return cls(rig, manager, students, await footprints(manager, students))

    @classmethod
    async def own_school(cls, rig: Rig, manager: httpx.AsyncClient, count: int) -> "Ground":
        """With the project files it was imported from."""
        school, students = await Schools(rig, manager, size=count).take(count)
        before = await footprints(manager, students)
        return cls(rig, manager, students, before, files=school.files)

    async def departures(self) -> list[str]:
        query = "SELECT id::text FROM departure WHERE student_code = ANY($1) ORDER BY id"
        return [row["id"] for row in await self.rig.rows("portal", query, self.students)]


@dataclass(frozen=True)
class Act:
    """`begin` returns when it is accepted; the departures then end in one of the states `ends`."""

    name: str
    begin: Callable[[Ground], Awaitable[None]]
    ends: frozenset[str] = frozenset({"completed"})
    after_departure: bool = False


async def _depart(ground: Ground) -> None:
    await departure_until_accepted(ground.manager, ground.students)


async def _one_by_one(ground: Ground) -> None:
    """About 20 requests a second, and as many questions; none may be answered with a 500."""
    for student in ground.students:
        await departure_until_accepted(ground.manager, [student])
        for path in ("portal/students", "users/users", "desktop/projects"):
            answer = await _asked(ground.manager, f"/api/{path}?limit=1")
            assert answer in {200, 503, None}, f"{path}: {answer}"
        await asyncio.sleep(0.02)


async def _asked(client: httpx.AsyncClient, path: str) -> int | None:
    """The status; None without an answer: the gateway is away."""
    try:
        return (await client.get(path)).status_code
    except httpx.TransportError:
        return None


async def _undo(ground: Ground) -> None:
    await undo_until_accepted(ground.manager, await ground.departures())


async def _depart_and_undo(ground: Ground) -> None:
    await _depart(ground)
    await _undo(ground)


async def _several_at_once(ground: Ground) -> None:
    """Of four requests for each student one is accepted."""
    client = ground.manager
    for student in ground.students:
        body = {"students": [student], "reason": "left"}
        answers = await asyncio.gather(*(client.post(d, json=body) for d in (ground.doors * 4)[:4]))
        assert sorted(answer.status_code for answer in answers) == [202, 409, 409, 409]
        codes = {answer.json()["code"] for answer in answers if answer.status_code == 409}
        assert codes <= {"departure_running", "already_departed"}, codes


async def _same_key_at_once(ground: Ground) -> None:
    """A client that sends its request again while the first is on its way: one batch."""
    body = {"students": ground.students, "reason": "left"}
    key = {"Idempotency-Key": str(uuid4())}
    answers = await asyncio.gather(
        *(ground.manager.post(DEPARTURES, json=body, headers=key) for _ in range(4))
    )
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["batch"] for answer in answers}) == 1


async def _undo_several_at_once(ground: Ground) -> None:
    """Undone while the first messages are on their way, by three people at the same moment."""
    for student in ground.students:
        requested = await ground.manager.post(DEPARTURES, json={"students": [student], "reason": "left"})
        undo = f"{DEPARTURES}/{requested.json()['items'][0]['id']}/undo"
        answers = await asyncio.gather(*(ground.manager.post(undo) for _ in range(3)))
        assert sorted(answer.status_code for answer in answers) == [202, 409, 409]


async def _cancel_as_it_becomes_due(ground: Ground) -> None:
    """Each is cancelled within the half second in which the portal begins it: one of the two goes first."""
    batch = await departure_until_accepted(
        ground.manager, ground.students, leaves_on=str(clock.today() + timedelta(days=1))
    )
    due = "UPDATE departure SET due_at = now() + interval '0.5 s' WHERE batch = $1"
    await ground.rig.rows("portal", due, batch)
    for number, departure in enumerate(await ground.departures()):
        await asyncio.sleep(0.25 if number else 0.4)
        answer = await ground.manager.post(f"{DEPARTURES}/{departure}/cancel")
        assert answer.status_code == 200 or answer.json()["code"] in {"departure_running", "already_departed"}


async def _delete_enrolments(ground: Ground) -> None:
    """What a departure meets today of other placement changes: somebody deletes the enrolments by hand."""
    held = [ground.before[student]["portal"] for student in ground.students]
    ids = [one["id"] for portal in held for one in portal["enrolments"] + portal["prognoses"]]
    requested, *deleted = await asyncio.gather(
        ground.manager.post(DEPARTURES, json={"students": ground.students, "reason": "left"}),
        *(ground.manager.delete(f"/api/portal/enrolments/{one}") for one in ids),
    )
    assert requested.status_code == 202, requested.text
    for answer in deleted:
        assert answer.status_code in {200, 404} or answer.json()["code"] == "departure_running", answer.text


async def _change_departments(ground: Ground) -> None:
    """Each is moved to another department at the moment he leaves: one of the two goes first."""
    for student in ground.students:
        [held] = ground.before[student]["portal"]["enrolments"]
        filters = {"project": held["project"], "limit": 200}
        departments = (await ground.manager.get("/api/portal/departments", params=filters)).json()["items"]
        other = next(
            one["id"]
            for one in departments
            if one["branch"] == held["branch"] and one["id"] != held["department"]["id"]
        )
        requested, moved = await asyncio.gather(
            ground.manager.post(DEPARTURES, json={"students": [student], "reason": "left"}),
            ground.manager.put(
                f"/api/portal/enrolments/{held['id']}/department",
                json={"department": other, "choice_package": "wipe"},
            ),
        )
        assert requested.status_code == 202, requested.text
        assert moved.status_code in {200, 404} or moved.json()["code"] == "departure_running", moved.text


async def _import_again(ground: Ground) -> None:
    """Whether a student is imported just before he leaves or just after: he is not brought back."""

    async def depart() -> None:
        for student in ground.students:
            await departure_until_accepted(ground.manager, [student])

    await asyncio.gather(depart(), *(imported(ground.manager, file) for file in ground.files))


DEPARTURE = Act("a departure", _depart)
ONE_BY_ONE = Act("departures one by one", _one_by_one)
UNDO = Act("an undo", _undo, frozenset({"undone"}), after_departure=True)
UNDO_WHILE_RUNNING = Act("a departure and its undo", _depart_and_undo, frozenset({"undone"}))
SEVERAL_AT_ONCE = Act("four requests for one student", _several_at_once)
SAME_KEY_AT_ONCE = Act("one request sent four times", _same_key_at_once)
UNDO_AT_ONCE = Act("a departure and three undos", _undo_several_at_once, frozenset({"undone"}))
CANCEL_WHEN_DUE = Act(
    "a cancel at the second it is due", _cancel_as_it_becomes_due, frozenset({"cancelled", "completed"})
)
DELETED_BY_HAND = Act("a departure and its enrolments deleted", _delete_enrolments)
MOVED = Act("a departure and a change of department", _change_departments)
IMPORTED_AGAIN = Act("a departure and an import", _import_again)
