"""Settings of users (docs/decisions/0001)."""

from datetime import time
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from shared.runtime.automations import Automation, Automations, known
from shared.settings import ServiceSettings, Settings


class UsersSettings(ServiceSettings):
    """`signing_key_file`: the private key of the access tokens, made by `python -m users keys`.

    Digests go out at `digest_at` in Amsterdam, or, for trying out, every `digest_seconds`: to the server of
    `smtp_url` (smtp://user:password@host:587, or smtps://), else as files into `mail_dir`, else not at all.
    """

    model_config = SettingsConfigDict(env_prefix="DOORSTROOM_USERS_")

    signing_key_file: Path = Field(validation_alias="DOORSTROOM_USERS_SIGNING_KEY_FILE")

    digest_at: time = Field(default=time(16), validation_alias="DOORSTROOM_DIGEST_AT")
    digest_seconds: float | None = Field(default=None, gt=0, validation_alias="DOORSTROOM_DIGEST_SECONDS")
    smtp_url: SecretStr | None = Field(default=None, validation_alias="DOORSTROOM_SMTP_URL")
    mail_from: str = Field(default="doorstroom@localhost", validation_alias="DOORSTROOM_MAIL_FROM")
    mail_dir: Path | None = Field(default=None, validation_alias="DOORSTROOM_MAIL_DIR")
    language: Literal["nl", "en"] = Field(default="nl", validation_alias="DOORSTROOM_LANGUAGE")

    automations: dict[str, Automation] = Field(
        default_factory=dict, validation_alias="DOORSTROOM_AUTOMATIONS"
    )
    """By RabbitMQ user; one that is not named here may ask nothing."""

    @property
    def known_automations(self) -> Automations:
        """The same, as who asks."""
        return known(self.automations)

    @field_validator("smtp_url")
    @classmethod
    def _is_smtp(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and not _names_a_mail_server(url.get_secret_value()):
            raise ValueError("not like smtp://host:port or smtps://host:port")
        return url


class FirstManagerSettings(Settings):
    """The password of the first application manager: from the environment, never from the command line."""

    password: SecretStr


def _names_a_mail_server(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"smtp", "smtps"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # what it says may hold a piece of the password
        return False
