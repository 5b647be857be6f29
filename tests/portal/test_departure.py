"""A departure as the portal sees it: request, its own two steps over the real road, the results of others."""

from tests.support.eventually import eventually


async def depart(portal, *students, **more):
    return await portal.post("/departures", json={"students": list(students), "reason": "left"} | more)


async def enrolments_of(portal, code):
    return [e["kind"] for e in (await portal.get(f"/students/{code}")).json()["enrolments"]]


async def test_portal_does_its_own_two_steps(portal, school):
    answer = await depart(portal, "101")

    assert answer.status_code == 202, answer.text
    departure = answer.json()["items"][0]
    assert departure["state"] == "running"
    assert {step: s["state"] for step, s in departure["steps"].items()} == dict.fromkeys(
        ("enrolments", "prognoses", "account", "desktop"), "sent"
    )

    async def own_steps_done():
        steps = (await portal.get(f"/departures/{departure['id']}")).json()["steps"]
        return steps if steps["enrolments"]["state"] == steps["prognoses"]["state"] == "done" else None

    steps = await eventually(own_steps_done)
    assert steps["enrolments"]["removed"] == {"enrolments": [school.now["enrolments"]["101"]]}
    assert steps["prognoses"]["removed"] == {"enrolments": [school.later["enrolments"]["101"]]}
    assert await enrolments_of(portal, "101") == []
    assert await enrolments_of(portal, "102") == ["enrolment", "prognosis"]
    footprint = (await portal.get("/students/101/footprint")).json()
    assert footprint == {"enrolments": [], "prognoses": []}


async def test_unknown_students_are_named_and_nothing_happens(portal, school):
    answer = await depart(portal, "101", "999", "998")

    assert answer.status_code == 422
    assert answer.json()["code"] == "unknown_students"
    assert answer.json()["params"]["students"] == ["998", "999"]
    assert (await portal.get("/departures")).json()["items"] == []


async def test_second_request_names_the_departure_that_runs(portal, school):
    first = (await depart(portal, "101")).json()["items"][0]

    second = await depart(portal, "101")

    assert (second.status_code, second.json()["code"]) == (409, "departure_running")
    assert second.json()["params"]["departure"] == first["id"]


async def test_prognoses_are_kept_on_purpose(portal, school):
    departure = (await depart(portal, "101", prognoses="keep")).json()["items"][0]

    assert departure["steps"]["prognoses"]["state"] == "kept"
    await eventually(lambda: _is(portal, "101", ["prognosis"]))


async def _is(portal, code, kinds):
    return await enrolments_of(portal, code) == kinds


async def test_preview_shows_what_would_go_and_changes_nothing(portal, school):
    answer = await portal.post("/departures/preview", json={"students": ["101", "104"]})

    first, last = sorted(answer.json()["items"], key=lambda item: item["student"])
    assert [e["id"] for e in first["enrolments"]] == [school.now["enrolments"]["101"]]
    assert [e["id"] for e in first["prognoses"]] == [school.later["enrolments"]["101"]]
    assert last["prognoses"] == []
    assert first["enrolments"][0]["choice_package"] == ["biol", "wisA"]
    assert await enrolments_of(portal, "101") == ["enrolment", "prognosis"]


async def test_more_than_the_threshold_needs_a_confirmation(portal, school, portal_app, monkeypatch):
    monkeypatch.setattr(portal_app.state.settings, "departure_threshold", 1)

    refused = await depart(portal, "101", "102")
    confirmed = await depart(portal, "101", "102", confirm_threshold=True)

    assert (refused.status_code, refused.json()["code"]) == (409, "threshold_exceeded")
    assert confirmed.status_code == 202


async def test_same_idempotency_key_gives_the_same_answer(portal, school):
    body = {"students": ["101"], "reason": "left"}
    first = await portal.post("/departures", json=body, headers={"Idempotency-Key": "k1"})
    again = await portal.post("/departures", json=body, headers={"Idempotency-Key": "k1"})
    other = await portal.post(
        "/departures", json=body | {"students": ["102"]}, headers={"Idempotency-Key": "k1"}
    )

    assert first.json() == again.json()
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
