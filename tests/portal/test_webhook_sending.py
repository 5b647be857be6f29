"""How a webhook is sent: when again, by whom, and to which address."""

import asyncio
import ssl
from contextlib import aclosing
from datetime import timedelta
from ipaddress import ip_address
from uuid import uuid4

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy import update

from portal.features import receiver_lookup
from portal.features.webhook_deliveries import (
    Letter,
    end_attempts,
    forget_old,
    payload_of,
    take_due,
    write_deliveries,
)
from portal.models.receiver_address import is_public
from portal.models.webhook import OffReason, Webhook
from portal.models.webhook_delivery import DELAYS, Attempt, DeliveryState, WebhookDelivery, delay_after
from portal.webhook_lanes import webhook_loops
from portal.webhook_posting import Post
from shared import clock
from shared.contracts.facts import DepartureCancelled
from shared.contracts.ids import DepartureId, SchoolId, StudentCode, UserCode
from shared.contracts.message import Envelope
from shared.ids import new_id
from tests.support.counting import counted_statements
from tests.support.eventually import eventually
from tests.support.receiver import HANG, receiving

NOW = clock.now()
DUE_NOW = update(WebhookDelivery).values(next_attempt_at=NOW)


def a_webhook(url="https://receiver.example/"):
    return Webhook.register(url, None, "", UserCode("manager"), NOW)


def a_delivery(webhook):
    return WebhookDelivery.of(webhook, new_id(), "ping", payload_of("ping", NOW, {}), NOW)


def letter_to(url):
    return Letter(uuid4(), url, "{}", {"webhook-id": "1"}, None)


def test_schedule_is_the_standards_and_ends_after_three_days():
    waits = [delay_after(attempts, chance=0) for attempts in range(1, 12)]
    assert waits == [*DELAYS, None, None]
    assert [wait.total_seconds() for wait in DELAYS[:3]] == [5, 300, 1800]
    assert sum(DELAYS, timedelta()) == timedelta(hours=75, minutes=35, seconds=5)
    assert delay_after(1, chance=0.5) == timedelta(seconds=5.25)


def test_delivery_is_tried_ten_times_and_then_failed():
    webhook = a_webhook()
    delivery, now = a_delivery(webhook), NOW
    while delivery.state is DeliveryState.WAITING:
        delivery.take(now)
        delivery.end_attempt(webhook, Attempt(status=503), now, chance=0)
        now = delivery.next_attempt_at or now

    assert (delivery.state, delivery.attempts, delivery.status) == (DeliveryState.FAILED, 10, 503)
    assert (webhook.active, webhook.off_reason) == (False, OffReason.FAILING)


def test_one_success_in_those_days_keeps_it_active():
    webhook = a_webhook()
    webhook.note_failure(NOW)
    webhook.note_success()
    webhook.note_failure(NOW + timedelta(days=4))
    assert webhook.active


@pytest.mark.parametrize(
    "inside",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",  # noqa: S104
        "224.0.0.1", "255.255.255.255", "240.0.0.1", "192.0.0.192", "168.63.129.16",
        "::1", "::", "fe80::1", "fd00:ec2::254", "fec0::1", "ff02::1", "::ffff:10.0.0.1", "::7f00:1",
        "64:ff9b::a9fe:a9fe", "2002:a00:1::", "2001:0:4136:e378:8000:63bf:f5ff:fffe",
    ],
)  # fmt: skip
def test_address_inside_is_not_public(inside):
    assert not is_public(ip_address(inside))


