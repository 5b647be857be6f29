"""What is composed, as whoever deploys it handles it: docker compose, docker, the two published ports."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.support.eventually import eventually

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "docker-compose.yml"
PROGRAM = Path(sys.executable).with_name("docker-compose")
# Beside a deployment of the same machine, and not in its place.
NAMES = {"COMPOSE_PROJECT_NAME": "doorstroom-test", "DOORSTROOM_IMAGE": "doorstroom-test:1"}

Container = dict[str, Any]


def docker_answers() -> bool:
    """Whether there is a docker here: a command, and an engine behind it."""
    try:
        return subprocess.run(["docker", "info"], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


def docker(*arguments: str) -> str:
    """A docker command and what it says; AssertionError with its complaint when it fails."""
    return _said(["docker", *arguments], {})


def compose(*arguments: str, environment: dict[str, str] | None = None) -> str:
    """A docker compose command on our files, without a .env of the checkout, and what it says."""
    files = {"COMPOSE_FILE": str(COMPOSE)} | os.environ | NAMES | (environment or {})
    return _said([str(PROGRAM), "--env-file", "/dev/null", *arguments], files)


def _said(command: Sequence[str], environment: dict[str, str]) -> str:
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout


def listens(host: str, port: int) -> bool:
    """Whether something takes a connection there."""
    try:
        with socket.create_connection((host, port), timeout=2):
            return True
    except OSError:
        return False


@dataclass
class Composed:
    """A running deployment; tests take students from its demo school that nobody took before."""

    gateway_port: int
    amqp_port: int
    amqps_port: int
    passwords: dict[str, str] = field(default_factory=dict)
    logins: dict[str, str] = field(default_factory=dict)
    _students: list[str] = field(default_factory=list)

    def compose(self, *arguments: str, **environment: str) -> str:
        """With the ports of this deployment, and what is set here besides."""
        ports = {
            "DOORSTROOM_PORT": self.gateway_port,
            "DOORSTROOM_AMQP_PORT": self.amqp_port,
            "DOORSTROOM_AMQPS_PORT": self.amqps_port,
        }
        return compose(
            *arguments, environment={name: str(port) for name, port in ports.items()} | environment
        )

    def up(self, *arguments: str, **environment: str) -> None:
        """As its first lines say; back when all that lasts is healthy."""
        self.compose("up", "--detach", "--wait", *arguments, **environment)

    def down(self) -> None:
        """And nothing kept, nor what a run that was killed left."""
        self.compose("--profile", "*", "down", "--volumes", "--remove-orphans", "--timeout", "20")

    def secret(self, path: str) -> str:
        """As the first lines of docker-compose.yml say."""
        return self.compose("run", "--rm", "secrets", "cat", f"/run/doorstroom/{path}")

    def containers(self, *services: str) -> list[Container]:
        """All of them, or those of these services, by name."""
        ids = self.compose("ps", "--all", "--quiet", *services).split()
        found: list[Container] = json.loads(docker("inspect", *ids))
        return sorted(found, key=lambda container: str(container["Name"]))

    def address_beyond_loopback(self) -> str:
        """One that this machine has on a network, and that is not 127.0.0.1."""
        [gateway] = self.containers("gateway")
        networks = gateway["NetworkSettings"]["Networks"].values()
        return next(str(network["Gateway"]) for network in networks if network["Gateway"])

    async def healthy(self, *services: str) -> None:
        """Wait until all that lasts, or these services, is what its healthcheck calls healthy."""

        async def all_are() -> bool:
            checked = [c["State"].get("Health") for c in self.containers(*services)]
            return {health["Status"] for health in checked if health} == {"healthy"}

        await eventually(all_are, seconds=90, every=1, what="healthy again")

    @asynccontextmanager
    async def client(self, username: str = "manager") -> AsyncIterator[httpx.AsyncClient]:
        """At the published gateway, logged in."""
        url = f"http://127.0.0.1:{self.gateway_port}"
        async with httpx.AsyncClient(base_url=url, timeout=30, trust_env=False) as client:
            form = {"grant_type": "password", "username": username, "password": self.passwords[username]}
            answer = await client.post("/api/users/oauth/token", data=form)
            assert answer.status_code == 200, answer.text
            client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
            yield client

    async def take(self, client: httpx.AsyncClient, count: int) -> list[str]:
        """Students of the demo school whom no other test has."""
        if not self._students:
            answer = await client.get("/api/portal/students", params={"limit": 200})
            self._students = [item["student"] for item in answer.json()["items"]]
        assert len(self._students) >= count, "no students left for this test"
        taken, self._students = self._students[:count], self._students[count:]
        return taken


async def depart(client: httpx.AsyncClient, students: Sequence[str]) -> str:
    """Let them all leave, in one act; its batch."""
    body = {"students": list(students), "reason": "left", "confirm_threshold": True}
    answer = await client.post("/api/portal/departures", json=body)
    assert answer.status_code == 202, answer.text
    batch: str = answer.json()["batch"]
    return batch


async def all_gone(client: httpx.AsyncClient, batch: str, students: Collection[str]) -> None:
    """Wait until every departure of the batch is completed; of none of the students is anything left."""

    async def completed() -> bool:
        asked = f"/api/portal/departures?batch={batch}&state=completed&limit=200"
        answer = await client.get(asked)
        return answer.status_code == 200 and len(answer.json()["items"]) == len(students)

    await eventually(completed, seconds=90, every=0.2, what="the departures completed")
    for student in students:
        footprint = await client.get(f"/api/students/{student}/footprint")
        assert footprint.json().get("empty") is True, footprint.text
