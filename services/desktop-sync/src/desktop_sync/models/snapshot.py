"""A snapshot of the portal as it goes into the copy: what departures and uploads did to it since is in it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

from shared.contracts.copies import (
    Seating,
    SnapshotDepartment,
    SnapshotEnrolment,
    SnapshotGroup,
    SnapshotSent,
    SnapshotSubject,
)
from shared.contracts.ids import BranchId, EnrolmentId, GroupId, ProjectId, SchoolId, StudentCode


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
        groups = self._groups
        kept = [_seated(one, one, groups) for one in as_copied if one.department in departments]
        others = [one for one in self.enrolments if one.student not in students]
        return replace(self, enrolments=others + kept)

    def seating(self, told: Mapping[EnrolmentId, Seating]) -> Self:
        """The same, but with these enrolments in the groups that were told since."""
        groups = self._groups
        enrolments = [
            _seated(one, told[one.id], groups) if one.id in told else one for one in self.enrolments
        ]
        return replace(self, enrolments=enrolments)

    @property
    def _groups(self) -> set[GroupId]:
        return {group.id for group in self.groups}


def _seated(
    one: SnapshotEnrolment, where: SnapshotEnrolment | Seating, there: Collection[GroupId]
) -> SnapshotEnrolment:
    """In the home class and the groups of `where`, as far as they are there."""
    return one.model_copy(
        update={
            "home_class": where.home_class if where.home_class in there else None,
            "groups": [group for group in where.groups if group in there],
        }
    )
