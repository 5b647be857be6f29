"""Depart, watch, undo and cancel against a gateway whose answers a test decides."""

from collections import deque
from typing import Any
from uuid import uuid4

import pytest

from doorstroom import door, following
from tests.cli.conftest import Gateway, run

BATCH, FIRST, SECOND = str(uuid4()), str(uuid4()), str(uuid4())
PATH = "/api/portal/departures"
STEPS = ("enrolments", "prognoses", "account", "desktop")


def departure(student: str = "101", *, state: str = "running", step: str = "sent", **more: Any) -> Any:
    shown = {"state": step, "reason": None, "left_over": None} | more.pop("step_more", {})
    identity = {"id": {"101": FIRST, "102": SECOND}[student], "batch": BATCH, "student": student}
    return identity | {"state": state, "leaves_on": "2027-01-31", "steps": dict.fromkeys(STEPS, shown)} | more


def outlook(student: str = "101", refusal: str | None = None) -> Any:
    enrolment = {"department": {"code": "H4"}, "school_year": "2026-2027"}
    return {
        "student": student,
        "enrolments": [enrolment],
        "prognoses": [],
        "kept": {},
        "refusal": refusal and {"code": refusal, "params": {}},
        "users": {"account": {"active": True}, "guardians": [{"code": "g7"}]},
        "desktop": {"projects": [{"project": 4, "placements": [{}] * 12}]},
    }


