from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class DesktopSettings(ServiceSettings):
    """What the desktop is told when it starts (docs/decisions/0001)."""

    model_config = SettingsConfigDict(env_prefix="DOORSTROOM_DESKTOP_SYNC_")
