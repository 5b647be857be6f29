"""Where a project file goes."""

from dataclasses import dataclass

from shared.clock import SchoolYear, school_year_name


@dataclass(frozen=True, slots=True)
class Place:
    """One branch of one school in one school year; 2026 is 2026-2027. Without names the codes serve."""

    school: str
    branch: str
    year: SchoolYear
    school_name: str
    branch_name: str

    @property
    def source(self) -> str:
        """What users remembers external ids by: the ids of a file count for its branch and year only."""
        return f"{self.school}/{self.branch}/{school_year_name(self.year)}"

    @property
    def project(self) -> tuple[str, SchoolYear]:
        return self.school, self.year
