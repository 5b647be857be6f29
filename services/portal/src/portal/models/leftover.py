"""What people forgot: something of a student that lives on where the rest of him went."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.contracts.ids import BranchId, ProjectId, SchoolId, StudentCode


class LeftoverKind(StrEnum):
    ARCHIVED_BUT_ENROLLED = "archived_but_enrolled"
    """The user was archived, an enrolment of this school year lives."""
    PROGNOSIS_WITHOUT_ACCOUNT = "prognosis_without_account"
    """Only prognoses live, and nobody can log in for them: the user is archived or unknown."""
    ACCOUNT_WITHOUT_ENROLMENT = "account_without_enrolment"
    """The user is active, and enrolled nowhere, this school year or later."""
    GHOST_IN_DESKTOP = "ghost_in_desktop"
    """In a desktop project of this school year or later in which he is not enrolled."""


@dataclass(frozen=True, slots=True)
class Leftover:
    """One kind of leftover of one student at one branch; `projects` are those in which he is a ghost."""

    kind: LeftoverKind
    student: StudentCode
    school: SchoolId
    branch: BranchId
    since: datetime | None
    projects: Sequence[ProjectId]

    @property
    def is_ghost(self) -> bool:
        return self.kind is LeftoverKind.GHOST_IN_DESKTOP


@dataclass(frozen=True, slots=True)
class Pick:
    """What somebody picked from the list; of a ghost without `project`: all his projects."""

    kind: LeftoverKind
    student: StudentCode
    project: ProjectId | None = None

    def means(self, leftover: Leftover) -> bool:
        """Whether it was this that he saw."""
        return (self.kind, self.student) == (leftover.kind, leftover.student) and (
            self.project is None or self.project in leftover.projects
        )
