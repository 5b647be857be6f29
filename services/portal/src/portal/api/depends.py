"""What the portal's routes ask for."""

from typing import Annotated

from fastapi import Request

from portal.settings import PortalSettings
from portal.unit_of_work import PortalUnitOfWork
from shared.runtime.work import work

Work = Annotated[PortalUnitOfWork, work(PortalUnitOfWork)]


def settings_of(request: Request) -> PortalSettings:
    """The settings this process was started with."""
    settings: PortalSettings = request.app.state.settings
    return settings
