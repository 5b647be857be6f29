"""Settings of the portal."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.settings import PRODUCT, ServiceSettings


class PortalSettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix=f"{PRODUCT}PORTAL_")

    departure_threshold: int = Field(default=25, validation_alias=f"{PRODUCT}DEPARTURE_THRESHOLD")
