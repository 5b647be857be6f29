"""Settings of the portal."""

from pydantic import BaseModel, ConfigDict, Field
from pydantic_settings import SettingsConfigDict

from shared.contracts.ids import BranchId, UserCode
from shared.contracts.rights import Role
from shared.runtime.access import RoleHolder
from shared.settings import PRODUCT, ServiceSettings


class Automation(BaseModel):
    """What a program may: as a person with this role at these branches (null: at all)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    role: Role
    branches: frozenset[BranchId] | None

    def held_by(self, user: str) -> RoleHolder:
        return RoleHolder(UserCode(user), {self.role: self.branches})


class PortalSettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix=f"{PRODUCT}PORTAL_")

    departure_threshold: int = Field(default=25, validation_alias=f"{PRODUCT}DEPARTURE_THRESHOLD")
    step_resend_seconds: int = Field(default=30, ge=0, validation_alias=f"{PRODUCT}STEP_RESEND_SECONDS")
    """How long to wait for a step's answer before its command is sent again; 0: never."""
    undo_days: int = Field(default=14, ge=0, validation_alias=f"{PRODUCT}UNDO_DAYS")
    webhook_private_addresses: bool = Field(
        default=False, validation_alias=f"{PRODUCT}WEBHOOK_PRIVATE_ADDRESSES"
    )
    """Whether webhooks may go to addresses inside: private, link-local and the like."""
    automations: dict[str, Automation] = Field(default_factory=dict, validation_alias=f"{PRODUCT}AUTOMATIONS")
    """By RabbitMQ user; one that is not named here may ask nothing."""

    @property
    def known_automations(self) -> dict[str, RoleHolder]:
        """The same, as who asks."""
        return {user: automation.held_by(user) for user, automation in self.automations.items()}
