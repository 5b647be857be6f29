from portal.models import (  # noqa: F401 - they fill the metadata
    department_change,
    departure,
    departure_proposal,
    departure_step,
    departure_work,
    desktop_presence,
    ended_enrolment,
    history_entry,
    structure,
    student,
    webhook,
    webhook_delivery,
)
from portal.models.base import PortalBase
from shared.database.migrations_env import run_migrations
from shared.messaging.tables import metadata as road
from shared.runtime.revocation import metadata as accounts

run_migrations(PortalBase.metadata, road, accounts)