@pytest.mark.parametrize("outside", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:93.184.216.34"])
def test_address_outside_is_public(outside):
    assert is_public(ip_address(outside))


@pytest.fixture
def points_to(monkeypatch):
    """Lets every name lead to these addresses, in the next look-ups."""

    def point(*addresses):
        async def look_up(_host, _port):
            return [ip_address(address) for address in addresses]

        monkeypatch.setattr(receiver_lookup, "_look_up", look_up)

    return point


async def test_name_that_leads_inside_by_now_is_not_connected_to(portal, points_to):
    points_to("93.184.216.34")
    answer = await portal.post("/webhooks", json={"url": "https://receiver.example/"})
    assert answer.status_code == 201

    async with receiving() as receiver, aclosing(Post(private_allowed=False)) as post:
        for trap in (["127.0.0.1"], ["10.0.0.1"], ["93.184.216.34", "127.0.0.1"]):
            points_to(*trap)
            attempt = await post.bring([letter_to(f"https://receiver.example:{receiver.port}/")])
            assert attempt == [Attempt(error="private_address")], trap
    assert receiver.requests == []


def certificate_for(name, folder):
    """A server's context with a certificate of its own, and one that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "server.pem").write_bytes(secret + pem)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "server.pem")
    return server, ssl.create_default_context(cadata=pem.decode())


async def test_it_connects_to_the_address_that_was_judged_and_asks_for_the_names_certificate(
    points_to, tmp_path
):
    server, trusting = certificate_for("receiver.test", tmp_path)
    points_to("127.0.0.9", "127.0.0.1")  # nobody listens at the first
    async with (
        receiving(tls=server) as receiver,
        aclosing(Post(private_allowed=True, certificates=trusting)) as post,
        aclosing(Post(private_allowed=True)) as strict,
    ):
        right, wrong = (f"https://{name}.test:{receiver.port}/" for name in ("receiver", "other"))
        assert await post.bring([letter_to(right)]) == [Attempt(status=204)]
        assert await post.bring([letter_to(wrong)]) == [Attempt(error="ConnectError")]
        assert await strict.bring([letter_to(right)]) == [Attempt(error="ConnectError")]

    [request] = receiver.requests
    assert request.headers["host"] == f"receiver.test:{receiver.port}"


async def test_receiver_that_never_answers_is_given_up():
    async with receiving(HANG) as receiver, aclosing(Post(private_allowed=False, seconds=0.3)) as post:
        assert await post.bring([letter_to(receiver.url)]) == [Attempt(error="timeout")]


async def test_answer_counts_before_its_body_has_come():
    async with receiving(200) as receiver, aclosing(Post(private_allowed=False, seconds=5)) as post:
        receiver.headers = "Content-Length: 1000000000\r\n"
        assert await post.bring([letter_to(receiver.url)]) == [Attempt(status=200)]


async def test_what_one_took_nobody_else_takes_until_the_lease_is_over(portal, work):
    async with work() as uow:
        webhook = a_webhook()
        uow.webhooks.add(webhook)
        await uow.session.flush()
        uow.webhook_deliveries.add(a_delivery(webhook))
        [lost] = await take_due(uow, webhook.id, 8)
        assert await take_due(uow, webhook.id, 8) == []

        await uow.session.execute(DUE_NOW)
        [taken_over] = await take_due(uow, webhook.id, 8)
        await end_attempts(uow, webhook.id, [(lost, Attempt(status=500))])
        delivery = await uow.webhook_deliveries.lock_one(webhook.id, lost.message_id)
        assert delivery.status is None
        await end_attempts(uow, webhook.id, [(taken_over, Attempt(status=200))])
        assert (delivery.state, delivery.attempts) == (DeliveryState.DELIVERED, 2)


async def test_two_replicas_send_each_delivery_once(portal, portal_app):
    other_replica, _ = webhook_loops(portal_app.state.settings)
    running = asyncio.ensure_future(other_replica(portal_app.state.road))
    async with receiving() as receiver:
        webhook = (await portal.post("/webhooks", json={"url": receiver.url})).json()
        for _ in range(30):
            await portal.post(f"/webhooks/{webhook['id']}/test")
        await eventually(lambda: receiver.received(30), what="all of them")
        path = f"/webhooks/{webhook['id']}/deliveries?limit=200"

        async def all_delivered():
            return {d["state"] for d in (await portal.get(path)).json()["items"]} == {"delivered"}

        await eventually(all_delivered)
    running.cancel()
    await asyncio.wait([running])
    ids = [request.headers["webhook-id"] for request in receiver.requests]
    assert len(ids) == len(set(ids)) == 30


async def test_deliveries_are_remembered_for_14_days(portal, work):
    async with work() as uow:
        webhook = a_webhook()
        uow.webhooks.add(webhook)
        await uow.session.flush()
        kept, old = a_delivery(webhook), a_delivery(webhook)
        kept.created_at, old.created_at = NOW - timedelta(days=13), NOW - timedelta(days=15)
        uow.session.add_all([kept, old])
        await forget_old(uow)
        left = await uow.webhook_deliveries.lock(webhook.id, [kept.message_id, old.message_id])
        assert list(left) == [kept.message_id]


def a_fact():
    fact = DepartureCancelled(
        departure=DepartureId(new_id()), student=StudentCode("101"), school=SchoolId(1), at=NOW
    )
    fact.arrived(Envelope(new_id(), "c"))
    return fact


async def test_statements_do_not_grow_with_facts_or_webhooks(portal, work, engine):
    counts = []
    for webhooks, facts in ((1, 1), (3, 50)):
        async with work() as uow:
            for _ in range(webhooks):
                uow.webhooks.add(a_webhook())
            await uow.session.flush()
            with counted_statements(engine) as statements:
                await write_deliveries(uow, [a_fact() for _ in range(facts)])
            counts.append(len(statements))
            rows = (await uow.session.execute(WebhookDelivery.__table__.select())).all()
            assert len(rows) == webhooks * facts
    assert counts == [1, 1]
