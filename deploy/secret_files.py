"""Writes the secrets of the containers: `python -m deploy.secret_files DIRECTORY`, repeatable.

What is random is made once and lies in `kept`. From it each container's own folder is written every time,
so that a later version may add a file. A container sees only its own folder: each is a volume
(docker-compose.yml).
"""

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

KEPT = "kept"
SERVICES = ("portal", "users", "desktop_sync")
SERVERS = ("postgres", "rabbitmq")
PORT = 8000  # every service listens here, each in its own container
ADMINISTRATOR = "administrator"
FIRST_MANAGER = "manager"
SMTP_URL = "DOORSTROOM_SMTP_URL"
"""The mail server with its password: told to this job, which hands it to users alone."""
DEMO_LOGINS = ("student_office", "timetabler", "student")

OWNER_ONLY, GROUP_TOO = 0o400, 0o440

Files = dict[str, str]


def write(directory: Path) -> None:
    """Make what is missing and write every folder."""
    kept = directory / KEPT
    for name, files in folders(directory, Kept(kept), _keys(kept / "keys")).items():
        # The servers run as users of their own, which are given our group.
        write_folder(directory / name, files, GROUP_TOO if name in SERVERS else OWNER_ONLY)


class Kept:
    """The random values, each made when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def __getitem__(self, name: str) -> str:
        path = self._folder / name
        if not path.exists():
            _replace(path, secrets.token_hex(24), OWNER_ONLY)
        return path.read_text()


def folders(directory: Path, kept: Kept, keys: Files) -> dict[str, Files]:
    """Each container's files: settings (docs/decisions/0001) in lower case, and what those point at."""

    def database(service: str, role: str) -> str:
        user = f"doorstroom_{service}" if role == "app" else f"doorstroom_{service}_{role}"
        return f"postgresql://{user}:{kept[f'{service}_{role}']}@postgres:5432/doorstroom_{service}"

    def amqp(user: str) -> str:
        return f"amqp://{user}:{kept[f'{user}_amqp']}@rabbitmq:5672/"

    def public_keys(folder: str) -> Files:
        return {"doorstroom_jwks_file": str(directory / folder / "jwks.json"), "jwks.json": keys["jwks.json"]}

    def service(name: str, folder: str) -> Files:
        return public_keys(folder) | {
            f"doorstroom_{name}_database_url": database(name, "app"),
            f"doorstroom_{name}_amqp_url": amqp(name),
        }

    def users(folder: str) -> Files:
        signing_key = str(directory / folder / "signing-key.json")
        return service("users", folder) | keys | {"doorstroom_users_signing_key_file": signing_key}

    mail = {SMTP_URL.lower(): os.environ[SMTP_URL]} if os.environ.get(SMTP_URL) else {}

    postgres, rabbitmq = (f"{ADMINISTRATOR}:{kept[server]}@{server}" for server in SERVERS)
    first_manager = {"doorstroom_username": FIRST_MANAGER, "doorstroom_password": kept["login_manager"]}
    return {
        "postgres": {"password": kept["postgres"]},
        "rabbitmq": {"rabbitmq.conf": _rabbitmq_conf(kept["rabbitmq"])},
        "migrate": {"doorstroom_database_url": f"postgresql://{postgres}:5432/postgres"}
        | {f"doorstroom_{name}_database_url": database(name, "app") for name in SERVICES}
        | {f"doorstroom_{name}_owner_database_url": database(name, "owner") for name in SERVICES},
        "topology": {
            "doorstroom_amqp_url": f"amqp://{rabbitmq}:5672/",
            "doorstroom_amqp_management_url": f"http://{rabbitmq}:15672",
        }
        | {f"doorstroom_{name}_amqp_url": amqp(name) for name in (*SERVICES, "automation")},
        "manager": users("manager") | first_manager,
        "portal": service("portal", "portal"),
        "users": users("users") | mail,
        "desktop-sync": service("desktop_sync", "desktop-sync"),
        "gateway": public_keys("gateway")
        | {
            "doorstroom_gateway_portal_url": f"http://portal:{PORT}",
            "doorstroom_gateway_users_url": f"http://users:{PORT}",
            "doorstroom_gateway_desktop_url": f"http://desktop-sync:{PORT}",
        },
        "demo": first_manager
        | {
            "doorstroom_demo_passwords": json.dumps({login: kept[f"login_{login}"] for login in DEMO_LOGINS}),
        },
    }


def write_folder(folder: Path, files: Mapping[str, str], mode: int) -> None:
    """Exactly these files; one that is already so is left alone, one of an earlier version goes."""
    folder.mkdir(mode=0o750, parents=True, exist_ok=True)
    for stray in set(folder.iterdir()) - {folder / name for name in files}:
        stray.unlink()
    for name, content in files.items():
        path = folder / name
        if not path.exists() or path.read_text() != content or path.stat().st_mode & 0o777 != mode:
            _replace(path, content, mode)


def _keys(folder: Path) -> Files:
    """The keys of the access tokens, made by users, whose they are."""
    files = [folder / name for name in ("signing-key.json", "jwks.json")]
    if not all(file.exists() for file in files):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        subprocess.run([sys.executable, "-m", "users", "keys", "--directory", str(folder)], check=True)  # noqa: S603
    return {file.name: file.read_text() for file in files}


def _rabbitmq_conf(password: str) -> str:
    """The administrator stands in the place of guest, who is never made."""
    return (
        f"default_user = {ADMINISTRATOR}\n"
        f"default_pass = {password}\n"
        "default_user_tags.administrator = true\n"
        "log.console = true\n"
        "log.console.level = info\n"
    )


def _replace(path: Path, content: str, mode: int) -> None:
    """Whole or not at all, and never readable for more than `mode` says."""
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        os.fchmod(file.fileno(), mode)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


if __name__ == "__main__":
    match sys.argv[1:]:
        case [directory]:
            write(Path(directory))
        case _:
            raise SystemExit("usage: python -m deploy.secret_files DIRECTORY")
