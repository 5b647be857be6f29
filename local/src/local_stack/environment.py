"""What each process of the stack is told: docs/decisions/0001 names every variable."""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from local_stack.ports import HOST

SERVICES = ("portal", "users", "desktop_sync")
GATEWAY = "gateway"
# For the administrators' jobs, or for us: no service may see them.
WITHHELD = (
    "DATABASE_URL",
    "AMQP_URL",
    "AMQP_MANAGEMENT_URL",
    "PASSWORD",
    "USERNAME",
    "DEMO_PASSWORDS",
    "PORT",
)

# (service, what it reaches: database | amqp | portal | users | desktop_sync, the url) -> the url it is told.
Route = Callable[[str, str, str], str]


def direct(_service: str, _what: str, url: str) -> str:
    return url


def _as(url: str, user: str, password: str, path: str | None = None) -> str:
    parts: SplitResult = urlsplit(url)
    server = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{user}:{password}@{server}", path=path or parts.path).geturl()


@dataclass(frozen=True)
class Environment:
    """`suffix` tells apart the databases of several stacks on one server."""

    database_url: str
    amqp_url: str
    amqp_management_url: str | None
    ports: Mapping[str, int]
    passwords: Mapping[str, str]
    keys: Path
    suffix: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    route: Route = direct

    @property
    def mail(self) -> Path:
        """Where mails lie as files, unless there is a mail server."""
        return self.keys.parent / "mail"

    def base_url(self, name: str) -> str:
        return f"http://{HOST}:{self.ports[name]}"

    def database(self, service: str, role: str) -> str:
        database = f"doorstroom_{service}{self.suffix}"
        user = database if role == "app" else f"{database}_{role}"
        return _as(self.database_url, user, self.passwords[f"{service}_{role}"], f"/{database}")

    def amqp(self, user: str) -> str:
        """A user of its own where we may make users; else the one that was given serves for all."""
        if not self.amqp_management_url:
            return self.amqp_url
        return _as(self.amqp_url, user, self.passwords[f"{user}_amqp"])

    def automations(self) -> str:
        """The automation's RabbitMQ user may ask what the student office may, for every student."""
        user = urlsplit(self.amqp("automation")).username or "guest"
        return json.dumps({user: {"role": "student_office", "branches": None}})

    def service(self, name: str) -> dict[str, str]:
        own = {"HOST": HOST, "PORT": str(self.ports[name])}
        if name == GATEWAY:
            own["PORTAL_URL"] = self.route(name, "portal", self.base_url("portal"))
            own["USERS_URL"] = self.route(name, "users", self.base_url("users"))
            own["DESKTOP_URL"] = self.route(name, "desktop_sync", self.base_url("desktop_sync"))
        else:
            own["DATABASE_URL"] = self.route(name, "database", self.database(name, "app"))
            own["AMQP_URL"] = self.route(name, "amqp", self.amqp(name))
        told = self.everyone() | {f"DOORSTROOM_{name.upper()}_{key}": value for key, value in own.items()}
        if name in {"portal", "users"}:
            told.setdefault("DOORSTROOM_AUTOMATIONS", self.automations())
        if name == "users":
            told["DOORSTROOM_USERS_SIGNING_KEY_FILE"] = str(self.keys / "signing-key.json")
            told.setdefault("DOORSTROOM_MAIL_DIR", str(self.mail))
        else:
            told.pop("DOORSTROOM_SMTP_URL", None)
        return told

    def migration(self, service: str) -> dict[str, str]:
        return self.everyone() | {
            "DOORSTROOM_DATABASE_URL": self.database_url,
            f"DOORSTROOM_{service.upper()}_DATABASE_URL": self.database(service, "app"),
            f"DOORSTROOM_{service.upper()}_OWNER_DATABASE_URL": self.database(service, "owner"),
        }

    def topology(self) -> dict[str, str]:
        told = self.everyone() | {"DOORSTROOM_AMQP_URL": self.amqp_url}
        told |= {f"DOORSTROOM_{name.upper()}_AMQP_URL": self.amqp(name) for name in (*SERVICES, "automation")}
        if self.amqp_management_url:
            told["DOORSTROOM_AMQP_MANAGEMENT_URL"] = self.amqp_management_url
        return told

    def first_manager(self) -> dict[str, str]:
        return self.service("users") | {"DOORSTROOM_PASSWORD": self.passwords["login_application_manager"]}

    def everyone(self) -> dict[str, str]:
        withheld = {f"DOORSTROOM_{name}" for name in WITHHELD}
        told = {name: value for name, value in os.environ.items() if name not in withheld}
        told |= {"DOORSTROOM_JWKS_FILE": str(self.keys / "jwks.json"), "PYTHONUNBUFFERED": "1"}
        return {**told, **self.settings}
