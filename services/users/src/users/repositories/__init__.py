"""The rows of users. `get` raises NotFound, `find` may answer None, `lock` waits its turn."""

from users.repositories.departure_works import DepartureWorks
from users.repositories.guardianships import Guardianships
from users.repositories.imported_people import ImportedPeople
from users.repositories.notices import Notices
from users.repositories.placement_copies import PlacementCopies
from users.repositories.role_assignments import RoleAssignments
from users.repositories.sessions import Sessions
from users.repositories.users import Users

__all__ = [
    "DepartureWorks",
    "Guardianships",
    "ImportedPeople",
    "Notices",
    "PlacementCopies",
    "RoleAssignments",
    "Sessions",
    "Users",
]
