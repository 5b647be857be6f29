"""A second start repeats only what may have changed: it must be quick."""

import pytest

from local_stack import preparation
from local_stack.environment import SERVICES, Environment
from local_stack.folder import Folder
from local_stack.servers import Servers
from local_stack.terminal import silent


@pytest.fixture
def jobs(monkeypatch):
    done = []

    async def run_job(_folder, name, _arguments, _environment):
        done.append(name)

    monkeypatch.setattr(preparation, "run_job", run_job)
    monkeypatch.setattr(Servers, "start_postgres", lambda _self: nothing())
    monkeypatch.setattr(Servers, "start_rabbitmq", lambda _self: nothing())
    monkeypatch.setattr(preparation, "_fingerprint", lambda: "as it is")
    return done


async def nothing() -> None:
    pass


@pytest.fixture
def servers(tmp_path, monkeypatch):
    for name in ("DOORSTROOM_DATABASE_URL", "DOORSTROOM_AMQP_URL"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "postgres").mkdir()
    return Servers(tmp_path)


async def prepare(servers: Servers, folder: Folder) -> None:
    passwords = {f"{service}_{role}": role for service in SERVICES for role in ("app", "owner", "amqp")}
    passwords |= {"automation_amqp": "a", "login_application_manager": "b"}
    ports = dict.fromkeys((*SERVICES, "gateway"), 1)
    url = "postgresql://root@127.0.0.1:1/postgres"
    environment = Environment(url, "amqp://root@127.0.0.1:1/", None, ports, passwords, folder.root / "keys")
    await preparation.prepare(servers, folder, lambda: environment, silent)


async def test_nothing_changed_then_only_the_broker_is_told_again(jobs, servers):
    await prepare(servers, servers.folder)
    assert set(jobs) == {"keys", "first-manager", "topology", *(f"migrate-{name}" for name in SERVICES)}
    jobs.clear()
    await prepare(servers, servers.folder)
    assert jobs == ["topology"]


async def test_changed_code_then_all_of_it_again(jobs, servers, monkeypatch):
    await prepare(servers, servers.folder)
    monkeypatch.setattr(preparation, "_fingerprint", lambda: "as it became")
    jobs.clear()
    await prepare(servers, servers.folder)
    assert "migrate-portal" in jobs


async def test_servers_of_others_are_always_prepared(jobs, servers, tmp_path):
    own = Folder(tmp_path / "own")
    own.prepare()
    await prepare(servers, own)
    jobs.clear()
    await prepare(servers, own)
    assert "migrate-portal" in jobs
