"""docker-compose.yml: what may be reached, by whom, and with which rights. Each rule is shown to bite."""

import copy
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deploy import secret_files
from tests.deployment.rules import JOBS, LOOPBACK, ROOT, SERVERS, SERVICES, Compose, faults, read


@pytest.fixture(scope="module")
def compose() -> Compose:
    return read()


def test_nothing_is_wrong(compose: Compose) -> None:
    assert faults(compose) == []


def _set(service: str, **changes: Any) -> Callable[[Compose], None]:
    def change(compose: Compose) -> None:
        compose["services"][service].update(changes)

    return change


def _without(service: str, key: str) -> Callable[[Compose], None]:
    def change(compose: Compose) -> None:
        del compose["services"][service][key]

    return change


def _told(service: str, name: str, value: str) -> Callable[[Compose], None]:
    def change(compose: Compose) -> None:
        compose["services"][service]["environment"][name] = value

    return change


def _port(target: int, host: str | None) -> list[Compose]:
    return [{"target": target, "published": "1"} | ({"host_ip": host} if host else {})]


def _mount(source: str, *, kind: str = "volume", read_only: bool = True) -> list[Compose]:
    return [{"type": kind, "source": source, "target": "/run/doorstroom/portal", "read_only": read_only}]


def _all_see_kept(compose: Compose) -> None:
    kept = {"type": "volume", "source": "kept", "target": "/run/doorstroom/kept", "read_only": True}
    compose["services"]["portal"]["volumes"].append(kept)


def _open_network(compose: Compose) -> None:
    del compose["networks"]["servers"]["internal"]


@pytest.mark.parametrize(
    ("broken", "fault"),
    [
        (_without("gateway", "user"), "gateway: runs as root"),
        (_set("portal", user="10001:0"), "portal: runs as root"),
        (_set("users", cap_drop=["NET_RAW"]), "users: keeps capabilities"),
        (_set("users", cap_add=["NET_ADMIN"]), "users: keeps capabilities"),
        (_without("topology", "security_opt"), "topology: may gain privileges"),
        (_set("postgres", privileged=True), "postgres: shares the host"),
        (_set("postgres", image="postgres:latest"), "postgres: image postgres:latest is not pinned"),
        (_set("rabbitmq", image="rabbitmq"), "rabbitmq: image rabbitmq is not pinned"),
        (_without("manager", "read_only"), "manager: can write to its image"),
        (_without("demo", "tmpfs"), "demo: has no /tmp"),
        (_set("portal", init=False), "portal: has no init"),
        (_set("portal", ports=_port(8000, LOOPBACK)), "portal: publishes other ports"),
        (_set("postgres", ports=_port(5432, LOOPBACK)), "postgres: publishes other ports"),
        (_set("rabbitmq", ports=_port(15672, LOOPBACK)), "rabbitmq: publishes other ports"),
        (_set("gateway", ports=_port(8000, "0.0.0.0")), "gateway: is published beyond"),  # noqa: S104
        (_set("rabbitmq", ports=_port(5672, None)), "rabbitmq: is published beyond"),
        (_set("users", network_mode="host"), "users: leaves its networks"),
        (_set("portal", container_name="portal"), "portal: cannot be scaled"),
        (_set("desktop-sync", restart="no"), "desktop-sync: restarts wrongly"),
        (_set("topology", restart="always"), "topology: restarts wrongly"),
        (_without("gateway", "healthcheck"), "gateway: has no healthcheck"),
        (_without("rabbitmq", "healthcheck"), "rabbitmq: has no healthcheck"),
        (_set("demo", depends_on={"gateway": {"condition": "service_started"}}), "demo: does not wait"),
        (_set("portal", depends_on={"topology": {"condition": "service_healthy"}}), "portal: does not wait"),
        (_set("portal", volumes=_mount("secrets-users")), "portal: sees another's secrets"),
        (_set("portal", volumes=_mount("secrets-portal", read_only=False)), "portal: sees another's secrets"),
        (_set("portal", volumes=_mount("/etc", kind="bind")), "portal: mounts a folder of the host"),
        (_all_see_kept, "portal: sees secrets that are not its own"),
        (_told("users", "DOORSTROOM_SECRETS_DIR", "/run/doorstroom/portal"), "users: is not told where"),
        (_told("users", "DOORSTROOM_USERS_AMQP_URL", "amqp://a:b@c"), "users: is told DOORSTROOM_USERS_AMQP"),
        (_told("postgres", "POSTGRES_PASSWORD", "postgres"), "postgres: is told POSTGRES_PASSWORD"),
        (_set("desktop-sync", networks={"servers": None, "door": None}), "desktop-sync: reaches beyond"),
        (_set("portal", networks={"servers": None, "door": None}), "portal: shares its way out"),
        (_set("users", networks={"servers": None, "outward": None}), "users: shares its way out"),
        (_set("gateway", networks={"door": None, "servers": None}), "gateway: reaches a server"),
        (_set("rabbitmq", networks={"servers": None, "door": None}), "rabbitmq: shares the door"),
        (_set("portal", networks={"services": None}), "portal: cannot reach the servers"),
        (_set("users", networks={"servers": None, "services": None}), "users: is not also called"),
        (_open_network, "postgres: reaches beyond"),
        (lambda compose: compose["services"].pop("topology"), "topology: missing"),
    ],
)
def test_each_rule_bites(compose: Compose, broken: Callable[[Compose], None], fault: str) -> None:
    changed = copy.deepcopy(compose)
    broken(changed)
    assert any(found.startswith(fault) for found in faults(changed)), faults(changed)


