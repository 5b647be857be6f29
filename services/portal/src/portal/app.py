"""The portal: Leerlingen and Onderwijs of the handbook's portal."""

from fastapi import FastAPI

from portal.api import (
    change_undo,
    choice_packages,
    department_changes,
    departments,
    departure_proposals,
    departures,
    enrolments,
    groups,
    home_classes,
    imports,
    leftovers,
    structure,
    student_exports,
    student_history,
    student_imports,
    students,
    subjects,
    webhooks,
)
from portal.features.departure_counts import measure_departures
from portal.features.webhook_counts import measure_webhook_deliveries
from portal.loops import loops_of
from portal.settings import PortalSettings
from portal.subscriptions import subscriptions_of
from portal.unit_of_work import PortalUnitOfWork
from portal.webhook_lanes import webhook_loops
from shared.runtime.revocation import alive_from
from shared.runtime.service import create_service


def create_app(settings: PortalSettings) -> FastAPI:
    """The service, not yet running."""
    return create_service(
        settings,
        title="Doorstroom portal",
        unit_of_work=PortalUnitOfWork,
        subscriptions=subscriptions_of(settings),
        routers=[
            students.router,
            student_history.router,
            enrolments.router,
            home_classes.router,
            department_changes.router,
            choice_packages.router,
            change_undo.router,
            departures.router,
            departure_proposals.router,
            leftovers.router,
            structure.router,
            departments.router,
            groups.router,
            subjects.router,
            imports.router,
            student_imports.router,
            student_exports.router,
            webhooks.router,
        ],
        alive_from=alive_from,
        loops=[*loops_of(settings), *webhook_loops(settings)],
        measures=[measure_departures, measure_webhook_deliveries],
        larger_bodies={imports.PATH: imports.MAX_BODY, student_imports.PATH: student_imports.MAX_BODY},
    )
