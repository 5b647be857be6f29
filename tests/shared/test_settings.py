"""Settings come from the environment, and where that is silent from files (docs/decisions/0001)."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError
from pydantic_settings import SettingsConfigDict

from shared.settings import DatabaseSettings, ServiceSettings


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="DOORSTROOM_EXAMPLE_")


FILES = {
    "doorstroom_example_database_url": "postgresql://app:of-a-file@server/example\n",
    "doorstroom_example_amqp_url": "amqp://example:of-a-file@server/",
    "doorstroom_jwks_file": "/of/a/file/jwks.json",
    "doorstroom_access_token_seconds": "60",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("DOORSTROOM_")]:
        monkeypatch.delenv(name)
    for name, content in FILES.items():
        (tmp_path / name).write_text(content)
    return tmp_path


def test_files_are_read_by_the_service_s_own_names_and_by_those_of_all(folder: Path) -> None:
    settings = Settings(_secrets_dir=folder)
    assert settings.database_url.get_secret_value() == "postgresql://app:of-a-file@server/example"
    assert settings.amqp_url.get_secret_value() == "amqp://example:of-a-file@server/"
    assert settings.jwks_file == Path("/of/a/file/jwks.json")
    assert settings.access_token_seconds == 60


def test_the_environment_goes_before_a_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOORSTROOM_EXAMPLE_AMQP_URL", "amqp://of-the-environment/")
    monkeypatch.setenv("DOORSTROOM_ACCESS_TOKEN_SECONDS", "90")
    settings = Settings(_secrets_dir=folder)
    assert settings.amqp_url.get_secret_value() == "amqp://of-the-environment/"
    assert settings.access_token_seconds == 90


def test_a_job_reads_the_files_of_the_service_it_is_for(folder: Path) -> None:
    settings = DatabaseSettings(_secrets_dir=folder, _env_prefix="DOORSTROOM_EXAMPLE_")
    assert settings.database_url.get_secret_value() == "postgresql://app:of-a-file@server/example"


def test_a_refused_value_is_not_quoted(folder: Path) -> None:
    (folder / "doorstroom_access_token_seconds").write_text("a-secret-in-the-wrong-file")
    with pytest.raises(ValidationError) as refused:
        Settings(_secrets_dir=folder)
    assert "a-secret-in-the-wrong-file" not in str(refused.value)


def test_a_process_reads_the_folder_it_is_told_of(folder: Path) -> None:
    script = (
        "from shared.settings import DatabaseSettings;"
        "print(DatabaseSettings(_env_prefix='DOORSTROOM_EXAMPLE_').database_url.get_secret_value())"
    )
    said = subprocess.run(
        [sys.executable, "-c", script],
        env={"DOORSTROOM_SECRETS_DIR": str(folder)},
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    ).stdout
    assert said.strip() == "postgresql://app:of-a-file@server/example"
