"""The whole person, as portal and desktop copy him."""

from shared.contracts.facts import PersonChanged
from users.models import User
from users.models.personal_details import DETAIL_FIELDS


def person_changed(user: User) -> PersonChanged:
    """What users now says of this person; the newest version wins."""
    details = {field: getattr(user, field) for field in DETAIL_FIELDS}
    if user.birth_date is not None:
        details["birth_date"] = user.birth_date.isoformat()
    return PersonChanged(user=user.code, version=user.version, kind=user.kind, **details)
