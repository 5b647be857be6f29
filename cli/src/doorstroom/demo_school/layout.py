"""The school group: two schools, five branches, their departments and how many classes each has."""

from dataclasses import dataclass
from typing import Literal

from doorstroom.demo_school.addresses import COAST, LAKE, Town


@dataclass(frozen=True, slots=True)
class Department:
    name: str
    year: int
    led_by: Literal["portal", "desktop"]
    next: tuple[tuple[str, int], ...]
    """Where its students go, with weights; empty after the exam."""


DEPARTMENTS = {
    "B1": Department("Brugklas havo/vwo", 1, "portal", (("H2", 53), ("V2", 47))),
    "H2": Department("Havo 2", 2, "portal", (("H3", 93), ("V3", 7))),
    "V2": Department("Vwo 2", 2, "portal", (("V3", 92), ("H3", 8))),
    "H3": Department("Havo 3", 3, "portal", (("H4", 100),)),
    "V3": Department("Vwo 3", 3, "portal", (("V4", 88), ("H4", 12))),
    "H4": Department("Havo 4", 4, "desktop", (("H5", 100),)),
    "H5": Department("Havo 5", 5, "desktop", ()),
    "V4": Department("Vwo 4", 4, "desktop", (("V5", 94), ("H5", 6))),
    "V5": Department("Vwo 5", 5, "desktop", (("V6", 100),)),
    "V6": Department("Vwo 6", 6, "desktop", ()),
    "M1": Department("Mavo 1", 1, "portal", (("M2", 100),)),
    "M2": Department("Mavo 2", 2, "portal", (("M3", 97), ("H3", 3))),
    "M3": Department("Mavo 3", 3, "portal", (("M4", 100),)),
    "M4": Department("Mavo 4", 4, "desktop", ()),
}


@dataclass(frozen=True, slots=True)
class BranchPlan:
    code: str
    name: str
    classes: dict[str, int]
    first_letter: str = "a"
    """Home classes are unique in a school, so branches with the same departments letter them apart."""

    def homes(self, department: str) -> list[str]:
        first = ord(self.first_letter)
        return [f"{department}{chr(first + number)}" for number in range(self.classes[department])]


@dataclass(frozen=True, slots=True)
class SchoolPlan:
    code: str
    name: str
    domain: str
    towns: tuple[Town, ...]
    branches: tuple[BranchPlan, ...]

    def branch_with(self, department: str, own: BranchPlan) -> BranchPlan | None:
        """A student stays in his branch where it has the department; some branches stop after year 3."""
        offering = [branch for branch in (own, *self.branches) if department in branch.classes]
        return offering[0] if offering else None


SCHOOL_GROUP = "Scholengroep Noorderkoggen"

SCHOOLS = (
    SchoolPlan(
        "DUIN",
        "Duinveld College",
        "duinveld.example",
        COAST,
        (
            BranchPlan(
                "DC",
                "Duinveld Centrum",
                {"B1": 4, "H2": 2, "V2": 2, "H3": 2, "V3": 2, "H4": 4, "H5": 3, "V4": 3, "V5": 2, "V6": 2},
            ),
            BranchPlan("DN", "Duinveld Noord", {"B1": 3, "H2": 2, "V2": 1, "H3": 2, "V3": 1}, "p"),
            BranchPlan("DZ", "Duinveld Zuid", {"M1": 3, "M2": 3, "M3": 3, "M4": 3}),
        ),
    ),
    SchoolPlan(
        "OOST",
        "Lyceum Oostermeer",
        "oostermeer.example",
        LAKE,
        (
            BranchPlan(
                "OL",
                "Oostermeer Laan",
                {"B1": 2, "H2": 1, "V2": 1, "H3": 1, "V3": 1, "H4": 2, "H5": 2, "V4": 2, "V5": 1, "V6": 1},
            ),
            BranchPlan("OP", "Oostermeer Polder", {"M1": 3, "M2": 3, "M3": 3, "M4": 3}),
        ),
    ),
)
