"""What may stand in a name and address, and in which form it is kept.

What is typed in is checked; what a file brings is only put in form (`tidy`), since a school's other system
leads there. Text is NFC, without control, bidi or zero width characters: a name with them reads otherwise
than it is.
"""

import unicodedata
from collections.abc import Mapping
from datetime import date
from typing import Any, Final, cast

from email_validator import EmailNotValidError, validate_email
from iso3166 import countries_by_alpha2
from stdnum.exceptions import ValidationError
from stdnum.nl import postcode

from shared.clock import today
from users.errors import WrongDetails
from users.models.personal_details import DETAIL_FIELDS, NAME_FIELDS, PersonalDetails

FIRST_YEAR: Final = 1900
DUTCH: Final = "NL"
_LONGEST: Final = {"house_number": 20, "postal_code": 20, "email": 254}
_LONGEST_OTHERS: Final = 100
_UNSAFE: Final = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def clean(told: Mapping[str, Any], before: Mapping[str, Any]) -> PersonalDetails:
    """The told fields as they are kept; `before` is what is known of him already.

    None and empty clear. A postal code is Dutch where the country is, or is not said. Raises WrongDetails
    with every field that is wrong, and its kind: never what was told.
    """
    given = {field: _in_form(field, value) for field, value in told.items()}
    now = dict(before) | given
    wrong = {field: kind for field, value in given.items() if value and (kind := _wrong(field, value))}
    if not any(now.get(name) for name in NAME_FIELDS):
        wrong["family_name"] = "nameless"
    if not wrong and {"postal_code", "country"} & given.keys() and _is_dutch(now) and now.get("postal_code"):
        if (dutch := _as_dutch(now["postal_code"])) is None:
            wrong["postal_code"] = "no_dutch_postal_code"
        else:
            given["postal_code"] = dutch
    if wrong:
        raise WrongDetails(wrong)
    return cast("PersonalDetails", given)


def tidy(told: PersonalDetails) -> PersonalDetails:
    """In form as far as that goes, and nothing refused."""
    given: dict[str, Any] = {field: _composed(value) for field, value in told.items()}
    if given.get("postal_code") and _is_dutch(given):
        given["postal_code"] = _as_dutch(given["postal_code"]) or given["postal_code"]
    return cast("PersonalDetails", given)


def details_of(person: object) -> dict[str, Any]:
    """All the fields of a person, or of a message that has the same."""
    return {field: getattr(person, field) for field in DETAIL_FIELDS}


def _in_form(field: str, value: Any) -> Any:
    if isinstance(value, str):
        value = _composed(value).strip()
        if field == "country":
            value = value.upper()
        elif field == "email" and value:
            value = _as_email(value) or value
    if field in NAME_FIELDS:
        return value or ""
    return value or None


def _wrong(field: str, value: Any) -> str | None:
    """The kind of what is wrong with this field by itself."""
    if isinstance(value, date):
        return None if value.year >= FIRST_YEAR and value <= today() else "implausible_date"
    if len(value) > _LONGEST.get(field, _LONGEST_OTHERS):
        return "too_long"
    if any(unicodedata.category(sign) in _UNSAFE for sign in value):
        return "unsafe_characters"
    if field == "country" and value not in countries_by_alpha2:
        return "unknown_country"
    if field == "email" and _as_email(value) is None:
        return "no_email"
    return None


def _composed(value: Any) -> Any:
    return unicodedata.normalize("NFC", value) if isinstance(value, str) else value


def _is_dutch(details: Mapping[str, Any]) -> bool:
    return details.get("country") in {None, DUTCH}


def _as_dutch(text: str) -> str | None:
    """As "1234 AB"."""
    try:
        return postcode.validate(text)
    except ValidationError:
        return None


def _as_email(text: str) -> str | None:
    """As the library writes it, without asking the network."""
    try:
        return validate_email(text, check_deliverability=False).normalized
    except EmailNotValidError:
        return None
