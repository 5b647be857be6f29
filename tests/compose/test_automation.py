"""An automation outside hears of a departure: at the published port, and over TLS where that is asked for."""

import json
import os
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import aio_pika
import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from yarl import URL

from tests.compose.composed import COMPOSE, ROOT, Composed, depart, listens
from tests.deployment.rules import LOOPBACK

QUEUE = "automation.automation.completed"
COMPLETED = "portal.departure.completed.v1"


@pytest.fixture(scope="module")
def automation(school: Composed) -> URL:
    """Its address as it is told inside, read as 127.0.0.1."""
    told = URL(school.secret("topology/doorstroom_automation_amqp_url"))
    return told.with_host(LOOPBACK).with_port(school.amqp_port)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as a school would have it, with a certificate that vouches for itself."""
    folder: Path = tmp_path_factory.mktemp("tls")
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address(LOOPBACK))])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(names, critical=True)
        .sign(key, SHA256())
    )
    (folder / "certificate.pem").write_bytes(made.public_bytes(Encoding.PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return folder


@pytest.fixture(scope="module")
def over_tls(school: Composed, certificate: Path) -> Iterator[Composed]:
    with_tls = os.pathsep.join([os.environ.get("COMPOSE_FILE", str(COMPOSE)), str(ROOT / "compose.tls.yml")])
    school.up(COMPOSE_FILE=with_tls, DOORSTROOM_TLS=str(certificate))
    yield school
    school.up()


async def hears(
    automation: URL, school: Composed, manager: httpx.AsyncClient, trusted: ssl.SSLContext | None
):
    """A student leaves; the automation hears that it is completed."""
    [student] = await school.take(manager, 1)
    async with await aio_pika.connect(automation, ssl_context=trusted) as connection:
        queue = await (await connection.channel()).declare_queue(QUEUE, auto_delete=True)
        await queue.bind("doorstroom.facts", COMPLETED)
        await depart(manager, [student])
        async with queue.iterator(timeout=60) as messages:
            async for message in messages:
                assert json.loads(message.body)["student"] == student
                return


async def test_an_automation_hears_at_the_published_port(automation, school, manager):
    await hears(automation, school, manager, None)


async def test_an_automation_elsewhere_hears_over_tls(automation, certificate, over_tls, manager):
    trusted = ssl.create_default_context(cafile=certificate / "certificate.pem")
    secured = automation.with_scheme("amqps").with_port(over_tls.amqps_port)

    await hears(secured, over_tls, manager, trusted)

    assert listens(over_tls.address_beyond_loopback(), over_tls.amqps_port)
    assert not listens(over_tls.address_beyond_loopback(), over_tls.amqp_port)
    with pytest.raises(ssl.SSLCertVerificationError):
        await aio_pika.connect(secured, ssl_context=ssl.create_default_context())
