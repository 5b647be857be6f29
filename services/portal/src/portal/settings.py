"""Settings of the portal."""

from typing import Literal

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from shared.runtime.automations import Automation, Automations, known
from shared.settings import PRODUCT, ServiceSettings


class PortalSettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix=f"{PRODUCT}PORTAL_")

    departure_threshold: int = Field(default=25, validation_alias=f"{PRODUCT}DEPARTURE_THRESHOLD")
    step_resend_seconds: int = Field(default=30, ge=0, validation_alias=f"{PRODUCT}STEP_RESEND_SECONDS")
    """How long to wait for a step's answer before its command is sent again; 0: never."""
    undo_days: int = Field(default=14, ge=0, validation_alias=f"{PRODUCT}UNDO_DAYS")
    full_class: Literal["refuse", "warn"] = Field(default="refuse", validation_alias=f"{PRODUCT}FULL_CLASS")
    """What is said of a home class beyond its hard maximum."""
    webhook_private_addresses: bool = Field(
        default=False, validation_alias=f"{PRODUCT}WEBHOOK_PRIVATE_ADDRESSES"
    )
    """Whether webhooks may go to addresses inside: private, link-local and the like."""
    automations: dict[str, Automation] = Field(default_factory=dict, validation_alias=f"{PRODUCT}AUTOMATIONS")
    """By RabbitMQ user; one that is not named here may ask nothing."""

    @property
    def refuses_full(self) -> bool:
        """Whether nobody may enter a home class that has reached its hard maximum."""
        return self.full_class == "refuse"

    @property
    def known_automations(self) -> Automations:
        """The same, as who asks."""
        return known(self.automations)
