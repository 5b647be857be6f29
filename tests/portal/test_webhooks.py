"""Webhooks: what is registered, what a real receiver gets, and how it is signed."""

import json
import logging
from uuid import uuid4

import pytest
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from shared.contracts.rights import Role
from tests.support.eventually import eventually
from tests.support.receiver import HANG, NO_BODY, receiving

COMPLETED, REQUESTED = "portal.departure.completed.v1", "portal.departure.requested.v1"
CANCELLED = "portal.departure.cancelled.v1"


async def register(portal, url, **more):
    answer = await portal.post("/webhooks", json={"url": url} | more)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def depart(portal, *students):
    answer = await portal.post("/departures", json={"students": students, "reason": "left"})
    assert answer.status_code == 202, answer.text
    return answer.json()["items"]


async def deliveries(portal, webhook, **filters):
    answer = await portal.get(f"/webhooks/{webhook['id']}/deliveries", params=filters)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def ended(portal, webhook, *, attempts=1):
    """The only delivery of a webhook, once it was tried so often and that attempt has ended."""

    async def look():
        [one] = await deliveries(portal, webhook) or [None]
        done = one and one["attempts"] >= attempts and (one["status"] or one["error"])
        return one if done else None

    return await eventually(look, what="the attempt has ended")


async def shown(portal, webhook):
    return (await portal.get(f"/webhooks/{webhook['id']}")).json()


async def changed(portal, webhook, **change):
    etag = (await portal.get(f"/webhooks/{webhook['id']}")).headers["ETag"]
    answer = await portal.patch(f"/webhooks/{webhook['id']}", json=change, headers={"If-Match": etag})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_receiver_hears_of_a_departure_signed_as_the_standard_says(portal, school):
    async with receiving() as receiver:
        webhook = await register(portal, receiver.url, types=[REQUESTED])
        [departure] = await depart(portal, "101")
        [request] = await eventually(receiver.received, what="the webhook")
        delivery = await ended(portal, webhook)

    told = Verifier(webhook["secret"]).verify(request.body, request.headers)
    assert told["type"] == REQUESTED
    assert told["timestamp"] == told["data"]["at"]
    assert (told["data"]["departure"], told["data"]["student"]) == (departure["id"], "101")
    assert request.line == "POST /hooks?from=doorstroom HTTP/1.1"
    assert request.headers["host"] == f"localhost:{receiver.port}"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["webhook-id"] == delivery["id"]
    assert (delivery["state"], delivery["status"], delivery["attempts"]) == ("delivered", 204, 1)
    with pytest.raises(WebhookVerificationError):
        Verifier(webhook["secret"]).verify(request.body.replace("101", "102"), request.headers)


async def test_webhook_hears_only_its_types_and_only_while_it_is_active(portal, school):
    async with receiving() as all_types, receiving() as cancelled_only, receiving() as off:
        everything = await register(portal, all_types.url)
        cancels = await register(portal, cancelled_only.url, types=[CANCELLED])
        silent = await register(portal, off.url)
        await changed(portal, silent, active=False)
        await depart(portal, "101", "102")
        await eventually(lambda: all_types.received(2), what="both")

    assert {json.loads(request.body)["type"] for request in all_types.requests} == {REQUESTED}
    assert len(await deliveries(portal, everything)) == 2
    assert await deliveries(portal, cancels) == await deliveries(portal, silent) == []
    assert cancelled_only.requests == off.requests == []


async def test_failed_attempt_is_made_again_under_the_same_id(portal, sql, caplog):
    caplog.set_level(logging.INFO)
    async with receiving(500) as receiver:
        webhook = await register(portal, receiver.url)
        await portal.post(f"/webhooks/{webhook['id']}/test")
        failed = await ended(portal, webhook)
        assert (failed["state"], failed["status"]) == ("waiting", 500)
        assert (await shown(portal, webhook))["failing_since"]
        await sql("UPDATE webhook_delivery SET next_attempt_at = now()")
        await eventually(lambda: receiver.received(2), what="the second attempt")
        await eventually(lambda: deliveries(portal, webhook, state="delivered"))

    first, second = receiver.requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    assert (await shown(portal, webhook))["failing_since"] is None
    assert "from=doorstroom" not in caplog.text
    assert "whsec_" not in caplog.text


