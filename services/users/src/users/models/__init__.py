"""The tables of users. Rules live on the models, which need no session to be made."""

from users.models.departure_work import DepartureWork
from users.models.guardianship import Family, Guardianship
from users.models.imported_person import ImportedPerson
from users.models.notice import Notice, ToldDeparture
from users.models.placement_copy import PlacementCopy
from users.models.role_assignment import HeldRole, RoleAssignment
from users.models.schema import Base
from users.models.sessions import ApiToken, LoginSession, RefreshToken
from users.models.user import User

__all__ = [
    "ApiToken",
    "Base",
    "DepartureWork",
    "Family",
    "Guardianship",
    "HeldRole",
    "ImportedPerson",
    "LoginSession",
    "Notice",
    "PlacementCopy",
    "RefreshToken",
    "RoleAssignment",
    "ToldDeparture",
    "User",
]
