"""What the routes of the desktop ask of their caller."""

from typing import Annotated

from desktop_sync.unit_of_work import DesktopUnitOfWork
from shared.contracts.rights import Permission
from shared.runtime.access import Allowed, Caller
from shared.runtime.work import work

Reader = Annotated[Caller, Allowed(Permission.READ_DESKTOP)]
Changer = Annotated[Caller, Allowed(Permission.CHANGE_DESKTOP)]
Work = Annotated[DesktopUnitOfWork, work(DesktopUnitOfWork)]