COMPLETED = departure(state="completed", step="done")


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(following, "_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(door, "_PAUSE_SECONDS", 0.01)


@pytest.fixture
def gateway(gateway: Gateway) -> Gateway:
    gateway.answers |= {
        f"POST {PATH}/preview": (200, {"items": [outlook()], "threshold_exceeded": False}),
        f"POST {PATH}": (202, {"batch": BATCH, "items": [departure()]}),
        f"GET {PATH}/events": (200, [departure(), COMPLETED]),
        f"GET {PATH}": (200, {"items": [], "next": None}),
    }
    return gateway


@pytest.fixture
def somebody(monkeypatch):
    """There is somebody at a terminal."""
    monkeypatch.setattr("doorstroom.commands.depart.on_a_terminal", lambda: True)


def depart(gateway: Gateway, *more: str, typed: str | None = None):
    return run("depart", *more, "--gateway", gateway.url, typed=typed)


def test_a_departure_is_previewed_requested_and_followed_to_its_end(gateway):
    done = depart(gateway, "101", "--yes", "--reason", "graduated", "--on", "2027-01-31", "--school", "3")

    assert done.exit_code == 0, done.output
    for part in ("H4 2026-2027", "12 placements", f"Batch {BATCH}", "101  completed", "1 completed"):
        assert part in done.stdout
    [asked] = gateway.bodies(f"POST {PATH}")
    assert asked == {
        "students": ["101"],
        "leaves_on": "2027-01-31",
        "reason": "graduated",
        "prognoses": "remove",
        "guardians": "keep",
        "school": 3,
        "confirm_threshold": False,
    }


def test_codes_come_from_a_file_too_each_once(gateway, tmp_path):
    codes = tmp_path / "codes.txt"
    codes.write_text("102\n\n 101 \n102\n", encoding="utf-8-sig")  # as Windows writes it
    depart(gateway, "101", "--file", str(codes), "--yes")
    assert gateway.bodies(f"POST {PATH}")[0]["students"] == ["101", "102"]


def test_a_long_list_is_previewed_whole_so_that_guardians_of_two_of_them_are_named(gateway):
    codes = [*map(str, range(1000, 1450))]
    depart(gateway, *codes, "--yes")
    assert [body["students"] for body in gateway.bodies(f"POST {PATH}/preview")] == [codes]


@pytest.mark.parametrize(("policy", "named"), [("archive", True), ("keep", False)])
def test_the_preview_names_the_guardians_who_go_along(gateway, policy, named):
    done = depart(gateway, "101", "--preview", "--guardians", policy)
    assert ("archived, guardian g7" in done.stdout) is named


def test_a_preview_that_cannot_be_made_now_ends_with_2(gateway):
    gateway.answers[f"POST {PATH}/preview"] = (503, {"code": "preview_incomplete", "detail": "Try later"})
    done = depart(gateway, "101", "--yes")
    assert done.exit_code == 2
    assert "preview_incomplete" in done.stderr


def test_a_preview_changes_nothing(gateway):
    done = depart(gateway, "101", "--preview")
    assert done.exit_code == 0
    assert "Nothing was done" in done.stdout
    assert gateway.bodies(f"POST {PATH}") == []


def test_who_is_refused_keeps_all_of_them(gateway):
    items = [outlook("101"), outlook("102", refusal="already_departed")]
    gateway.answers[f"POST {PATH}/preview"] = (200, {"items": items, "threshold_exceeded": False})
    done = depart(gateway, "101", "102", "--yes")
    assert done.exit_code == 1
    assert "refused: already_departed" in done.stdout
    assert gateway.bodies(f"POST {PATH}") == []


def test_unknown_students_are_named(gateway):
    refusal = {"code": "unknown_students", "detail": "Not known", "params": {"students": ["998", "999"]}}
    gateway.answers[f"POST {PATH}/preview"] = (422, refusal)
    done = depart(gateway, "998", "999", "--yes")
    assert done.exit_code == 1
    assert "998, 999" in done.stderr


@pytest.mark.usefixtures("somebody")
@pytest.mark.parametrize(
    ("many", "typed", "ends", "requests"),
    [(False, "y\n", 0, 1), (False, "n\n", 1, 0), (True, "2\n", 0, 1), (True, "y\n", 1, 0)],
    ids=["yes", "no", "the number", "not the number"],
)
def test_somebody_says_whether_to_go_on(gateway, many, typed, ends, requests):
    items = [outlook("101"), outlook("102")]
    gateway.answers[f"POST {PATH}/preview"] = (200, {"items": items, "threshold_exceeded": many})
    done = depart(gateway, "101", "102", typed=typed)
    assert done.exit_code == ends, done.output
    asked = gateway.bodies(f"POST {PATH}")
    assert [body["confirm_threshold"] for body in asked] == [many] * requests


def test_without_a_terminal_nobody_is_asked_and_nothing_done(gateway):
    done = depart(gateway, "101")
    assert done.exit_code == 2
    assert "--yes" in done.stderr
    assert gateway.bodies(f"POST {PATH}") == []


@pytest.mark.parametrize("codes", [(), ("10a",), ("-1",)])
def test_what_is_no_list_of_codes_ends_with_2(gateway, codes):
    assert depart(gateway, *codes, "--yes").exit_code == 2


def test_a_planned_departure_is_not_waited_for(gateway):
    gateway.answers[f"POST {PATH}"] = (202, {"batch": BATCH, "items": [departure(state="scheduled")]})
    done = depart(gateway, "101", "--yes")
    assert done.exit_code == 0
    assert "planned, leaves on 2027-01-31" in done.stdout
    assert not [route for route, _, _ in gateway.asked if route.endswith("/events")]


def test_a_request_that_is_not_answered_is_made_again_with_its_key(gateway):
    away = (503, {"code": "try_later"})
    gateway.answers[f"POST {PATH}"] = deque([away, away, gateway.answers[f"POST {PATH}"]])
    assert depart(gateway, "101", "--yes").exit_code == 0
    assert len(gateway.keys) == 3
    assert len(set(gateway.keys)) == 1


def test_a_request_that_is_never_answered_ends_with_2(gateway):
    gateway.answers[f"POST {PATH}"] = (502, {})
    assert depart(gateway, "101", "--yes").exit_code == 2


def test_a_stream_that_breaks_off_is_taken_up_again(gateway):
    parts = [(200, [departure()]), (502, {}), (200, [departure(), COMPLETED])]
    gateway.answers[f"GET {PATH}/events"] = deque(parts)
    done = depart(gateway, "101", "--yes")
    assert (done.exit_code, done.stdout.count("101  completed")) == (0, 1)


def test_a_gateway_that_stays_away_ends_with_2_and_says_how_to_go_on(gateway, monkeypatch):
    monkeypatch.setattr(following, "_PATIENCE_SECONDS", 0.05)
    gateway.answers[f"GET {PATH}/events"] = (503, {"code": "try_later", "detail": "Away"})
    done = depart(gateway, "101", "--yes")
    assert done.exit_code == 2
    assert f"Batch {BATCH}" in done.stdout
    assert "doorstroom watch" in done.stderr


@pytest.mark.parametrize(
    ("more", "said", "ends"),
    [
        (
            {"step": "failed", "step_more": {"reason": "not_a_student"}},
            "failed: enrolments (not_a_student)",
            1,
        ),
        ({"step": "sent", "step_more": {"reason": following.WAITS}}, "waits for a timetabler", 0),
        ({"state": "undone", "step": "undone"}, "undone", 1),
    ],
    ids=["failed", "waiting", "undone by another"],
)
def test_it_ends_when_only_a_person_can_go_on(gateway, more, said, ends):
    gateway.answers[f"GET {PATH}/events"] = (200, [departure(), departure(**more)])
    done = depart(gateway, "101", "--yes")
    assert done.exit_code == ends, done.output
    assert said in done.stdout


def test_watch_follows_all_that_goes_on(gateway):
    running = (200, {"items": [departure("101")], "next": "c"})
    undoing = (200, {"items": [departure("102", state="undoing")], "next": None})
    nothing: Any = (200, {"items": [], "next": None})
    gateway.answers[f"GET {PATH}"] = deque([running, nothing, undoing])
    undone = departure("102", state="undone", step="undone")
    gateway.answers[f"GET {PATH}/events"] = (200, [COMPLETED, undone])

    done = run("watch", "--gateway", gateway.url)

    assert done.exit_code == 0, done.output
    assert {"101  completed", "102  undone", "1 completed", "1 undone"} <= {
        line.strip() for line in done.stdout.splitlines()
    }
    asked = [query for route, query, _ in gateway.asked if route == f"GET {PATH}"]
    assert asked == ["state=running&limit=200", "state=running&limit=200&cursor=c", "state=undoing&limit=200"]


def test_watch_says_when_nothing_goes_on(gateway):
    done = run("watch", "--gateway", gateway.url)
    assert (done.exit_code, done.stdout.strip()) == (0, "Nothing goes on now.")


def test_watch_takes_a_batch_or_a_departure(gateway):
    gateway.answers[f"GET {PATH}/{FIRST}"] = (200, departure())
    done = run("watch", FIRST, "--gateway", gateway.url)
    assert (done.exit_code, "101  completed" in done.stdout) == (0, True)
    assert gateway.asked[1][:2] == (f"GET {PATH}", f"batch={FIRST}&limit=200")
    assert run("watch", SECOND, "--gateway", gateway.url).exit_code == 1


def test_a_batch_is_undone_and_what_is_refused_or_left_over_is_named(gateway):
    refused = [{"departure": SECOND, "student": "102", "code": "undo_window_over"}]
    taken = {"items": [departure(state="undoing")], "refused": refused}
    gateway.answers[f"POST {PATH}/undo"] = (202, taken)
    left = {"left_over": [{"what": "group:17", "why": "full"}]}
    back = departure(state="undone", step="undone", step_more=left)
    gateway.answers[f"GET {PATH}/events"] = (200, [back])

    done = run("undo", "--batch", BATCH, "--gateway", gateway.url)

    assert done.exit_code == 1
    assert "102  refused: undo_window_over" in done.stderr
    assert "101  undone, left over: group:17 full" in done.stdout
    assert gateway.bodies(f"POST {PATH}/undo") == [{"batch": BATCH}]


def test_departures_are_undone(gateway):
    gateway.answers[f"POST {PATH}/undo"] = (202, {"items": [departure(state="undoing")], "refused": []})
    gateway.answers[f"GET {PATH}/events"] = (200, [departure(state="undone", step="undone")])
    done = run("undo", FIRST, "--gateway", gateway.url)
    assert (done.exit_code, "1 undone" in done.stdout) == (0, True)
    assert gateway.bodies(f"POST {PATH}/undo") == [{"departures": [FIRST]}]


@pytest.mark.parametrize("arguments", [(), (FIRST, "--batch", BATCH), ("no-id",)])
def test_undo_asks_for_departures_or_a_batch(gateway, arguments):
    assert run("undo", *arguments, "--gateway", gateway.url).exit_code == 2


def test_a_planned_departure_is_called_off(gateway):
    gateway.answers[f"POST {PATH}/{FIRST}/cancel"] = (200, departure(state="cancelled"))
    done = run("cancel", FIRST, "--gateway", gateway.url)
    assert (done.exit_code, done.stdout.strip()) == (0, "101  cancelled")
    gateway.answers[f"POST {PATH}/{FIRST}/cancel"] = (409, {"code": "departure_running"})
    assert run("cancel", FIRST, "--gateway", gateway.url).exit_code == 1
