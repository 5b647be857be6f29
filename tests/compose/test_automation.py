"""A program outside lets students leave: at the published port, and over TLS where that is asked for."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import aio_pika
import httpx
import pytest
from aio_pika.exceptions import AMQPConnectionError
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from yarl import URL

from tests.compose.composed import COMPOSE, ROOT, Composed, listens
from tests.deployment.rules import LOOPBACK

EXAMPLE = ROOT / "docs" / "examples" / "automation.py"


@pytest.fixture(scope="module")
def automation(school: Composed) -> URL:
    """Its address as it is told inside, read as 127.0.0.1."""
    told = URL(school.secret("topology/doorstroom_automation_amqp_url"))
    return told.with_host(LOOPBACK).with_port(school.amqp_port)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """It vouches for itself; its key lies beside it, in a folder as a school would have it."""
    folder: Path = tmp_path_factory.mktemp("tls")
    folder.chmod(0o755)
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
    return folder / "certificate.pem"


@pytest.fixture(scope="module")
def over_tls(school: Composed, certificate: Path) -> Iterator[Composed]:
    with_tls = os.pathsep.join([os.environ.get("COMPOSE_FILE", str(COMPOSE)), str(ROOT / "compose.tls.yml")])
    school.up(COMPOSE_FILE=with_tls, DOORSTROOM_TLS=str(certificate.parent))
    yield school
    school.up()


async def lets_leave(automation: URL, school: Composed, manager: httpx.AsyncClient) -> None:
    """The example as it stands, as a program of somebody else would run."""
    students = await school.take(manager, 2)
    run = await asyncio.create_subprocess_exec(
        sys.executable, EXAMPLE, *students, env={"AMQP_URL": str(automation)}, stdout=PIPE, stderr=PIPE
    )
    said, complained = await run.communicate()
    assert run.returncode == 0, (said, complained)
    for student in students:
        assert (await manager.get(f"/api/students/{student}/footprint")).json()["empty"] is True


async def test_a_program_lets_students_leave_through_the_published_port(automation, school, manager):
    await lets_leave(automation, school, manager)


async def test_a_program_on_another_machine_does_so_over_tls(automation, certificate, over_tls, manager):
    secured = automation.with_scheme("amqps").with_port(over_tls.amqps_port)

    await lets_leave(secured.with_query(cafile=str(certificate)), over_tls, manager)

    beyond = over_tls.address_beyond_loopback()
    assert (listens(beyond, over_tls.amqps_port), listens(beyond, over_tls.amqp_port)) == (True, False)
    with pytest.raises(AMQPConnectionError, match="self-signed certificate"):
        await aio_pika.connect(secured)
