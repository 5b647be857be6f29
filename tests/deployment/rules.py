"""docker-compose.yml as Compose itself reads it, and what could be wrong with it."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
COMPOSE = Path(sys.executable).with_name("docker-compose")

SERVERS = {"postgres", "rabbitmq"}
SERVICES = {"portal", "users", "desktop-sync", "gateway"}
JOBS = {"secrets", "migrate-portal", "migrate-users", "migrate-desktop-sync", "topology", "manager", "demo"}
PUBLISHED = {"gateway": 8000, "rabbitmq": 5672}
REACHES_OUT = {"portal", "users"}  # the one sends webhooks, the other mail
FOLDER_OF = {name: "migrate" for name in JOBS if name.startswith("migrate")}
NUMBERED = re.compile(r"^[a-z/.-]+:\d+\.\d+(\.\d+)?(-[a-z]+)?$")
LOOPBACK = "127.0.0.1"
ASKED = ("--project-directory", str(ROOT), "--env-file", "/dev/null", "--profile", "*")

Compose = dict[str, Any]


def read(environment: dict[str, str] | None = None, beside: str | None = None) -> Compose:
    """The whole file, and one beside it, in an environment that holds only this."""
    files = ["docker-compose.yml", *([beside] if beside else [])]
    named = [argument for file in files for argument in ("--file", str(ROOT / file))]
    said = subprocess.run(
        [str(COMPOSE), *ASKED, *named, "config", "--format", "json"],
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", **(environment or {})},
        capture_output=True,
        check=True,
    ).stdout
    config: Compose = json.loads(said)
    return config


def faults(compose: Compose) -> list[str]:
    """What is wrong, as `service: what`."""
    services = compose["services"]
    if missing := (SERVERS | SERVICES | JOBS) ^ services.keys():
        return [f"{name}: missing or unknown" for name in missing]
    found = [
        f"{name}: {fault}"
        for name, service in services.items()
        for rule in (_contained, _read_only, _published, _started, _secrets)
        for fault in rule(name, service)
    ]
    return found + list(_networks(compose))


def _contained(name: str, service: Compose) -> Iterator[str]:
    user, _, group = service.get("user", "0").partition(":")
    if not user.isdecimal() or "0" in (user, group or "0"):
        yield "runs as root, or as a name"
    if service.get("cap_drop") != ["ALL"] or service.get("cap_add"):
        yield "keeps capabilities"
    if service.get("security_opt") != ["no-new-privileges:true"]:
        yield "may gain privileges"
    if service.get("privileged") or {"pid", "ipc", "devices", "userns_mode"} & service.keys():
        yield "shares the host"
    if not NUMBERED.match(service["image"]):
        yield f"image {service['image']} is not pinned"
    if any(mount["type"] != "volume" for mount in service.get("volumes", [])):
        yield "mounts a folder of the host"


def _read_only(name: str, service: Compose) -> Iterator[str]:
    if name in SERVERS:
        return
    if not service.get("read_only"):
        yield "can write to its image"
    if [entry.partition(":")[0] for entry in service.get("tmpfs", [])] != ["/tmp"]:  # noqa: S108
        yield "has no /tmp, or more than that"
    if not service.get("init"):
        yield "has no init"


def _published(name: str, service: Compose) -> Iterator[str]:
    ports = service.get("ports", [])
    if {port["target"] for port in ports} != ({PUBLISHED[name]} if name in PUBLISHED else set()):
        yield "publishes other ports than it should"
    if any(port.get("host_ip") != LOOPBACK for port in ports):
        yield "is published beyond this machine"
    if service.get("network_mode", "none") != "none":
        yield "leaves its networks"
    if "container_name" in service:
        yield "cannot be scaled: it has a fixed name"


def _started(name: str, service: Compose) -> Iterator[str]:
    lasting = name in SERVERS | SERVICES
    if service["restart"] != ("unless-stopped" if lasting else "no"):
        yield "restarts wrongly"
    if lasting and not service.get("healthcheck", {}).get("test"):
        yield "has no healthcheck"
    for needed, how in service.get("depends_on", {}).items():
        wanted = "service_completed_successfully" if needed in JOBS else "service_healthy"
        if how["condition"] != wanted:
            yield f"does not wait for {needed}"


def _secrets(name: str, service: Compose) -> Iterator[str]:
    if name == "secrets":
        return
    own = f"/run/doorstroom/{FOLDER_OF.get(name, name)}"
    mounts = {mount["target"]: mount for mount in service["volumes"]}
    if [target for target in mounts if target.startswith("/run/")] != [own]:
        yield "sees secrets that are not its own"
    elif mounts[own]["source"] != f"secrets-{Path(own).name}" or not mounts[own].get("read_only"):
        yield "sees another's secrets, or may write them"
    environment = service.get("environment", {})
    if name not in SERVERS and environment.get("DOORSTROOM_SECRETS_DIR") != own:
        yield "is not told where its secrets are"
    for key, value in environment.items():
        if re.search(r"PASSWORD|SECRET|_URL|KEY|TOKEN$", key) and not str(value).startswith("/run/"):
            yield f"is told {key} in the environment"


def _networks(compose: Compose) -> Iterator[str]:
    networks, services = compose["networks"], compose["services"]
    on = {name: set(service.get("networks") or ()) for name, service in services.items()}
    outside = {name for name, network in networks.items() if not network.get("internal")}
    for name, its in on.items():
        if its & outside and name not in PUBLISHED.keys() | REACHES_OUT:
            yield f"{name}: reaches beyond the internal networks"
    if on["gateway"] & on["postgres"] or on["gateway"] & on["rabbitmq"]:
        yield "gateway: reaches a server"
    if len(on["rabbitmq"] & outside) != 1 or on["rabbitmq"] & on["gateway"]:
        yield "rabbitmq: shares the door's network"
    for sender in sorted(REACHES_OUT):
        if any(on[name] & on[sender] & outside for name in on.keys() - {sender}):
            yield f"{sender}: shares its way out"
    for name in SERVICES - {"gateway"}:
        if not on[name] >= {"servers", "services"}:
            yield f"{name}: cannot reach the servers or the gateway"
    if "user-archive" not in ((services["users"]["networks"].get("services") or {}).get("aliases") or []):
        yield "users: is not also called user-archive"
