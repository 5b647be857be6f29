"""Settings from the environment, or from files in DOORSTROOM_SECRETS_DIR (docs/decisions/0001)."""

import os
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

QueueType = Literal["classic", "quorum"]

PRODUCT = "DOORSTROOM_"


class Settings(BaseSettings):
    """Read once, when a process starts."""

    model_config = SettingsConfigDict(
        env_prefix=PRODUCT,
        secrets_dir=os.environ.get("DOORSTROOM_SECRETS_DIR"),
        extra="ignore",
        populate_by_name=True,
        hide_input_in_errors=True,
    )


class DatabaseSettings(Settings):
    """A service's database: the app role it works with, and the owner, which only `migrate` needs."""

    database_url: SecretStr
    owner_database_url: SecretStr | None = None


class ServiceSettings(DatabaseSettings):
    """What each service over the messaging road needs; a service's own class sets its `env_prefix`."""

    host: str = "127.0.0.1"
    port: int = 0
    amqp_url: SecretStr
    jwks_file: Path = Field(validation_alias="DOORSTROOM_JWKS_FILE")
    issuer: str = Field(default="doorstroom", validation_alias="DOORSTROOM_ISSUER")
    access_token_seconds: int = Field(default=300, le=900, validation_alias="DOORSTROOM_ACCESS_TOKEN_SECONDS")


class AdminSettings(Settings):
    """Administrators of the servers; only the admin jobs (migrate, topology) read them."""

    database_url: SecretStr | None = None
    amqp_url: SecretStr | None = None
    amqp_management_url: SecretStr | None = None
    queue_type: QueueType = "classic"