async def test_receiver_that_hangs_and_one_that_is_away_hold_up_nobody(portal, school):
    async with receiving() as gone:
        pass
    async with receiving(*[HANG] * 8) as hanging, receiving() as good:
        await register(portal, hanging.url)
        away = await register(portal, gone.url)
        await register(portal, good.url)
        departures = await depart(portal, "101", "102", "103")
        await eventually(lambda: good.received(3), seconds=5, what="the good one")
        await eventually(
            lambda: hanging.received(3), seconds=5, what="the hanging one, which has not answered"
        )
        assert (await portal.get(f"/departures/{departures[0]['id']}")).status_code == 200

        async def all_failed():
            return all(d["error"] == "ConnectError" for d in await deliveries(portal, away))

        await eventually(all_failed)
    assert {d["state"] for d in await deliveries(portal, away)} == {"waiting"}


async def test_receiver_that_is_gone_is_switched_off_and_can_be_switched_on(portal):
    async with receiving(410) as receiver:
        webhook = await register(portal, receiver.url)
        await portal.post(f"/webhooks/{webhook['id']}/test")
        assert (await ended(portal, webhook))["state"] == "failed"
        off = await shown(portal, webhook)
        assert (off["active"], off["switched_off"]["reason"]) == (False, "gone")
        refused = await portal.post(f"/webhooks/{webhook['id']}/test")
        assert (refused.status_code, refused.json()["code"]) == (409, "webhook_off")

        on = await changed(portal, webhook, active=True)
        assert (on["active"], on["switched_off"]) == (True, None)
        [delivery] = await deliveries(portal, webhook, state="failed")
        again = await portal.post(f"/webhooks/{webhook['id']}/deliveries/{delivery['id']}/retry")
        assert (again.status_code, again.json()["state"]) == (202, "waiting")
        await eventually(lambda: deliveries(portal, webhook, state="delivered"))


async def test_webhook_that_failed_for_days_is_switched_off_and_says_so(portal, sql):
    async with receiving(500) as receiver:
        webhook = await register(portal, receiver.url)
        await sql("UPDATE webhook SET failing_since = now() - interval '73 hours'")
        await portal.post(f"/webhooks/{webhook['id']}/test")
        await ended(portal, webhook)

    off = await shown(portal, webhook)
    assert (off["active"], off["switched_off"]["reason"]) == (False, "failing")


async def test_redirect_is_a_failure_and_is_not_followed(portal):
    async with receiving() as elsewhere, receiving(307) as receiver:
        receiver.headers = f"Location: {elsewhere.url}\r\n{NO_BODY}"
        webhook = await register(portal, receiver.url)
        await portal.post(f"/webhooks/{webhook['id']}/test")
        delivery = await ended(portal, webhook)

    assert (delivery["state"], delivery["status"], elsewhere.requests) == ("waiting", 307, [])


async def test_secret_is_shown_once_and_after_its_renewal_both_sign_for_a_day(portal, sql):
    async with receiving() as receiver:
        webhook = await register(portal, receiver.url)
        listed = await portal.get("/webhooks")
        renewed = (await portal.post(f"/webhooks/{webhook['id']}/secret")).json()
        assert webhook["secret"] != renewed["secret"]
        for seen in (listed, await portal.get(f"/webhooks/{webhook['id']}")):
            assert "secret" not in seen.json()
            assert "whsec_" not in seen.text

        await portal.post(f"/webhooks/{webhook['id']}/test")
        [both] = await eventually(receiver.received)
        await sql("UPDATE webhook SET old_secret_until = now()")
        await portal.post(f"/webhooks/{webhook['id']}/test")
        _, new_only = await eventually(lambda: receiver.received(2))

    for secret in (webhook["secret"], renewed["secret"]):
        assert Verifier(secret).verify(both.body, both.headers)["type"] == "ping"
    Verifier(renewed["secret"]).verify(new_only.body, new_only.headers)
    with pytest.raises(WebhookVerificationError):
        Verifier(webhook["secret"]).verify(new_only.body, new_only.headers)