def test_the_door_may_be_opened_wider_on_purpose_only() -> None:
    ports = read({"DOORSTROOM_BIND": "0.0.0.0", "DOORSTROOM_PORT": "80"})["services"]["gateway"]["ports"]  # noqa: S104
    assert [(port["host_ip"], port["published"]) for port in ports] == [("0.0.0.0", "80")]  # noqa: S104


def test_amqp_reaches_other_machines_only_over_tls(compose: Compose, tmp_path: Path) -> None:
    secured = read({"DOORSTROOM_TLS": str(tmp_path)}, beside="compose.tls.yml")
    rabbitmq, without = secured["services"].pop("rabbitmq"), compose["services"]["rabbitmq"]

    assert secured["services"].items() < compose["services"].items()
    opened = {(port.get("host_ip"), port["target"]) for port in rabbitmq["ports"]}
    assert opened == {(LOOPBACK, 5672), ("0.0.0.0", 5671)}  # noqa: S104
    [folder] = [mount for mount in rabbitmq["volumes"] if mount not in without["volumes"]]
    assert (folder["source"], folder["read_only"]) == (str(tmp_path), True)
    assert {key for key in rabbitmq if rabbitmq[key] != without.get(key)} == {"ports", "volumes", "configs"}
    with pytest.raises(subprocess.CalledProcessError) as refused:
        read(beside="compose.tls.yml")
    assert b"DOORSTROOM_TLS is missing a value: a folder with certificate.pem" in refused.value.stderr


def test_product_settings_are_passed_on() -> None:
    portal = read({"DOORSTROOM_UNDO_DAYS": "7"})["services"]["portal"]
    assert portal["environment"]["DOORSTROOM_UNDO_DAYS"] == "7"
    assert portal["environment"]["DOORSTROOM_STEP_RESEND_SECONDS"] is None


def test_the_demo_is_asked_for(compose: Compose) -> None:
    assert {name for name, service in compose["services"].items() if service.get("profiles")} == {"demo"}


def test_the_secrets_job_alone_has_every_folder_and_the_image_makes_them(
    compose: Compose, tmp_path: Path
) -> None:
    mounts = compose["services"]["secrets"]["volumes"]
    targets = {mount["target"].removeprefix("/run/doorstroom/") for mount in mounts}
    keys = {"signing-key.json": "", "jwks.json": ""}
    written = secret_files.folders(tmp_path, secret_files.Kept(tmp_path / "kept"), keys)
    made = re.search(r"for folder in ([a-z -]+); do", (ROOT / "Dockerfile").read_text())
    assert made is not None
    assert targets == {*written, secret_files.KEPT} == set(made[1].split())


def test_the_number_of_the_image_s_user_is_the_one_the_containers_run_as(compose: Compose) -> None:
    assert "\nUSER 10001:10001\n" in (ROOT / "Dockerfile").read_text()
    ours = SERVICES | JOBS
    assert {compose["services"][name]["user"] for name in ours} == {"10001:10001"}
    assert all(compose["services"][name]["group_add"] == ["10001"] for name in SERVERS)


def test_all_of_ours_run_the_one_image_that_the_first_job_builds(compose: Compose) -> None:
    services = compose["services"]
    assert len({services[name]["image"] for name in SERVICES | JOBS}) == 1
    assert [name for name, service in services.items() if "build" in service] == ["secrets"]


@pytest.mark.parametrize(
    ("status", "healthy"), [pytest.param(200, True, id="ready"), pytest.param(503, False, id="not ready")]
)
def test_the_healthcheck_tells_ready_from_not(compose: Compose, status: int, healthy: bool) -> None:
    asks, *command, url = compose["services"]["portal"]["healthcheck"]["test"]
    assert (asks, command) == ("CMD", ["python", "-m", "deploy.answers"])
    listening = (
        "import http.server, sys\n"
        "class Answer(http.server.BaseHTTPRequestHandler):\n"
        "    def do_GET(self):\n"
        f"        self.send_response({status} if self.path == '/health/ready' else 404)\n"
        "        self.end_headers()\n"
        "server = http.server.HTTPServer(('127.0.0.1', 0), Answer)\n"
        "print(server.server_port, flush=True)\n"
        "server.handle_request()\n"
    )
    with subprocess.Popen([sys.executable, "-c", listening], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        port = server.stdout.readline().strip()
        asked = subprocess.run(
            [sys.executable, *command[1:], url.replace(str(secret_files.PORT), port)],
            env={"http_proxy": "http://127.0.0.1:1"},
            cwd=ROOT,
            check=False,
        )
    assert (asked.returncode == 0) is healthy


def test_the_image_holds_what_uv_lock_names_and_runs_as_nobody_in_particular() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    makefile = (ROOT / "Makefile").read_text()
    uv = re.search(r"^UV_VERSION := (.*)$", makefile, re.MULTILINE)
    assert uv is not None
    assert f"ARG UV_VERSION={uv[1]}\n" in dockerfile
    assert all("--locked" in line for line in dockerfile.splitlines() if "uv sync" in line)
    assert not re.search(r"--mount|<<|--link|--chmod|# *syntax", dockerfile), "the plain builder must do"
