"""Name and address (NAW): led by users; portal and desktop hold copies they cannot change."""

from datetime import date
from typing import TypedDict


class PersonalDetails(TypedDict, total=False):
    """The fields that are given; one that is left out stays as it is."""

    given_name: str
    prefix: str
    family_name: str
    birth_date: date | None
    email: str | None
    street: str | None
    house_number: str | None
    postal_code: str | None
    city: str | None
    country: str | None


NAME_FIELDS = ("given_name", "prefix", "family_name")
ADDRESS_FIELDS = ("birth_date", "email", "street", "house_number", "postal_code", "city", "country")
DETAIL_FIELDS = NAME_FIELDS + ADDRESS_FIELDS