async def test_repeated_request_makes_one_webhook_and_keeps_no_secret(portal):
    headers = {"Idempotency-Key": "once"}
    body = {"url": "http://localhost:9/hooks"}
    first = await portal.post("/webhooks", json=body, headers=headers)
    second = await portal.post("/webhooks", json=body, headers=headers)

    assert first.json() | {"secret": None} == second.json()
    assert first.json()["secret"].startswith("whsec_")
    assert len((await portal.get("/webhooks")).json()["items"]) == 1


async def test_change_asks_for_the_version_that_was_seen(portal):
    webhook = await register(portal, "http://localhost:9/hooks", types=[COMPLETED], description="the keys")
    path = f"/webhooks/{webhook['id']}"
    blind = await portal.patch(path, json={"types": None})
    stale = await portal.patch(path, json={"types": None}, headers={"If-Match": '"7"'})
    assert (blind.status_code, blind.json()["code"]) == (428, "version_required")
    assert (stale.status_code, stale.json()["code"]) == (412, "version_stale")

    after = await changed(portal, webhook, types=None, url="http://127.0.0.1:9/other")

    assert (after["types"], after["url"], after["description"]) == (
        None,
        "http://127.0.0.1:9/other",
        "the keys",
    )
    assert after["version"] > webhook["version"]


async def test_removed_webhook_is_gone_with_its_deliveries(portal):
    webhook = await register(portal, "http://localhost:9/hooks")
    await portal.post(f"/webhooks/{webhook['id']}/test")

    assert (await portal.delete(f"/webhooks/{webhook['id']}")).status_code == 204

    for method, path in (
        ("GET", ""),
        ("DELETE", ""),
        ("POST", "/secret"),
        ("POST", "/test"),
        ("GET", "/deliveries"),
        ("POST", f"/deliveries/{uuid4()}/retry"),
    ):
        assert (await portal.request(method, f"/webhooks/{webhook['id']}{path}")).status_code == 404, path
        assert (await portal.request(method, f"/webhooks/nonsense{path}")).status_code == 404, path


async def test_only_who_manages_every_branch_may_listen(house, portal):
    for roles, status in (
        ({Role.STUDENT_OFFICE: None}, 403),
        ({Role.APPLICATION_MANAGER: [1]}, 403),
        ({Role.APPLICATION_MANAGER: None}, 200),
    ):
        headers = {"Authorization": f"Bearer {house.token('somebody', roles)}"}
        assert (await portal.get("/webhooks", headers=headers)).status_code == status, roles


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("http://receiver.example/", "not_https"),
        ("http://10.0.0.1/", "not_https"),
        ("https://user:word@93.184.216.34/", "credentials"),
        ("https://10.0.0.1/", "private_address"),
        ("https://169.254.169.254/latest/meta-data", "private_address"),
        ("https://[fd00:ec2::254]/", "private_address"),
        ("https://[::ffff:192.168.1.1]/", "private_address"),
        ("https://0xA000001/", "private_address"),
        ("https://0.0.0.0/", "private_address"),
        ("https://nobody.invalid/", "unknown_host"),
    ],
)
async def test_url_that_leads_inside_is_refused(portal, url, fault):
    answer = await portal.post("/webhooks", json={"url": url})

    assert (answer.status_code, answer.json()["code"]) == (422, "webhook_url_refused")
    assert answer.json()["params"] == {"fault": fault}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"url": "ftp://localhost/"},
        {"url": "not a url"},
        {"url": "https://" + "a" * 3000},
        {"url": "http://localhost/", "types": ["portal.student.placed.v1"]},
        {"url": "http://localhost/", "types": []},
        {"url": "http://localhost/", "secret": "whsec_mine"},
    ],
)
async def test_malformed_webhook_is_refused(portal, body):
    answer = await portal.post("/webhooks", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")


async def test_metrics_count_the_deliveries(portal):
    async with receiving() as receiver:
        webhook = await register(portal, receiver.url)
        await portal.post(f"/webhooks/{webhook['id']}/test")
        await eventually(lambda: deliveries(portal, webhook, state="delivered"))

    told = (await portal.get("/metrics")).text
    assert 'doorstroom_webhook_deliveries{state="delivered"} 1.0' in told
    assert 'doorstroom_webhook_deliveries{state="failed"} 0.0' in told
