"""A snapshot of the portal as it goes into the copy: what departures did to it since is in it."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Self

from shared.contracts.copies import (
    SnapshotDepartment,
    SnapshotEnrolment,
    SnapshotGroup,
    SnapshotSent,
    SnapshotSubject,
)
from shared.contracts.ids import BranchId, EnrolmentId, ProjectId, SchoolId, StudentCode


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Structure and enrolments of one project."""

    project: ProjectId
    school: SchoolId
    departments: Sequence[SnapshotDepartment]
    groups: Sequence[SnapshotGroup]
    subjects: Sequence[SnapshotSubject]
    enrolments: Sequence[SnapshotEnrolment]

    @classmethod
    def of(cls, parts: Sequence[SnapshotSent]) -> Self:
        """All its parts together; there is one at least."""
        return cls(
            parts[0].project,
            parts[0].school,
            [one for part in parts for one in part.departments],
            [one for part in parts for one in part.groups],
            [one for part in parts for one in part.subjects],
            [one for part in parts for one in part.enrolments],
        )

    @property
    def branches(self) -> set[BranchId]:
        return {department.branch for department in self.departments}

    @property
    def students(self) -> set[StudentCode]:
        return {enrolment.student for enrolment in self.enrolments}

    def without(self, enrolments: Collection[EnrolmentId]) -> Self:
        """The same, without these."""
        return replace(self, enrolments=[one for one in self.enrolments if one.id not in enrolments])

    def keeping(self, students: Collection[StudentCode], as_copied: Iterable[SnapshotEnrolment]) -> Self:
        """The same, but with these students as the copy has them, as far as there is a place for that."""
        departments = {department.id for department in self.departments}
        groups = {group.id for group in self.groups}
        kept = [
            one.model_copy(
                update={
                    "home_class": one.home_class if one.home_class in groups else None,
                    "groups": [group for group in one.groups if group in groups],
                }
            )
            for one in as_copied
            if one.department in departments
        ]
        others = [one for one in self.enrolments if one.student not in students]
        return replace(self, enrolments=others + kept)
