"""Settings of the gateway (docs/decisions/0001)."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.settings import PRODUCT, Settings


class GatewaySettings(Settings):
    """`read_seconds` bounds the wait for an answer, `import_seconds` that for a part of an import."""

    model_config = SettingsConfigDict(env_prefix=f"{PRODUCT}GATEWAY_")

    host: str = "127.0.0.1"
    port: int = 0
    portal_url: str
    users_url: str
    desktop_url: str
    jwks_file: Path = Field(validation_alias=f"{PRODUCT}JWKS_FILE")
    issuer: str = Field(default="doorstroom", validation_alias=f"{PRODUCT}ISSUER")
    connect_seconds: float = 2.0
    read_seconds: float = 30.0
    import_seconds: float = 240.0
