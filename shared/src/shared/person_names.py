"""Names as they are sorted and searched: stored keys, since not every PostgreSQL has a collation for it.

"Jan van den Berg" stands under the B; "Özkaya" is found as "ozkaya". Compare by code point (COLLATE "C").
"""

import re
import unicodedata

# Letters that Unicode does not take apart into a letter and an accent.
_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "\u0131": "i", "’": "'"}
)
# Inside a part spaces are single, so two of them sort before whatever may follow a part.
_BETWEEN = "  "
_WORD = re.compile(r"[^\s,]+")


def _fold(text: str) -> str:
    """Without accents, case, and double spaces."""
    letters = unicodedata.normalize("NFKD", text.casefold()).translate(_LETTERS)
    return " ".join("".join(letter for letter in letters if not unicodedata.combining(letter)).split())


def sort_key(given_name: str, prefix: str, family_name: str) -> str:
    """Family name first, the prefix aside: as "Berg, van den, Jan"."""
    return _BETWEEN.join((_fold(family_name), _fold(prefix), _fold(given_name)))


def search_key(given_name: str, prefix: str, family_name: str, code: str) -> str:
    """What is looked in: the name as it is written, then the code."""
    return _fold(f"{given_name} {prefix} {family_name} {code}")


def search_words(query: str) -> list[str]:
    """The words of a search; a person is found when his search key contains each of them."""
    return _WORD.findall(_fold(query))
