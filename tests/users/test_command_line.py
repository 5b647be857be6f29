"""Keys, the first application manager, migrations."""

import json
import stat
import subprocess
import sys

import pytest
from alembic import command
from sqlalchemy import pool
from sqlalchemy.ext.asyncio import create_async_engine

from shared.database.engine import async_url
from shared.database.migrate import alembic_config
from tests.users.conftest import MIGRATIONS
from users.__main__ import appoint
from users.app import create_app
from users.settings import UsersSettings
from users.signing import PRIVATE_FILE, PUBLIC_FILE, SigningKeyMissing, write_keys


def test_keys_are_written_once_and_the_private_one_is_private(tmp_path):
    write_keys(tmp_path)
    private, public = tmp_path / PRIVATE_FILE, tmp_path / PUBLIC_FILE
    written = private.read_text(), public.read_text()
    write_keys(tmp_path)
    assert (private.read_text(), public.read_text()) == written
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    [shown] = json.loads(written[1])["keys"]
    assert shown["kid"] == json.loads(written[0])["kid"]
    assert "d" not in shown


def test_users_does_not_start_without_its_key(house, tmp_path):
    with pytest.raises(SigningKeyMissing, match="python -m users keys"):
        create_app(house.settings(UsersSettings, "users", signing_key_file=tmp_path / "none.json"))
    write_keys(tmp_path)
    with pytest.raises(SigningKeyMissing, match="public half"):
        create_app(house.settings(UsersSettings, "users", signing_key_file=tmp_path / PRIVATE_FILE))


def test_a_wrong_command_is_told_the_right_ones():
    done = subprocess.run(
        [sys.executable, "-m", "users", "dance"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "serve | migrate | keys --directory DIR | manager USERNAME" in done.stderr


async def test_the_first_manager_can_be_made_again(service):
    settings = service.house.settings(UsersSettings, "users", signing_key_file=service.house.signing_key_file)
    for password in ("a first password", "a first password", "a second password"):
        await appoint(settings, "Admin", password)
    assert (await service.log_in("admin", "a first password")).status_code == 400
    token = (await service.log_in("admin", "a second password")).json()["access_token"]
    assert (
        await service.client.get("/users", headers={"Authorization": f"Bearer {token}"})
    ).status_code == 200
    assert len(await service.rows("SELECT 1 FROM role_assignment WHERE \"user\" = 'admin'")) == 1
    assert len(await service.rows("SELECT 1 FROM audit WHERE action = 'roles.assign'")) == 1


async def test_the_migrations_are_what_the_models_say(migrated):
    engine = create_async_engine(async_url(migrated.owner_url("users")), poolclass=pool.NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(lambda sync: command.check(alembic_config(MIGRATIONS, sync)))
    await engine.dispose()
