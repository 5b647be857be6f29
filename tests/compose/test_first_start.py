"""`docker compose up` on a machine that has nothing: what runs, with which rights, and who reaches it."""

import asyncio
from typing import Any

import pytest

from tests.compose.composed import Composed, Container, docker, listens
from tests.deployment.rules import JOBS, LOOPBACK, PUBLISHED, SERVERS, SERVICES


def service_of(container: Container) -> str:
    name: str = container["Config"]["Labels"]["com.docker.compose.service"]
    return name


def test_what_lasts_is_healthy_and_every_job_has_ended_well(composed: Composed):
    states = {service_of(container): container["State"] for container in composed.containers()}

    assert states.keys() == SERVERS | SERVICES | JOBS - {"demo"}
    assert {states[name]["Health"]["Status"] for name in SERVERS | SERVICES} == {"healthy"}
    assert {(states[job]["Status"], states[job]["ExitCode"]) for job in JOBS - {"demo"}} == {("exited", 0)}


def test_nobody_is_root_nor_can_become_it(composed: Composed):
    for container in composed.containers(*SERVERS, *SERVICES):
        told = docker("exec", container["Id"], "cat", "/proc/1/status")
        status = dict(line.split(":\t", 1) for line in told.splitlines() if ":\t" in line)
        assert "0" not in status["Uid"].split(), service_of(container)
        assert int(status["CapEff"], 16) == int(status["CapBnd"], 16) == 0, service_of(container)
        assert status["NoNewPrivs"].strip() == "1", service_of(container)


def test_ours_write_nowhere_but_in_tmp(composed: Composed):
    writes = "import sys; open(sys.argv[1], 'w')"
    for container in composed.containers(*SERVICES):
        folders = ("/app", "/opt/doorstroom", f"/run/doorstroom/{service_of(container)}", "/var/tmp")  # noqa: S108
        for folder in folders:
            with pytest.raises(AssertionError, match="Read-only file system"):
                docker("exec", container["Id"], "python", "-c", writes, f"{folder}/file")
        docker("exec", container["Id"], "python", "-c", writes, "/tmp/file")  # noqa: S108


def test_published_are_the_door_and_amqp_on_this_machine_only(composed: Composed):
    published: dict[str, list[Any]] = {}
    for container in composed.containers():
        for port, addresses in container["NetworkSettings"]["Ports"].items():
            if addresses:
                published.setdefault(service_of(container), []).append(
                    (port, [a["HostIp"] for a in addresses])
                )
    assert published == {name: [(f"{port}/tcp", [LOOPBACK])] for name, port in PUBLISHED.items()}

    beyond = composed.address_beyond_loopback()
    for port in (composed.gateway_port, composed.amqp_port):
        assert listens(LOOPBACK, port)
        assert not listens(beyond, port)


@pytest.mark.parametrize("server", [("postgres", 5432), ("rabbitmq", 5672)], ids=lambda server: server[0])
def test_the_door_reaches_no_server(composed: Composed, server: tuple[str, int]):
    connects = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 2)"
    host, port = server
    composed.compose("exec", "-T", "portal", "python", "-c", connects, host, str(port))
    with pytest.raises(AssertionError, match="gaierror"):
        composed.compose("exec", "-T", "gateway", "python", "-c", connects, host, str(port))


async def test_a_second_up_changes_nothing(composed: Composed):
    before = {c["Id"]: c["State"]["StartedAt"] for c in composed.containers(*SERVERS, *SERVICES)}

    await asyncio.to_thread(composed.up)

    assert {c["Id"]: c["State"]["StartedAt"] for c in composed.containers(*SERVERS, *SERVICES)} == before
    assert composed.secret("manager/doorstroom_password") == composed.passwords["manager"]
    async with composed.client():
        pass
