"""Settings of users (docs/decisions/0001)."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings, Settings


class UsersSettings(ServiceSettings):
    """`signing_key_file`: the private key of the access tokens, made by `python -m users keys`."""

    model_config = SettingsConfigDict(env_prefix="DOORSTROOM_USERS_")

    signing_key_file: Path = Field(validation_alias="DOORSTROOM_USERS_SIGNING_KEY_FILE")


class FirstManagerSettings(Settings):
    """The password of the first application manager: from the environment, never from the command line."""

    password: SecretStr
