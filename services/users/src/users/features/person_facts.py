"""The whole person, as portal and desktop copy him."""

from collections.abc import Iterable
from datetime import datetime

from shared.contracts.facts import PersonChanged
from shared.contracts.ids import UserCode
from users.models import User
from users.models.personal_details import DETAIL_FIELDS


def person_changed(
    user: User, fields: Iterable[str] = (), by: UserCode | None = None, at: datetime | None = None
) -> PersonChanged:
    """The person as he is now; the newest version wins. With it which fields somebody changed, and when."""
    details = {field: getattr(user, field) for field in DETAIL_FIELDS}
    if user.birth_date is not None:
        details["birth_date"] = user.birth_date.isoformat()
    changed = [field for field in DETAIL_FIELDS if field in set(fields)]
    return PersonChanged(
        user=user.code, version=user.version, kind=user.kind, **details, fields=changed, by=by, at=at
    )
