"""The secrets job: made once, each container its own, and enough for every process to start on."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from deploy import secret_files
from desktop_sync.settings import DesktopSettings
from gateway.settings import GatewaySettings
from portal.settings import PortalSettings
from shared.messaging.topology import TopologySettings
from shared.settings import AdminSettings, DatabaseSettings, ServiceSettings
from users.settings import FirstManagerSettings, UsersSettings
from users.signing import AccessTokens


def run_job(directory: Path) -> None:
    subprocess.run([sys.executable, "-m", "deploy.secret_files", str(directory)], check=True)


def snapshot(directory: Path) -> dict[str, tuple[str, str, int]]:
    return {
        str(path.relative_to(directory)): (
            path.read_text(),
            oct(stat.S_IMODE(path.stat().st_mode)),
            path.stat().st_mtime_ns,
        )
        for path in directory.rglob("*")
        if path.is_file()
    }


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory: Path = tmp_path_factory.mktemp("run")
    run_job(directory)
    return directory


@pytest.fixture
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("DOORSTROOM_")]:
        monkeypatch.delenv(name)


def test_a_second_run_changes_nothing(written: Path) -> None:
    before = snapshot(written)
    run_job(written)
    assert snapshot(written) == before


def test_a_lost_folder_is_written_again_from_what_is_kept(written: Path) -> None:
    before = (written / "portal" / "doorstroom_portal_database_url").read_text()
    for file in (written / "portal").iterdir():
        file.unlink()
    (written / "portal" / "of_an_earlier_version").write_text("x")
    run_job(written)
    assert (written / "portal" / "doorstroom_portal_database_url").read_text() == before
    assert not (written / "portal" / "of_an_earlier_version").exists()


def test_only_the_owner_reads_and_the_servers_their_own(written: Path) -> None:
    for name, (_, mode, _) in snapshot(written).items():
        match name.split("/"):
            case ["postgres" | "rabbitmq", _]:
                assert mode == "0o440", name
            case ["kept", "keys", _]:
                assert (written / "kept" / "keys").stat().st_mode & 0o077 == 0
            case _:
                assert mode == "0o400", name
    assert (written / "kept").stat().st_mode & 0o077 == 0


def test_every_installation_has_its_own(written: Path, tmp_path: Path) -> None:
    run_job(tmp_path)
    here, there = snapshot(written / "kept"), snapshot(tmp_path / "kept")
    assert here.keys() == there.keys()
    assert not {value for value, *_ in here.values()} & {value for value, *_ in there.values()}


def passwords_in(folder: Path, kept: Path) -> set[str]:
    text = "\n".join(path.read_text() for path in folder.iterdir())
    return {path.name for path in kept.iterdir() if path.is_file() and path.read_text() in text}


def test_each_folder_holds_only_what_its_container_needs(written: Path) -> None:
    held = {
        folder.name: passwords_in(folder, written / "kept")
        for folder in written.iterdir()
        if folder.name != "kept"
    }
    databases = {
        f"{service}_{role}" for service in ("portal", "users", "desktop_sync") for role in ("app", "owner")
    }
    assert held == {
        "postgres": {"postgres"},
        "rabbitmq": {"rabbitmq"},
        "migrate": {"postgres"} | databases,
        "topology": {"rabbitmq", "portal_amqp", "users_amqp", "desktop_sync_amqp", "automation_amqp"},
        "manager": {"users_app", "users_amqp", "login_manager"},
        "portal": {"portal_app", "portal_amqp"},
        "users": {"users_app", "users_amqp"},
        "desktop-sync": {"desktop_sync_app", "desktop_sync_amqp"},
        "gateway": set(),
        "demo": {"login_manager", "login_student_office", "login_timetabler", "login_student"},
    }
    assert [path.parent.name for path in sorted(written.glob("*/signing-key.json"))] == ["manager", "users"]


@pytest.mark.usefixtures("no_environment")
def test_the_files_alone_are_enough_for_every_service(written: Path) -> None:
    services: list[tuple[type[ServiceSettings], str, str]] = [
        (PortalSettings, "portal", "portal"),
        (UsersSettings, "users", "users"),
        (DesktopSettings, "desktop-sync", "desktop_sync"),
    ]
    for settings, folder, name in services:
        told = settings(_secrets_dir=written / folder)
        database, amqp = told.database_url.get_secret_value(), told.amqp_url.get_secret_value()
        assert database.startswith(f"postgresql://doorstroom_{name}:")
        assert database.endswith(f"@postgres:5432/doorstroom_{name}")
        assert amqp.startswith(f"amqp://{name}:")
        assert told.owner_database_url is None
        assert "keys" in json.loads(told.jwks_file.read_text())
    gateway = GatewaySettings(_secrets_dir=written / "gateway")
    assert gateway.desktop_url == "http://desktop-sync:8000"
    assert "keys" in json.loads(gateway.jwks_file.read_text())


@pytest.mark.usefixtures("no_environment")
def test_users_signs_with_its_key(written: Path) -> None:
    users = UsersSettings(_secrets_dir=written / "users")
    AccessTokens(users.signing_key_file, users.jwks_file, users.issuer, users.access_token_seconds)


@pytest.mark.usefixtures("no_environment")
def test_the_files_alone_are_enough_for_every_job(written: Path) -> None:
    assert AdminSettings(_secrets_dir=written / "migrate").database_url is not None
    for service in ("PORTAL", "USERS", "DESKTOP_SYNC"):
        prefix = f"DOORSTROOM_{service}_"
        migrate = DatabaseSettings(_secrets_dir=written / "migrate", _env_prefix=prefix)
        assert migrate.owner_database_url != migrate.database_url
    topology = TopologySettings(_secrets_dir=written / "topology")
    assert topology.amqp_management_url is not None
    assert topology.automation_amqp_url is not None
    portal = PortalSettings(_secrets_dir=written / "portal")
    assert portal.amqp_url == topology.portal_amqp_url
    assert FirstManagerSettings(_secrets_dir=written / "manager").password != SecretStr("")
    UsersSettings(_secrets_dir=written / "manager")


def test_a_command_of_the_environment_is_told_the_files(written: Path) -> None:
    script = "import json, os; print(json.dumps(dict(os.environ)))"
    told = json.loads(
        subprocess.run(
            [sys.executable, "-m", "deploy.with_secrets", sys.executable, "-c", script],
            env={"DOORSTROOM_SECRETS_DIR": str(written / "demo"), "DOORSTROOM_USERNAME": "another"},
            stdout=subprocess.PIPE,
            check=True,
        ).stdout
    )
    assert told["DOORSTROOM_USERNAME"] == "another", "the environment goes before the files"
    assert told["DOORSTROOM_PASSWORD"] == (written / "kept" / "login_manager").read_text()
    assert json.loads(told["DOORSTROOM_DEMO_PASSWORDS"]).keys() == set(secret_files.DEMO_LOGINS)


def test_the_mail_server_is_told_to_users_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOORSTROOM_SMTP_URL", "smtp://office:secret@host")
    run_job(tmp_path)
    told = [
        path.parent.name for path in tmp_path.rglob("*") if path.is_file() and "secret@" in path.read_text()
    ]
    assert told == ["users"]
    monkeypatch.delenv("DOORSTROOM_SMTP_URL")
    run_job(tmp_path)
    assert not list(tmp_path.rglob("doorstroom_smtp_url"))
