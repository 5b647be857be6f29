from fastapi import FastAPI

from desktop_sync.api import (
    class_grid,
    connector,
    data_check,
    flexibility,
    footprints,
    groups,
    imports,
    lesson_what_if,
    options,
    placement_steps,
    placements,
    projects,
    refreshes,
    slots,
    students,
    uploads,
)
from desktop_sync.settings import DesktopSettings
from desktop_sync.subscriptions import SUBSCRIPTIONS
from desktop_sync.unit_of_work import DesktopUnitOfWork
from shared.runtime.revocation import alive_from
from shared.runtime.service import create_service

IMPORT_BYTES = 20 * 1024 * 1024


def create_app(settings: DesktopSettings) -> FastAPI:
    """The desktop service."""
    return create_service(
        settings,
        title="Doorstroom desktop",
        unit_of_work=DesktopUnitOfWork,
        subscriptions=SUBSCRIPTIONS,
        routers=[
            projects.router,
            students.router,
            placements.router,
            placement_steps.router,
            groups.router,
            slots.router,
            options.router,
            class_grid.router,
            flexibility.router,
            lesson_what_if.router,
            data_check.router,
            connector.router,
            uploads.router,
            footprints.router,
            imports.router,
            refreshes.router,
        ],
        alive_from=alive_from,
        larger_bodies={imports.PATH: IMPORT_BYTES},
    )
