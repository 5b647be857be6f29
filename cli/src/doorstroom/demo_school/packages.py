"""Choice packages: a profile with its subjects, filled up with free choices."""

from dataclasses import dataclass
from random import Random

# Per profile what everybody has, then one of each bracket.
_Profile = tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]

_HAVO_VWO: dict[str, _Profile] = {
    "CM": (("gesc", "kubv"), (("fatl", "dutl", "spaa"), ("ak", "econ", "maw"))),
    "EM": (("econ", "gesc", "wisA"), (("beco", "ak", "dutl"),)),
    "NG": (("biol", "schk"), (("wisA", "wisB"), ("ak", "nat"))),
    "NT": (("nat", "schk", "wisB"), (("biol", "inf"),)),
}
# The mavo has profiles of its own.
_MAVO: dict[str, _Profile] = {
    "EO": (("econ",), (("wisk", "dutl", "fatl"),)),
    "LA": (("wisk",), (("nsk1", "biol"),)),
    "TE": (("wisk", "nsk1"), ()),
    "ZW": (("biol",), (("wisk", "gesc", "ak"),)),
}
_FREE_HAVO_VWO = (
    "econ", "biol", "ak", "gesc", "beco", "maw", "wisA", "dutl", "kubv", "fatl", "schk", "nat", "inf", "spaa",
    "wisB",
)  # fmt: skip
_FREE_MAVO = ("wisk", "econ", "biol", "gesc", "ak", "nsk1", "dutl", "nsk2", "kubv", "fatl")

CHOICES = {"M3": 4, "M4": 5, "H4": 6, "H5": 6, "V4": 7, "V5": 7, "V6": 7}
"""How many subjects a student chooses; the other departments have nothing to choose."""

_WEIGHTS = (28, 34, 22, 16)


@dataclass(frozen=True, slots=True)
class Package:
    profile: str
    subjects: tuple[str, ...]


def choose(rng: Random, department: str, before: Package | None = None) -> Package:
    """A package for a department of CHOICES; who has one that fits keeps it, and fills it up if need be."""
    profiles, free = (_MAVO, _FREE_MAVO) if department.startswith("M") else (_HAVO_VWO, _FREE_HAVO_VWO)
    wanted = CHOICES[department]
    if before is not None and before.profile in profiles:
        # From vwo to havo the subject that was chosen last is dropped.
        profile, subjects = before.profile, list(before.subjects[:wanted])
    else:
        profile = rng.choices(list(profiles), _WEIGHTS)[0]
        shared, brackets = profiles[profile]
        subjects = [*shared, *(rng.choice(bracket) for bracket in brackets)]
    while len(subjects) < wanted:
        (subject,) = rng.choices(free, [len(free) + 6 - at for at in range(len(free))])
        if subject not in subjects and not {"wisA", "wisB"} <= {*subjects, subject}:
            subjects.append(subject)
    return Package(profile, tuple(subjects))
