"""What the routes of users share."""

from typing import Annotated

from fastapi import Path

from shared.contracts.ids import UserCode
from shared.runtime.work import work
from users.unit_of_work import UsersUnitOfWork

Work = Annotated[UsersUnitOfWork, work(UsersUnitOfWork)]
PathCode = Annotated[UserCode, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$")]
"""A user code in a path; a malformed one answers 404, like an unknown one."""
