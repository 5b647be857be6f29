import stat

import pytest

from local_stack.credentials import kept_credentials
from local_stack.folder import CannotStart, Folder
from local_stack.postgres import Postgres
from local_stack.running import AlreadyRunning, is_running, note, noted, supervising, supervisor


def test_one_supervisor_per_folder(tmp_path):
    folder = Folder(tmp_path / "up")
    assert not is_running(folder)
    with supervising(folder):
        assert is_running(folder)
        assert noted(folder)["phase"] == "starting"
        with pytest.raises(AlreadyRunning), supervising(folder):
            pass
    assert not is_running(folder)


def test_a_pid_that_was_given_out_again_is_not_the_supervisor(tmp_path):
    folder = Folder(tmp_path / "up")
    folder.prepare()
    note(folder, "ready")
    assert supervisor(folder) is not None
    folder.write("supervisor.json", noted(folder) | {"created": 1.0})
    assert supervisor(folder) is None


def test_passwords_are_random_private_and_kept(tmp_path):
    one, other = Folder(tmp_path / "one"), Folder(tmp_path / "other")
    one.prepare()
    other.prepare()
    passwords = kept_credentials(one)
    assert kept_credentials(one) == passwords
    assert not set(passwords.values()) & set(kept_credentials(other).values())
    assert stat.S_IMODE((one.root / "secrets.json").stat().st_mode) == 0o600


def test_logs_of_the_start_before_are_kept(tmp_path):
    folder = Folder(tmp_path)
    folder.prepare()
    folder.log("portal").write_text("first")
    folder.rotate_logs()
    folder.log("portal").write_text("second")
    folder.rotate_logs()
    assert (folder.logs / "portal.1.log").read_text() == "second"
    assert not folder.log("portal").exists()


def test_a_path_that_rabbitmq_cannot_bear_is_said(tmp_path):
    with pytest.raises(CannotStart, match="space"):
        Folder(tmp_path / "a folder").prepare()


async def test_a_half_written_pid_file_is_not_ready_yet(tmp_path):
    postgres = Postgres(Folder(tmp_path), 1, "secret", {})
    written = tmp_path / "postgres" / "cluster" / "postmaster.pid"
    written.parent.mkdir(parents=True)
    assert not await postgres.is_ready(7)
    for text, ready in (
        ("", False),
        ("7\n", False),
        ("7\n/data\nstarting\n", False),
        ("7\n/data\nready   \n", True),
    ):
        written.write_text(text)
        assert await postgres.is_ready(7) is ready
    assert not await postgres.is_ready(8)
