"""Projects as the desktop copies them."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import BigInteger, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from shared.contracts.copies import (
    SnapshotDepartment,
    SnapshotEnrolment,
    SnapshotGroup,
    SnapshotSubject,
)
from shared.contracts.ids import ProjectId, SchoolId

_PROJECTS = (
    text(
        """
        SELECT project.id, project.school_id,
        (SELECT coalesce(jsonb_agg(jsonb_build_object(
            'id', id, 'branch', branch_id, 'code', code, 'label', name,
            'home_class_authority', home_class_authority, 'version', version) ORDER BY id), '[]')
         FROM department WHERE project_id = project.id) AS departments,
        (SELECT coalesce(jsonb_agg(jsonb_build_object(
            'id', one.id, 'department', department_id, 'code', one.code, 'label', one.name,
            'is_home_class', is_home_class, 'subject', subject_code,
            'soft_max', soft_max, 'hard_max', hard_max) ORDER BY one.id), '[]')
         FROM "group" AS one JOIN department ON department.id = one.department_id
         WHERE department.project_id = project.id) AS groups,
        (SELECT coalesce(jsonb_agg(jsonb_build_object(
            'department', department_id, 'code', subject.code, 'label', subject.name,
            'is_choosable', is_choosable) ORDER BY subject.id), '[]')
         FROM subject JOIN department ON department.id = subject.department_id
         WHERE department.project_id = project.id) AS subjects,
        (SELECT coalesce(jsonb_agg(jsonb_build_object(
            'id', enrolment.id, 'student', student_code, 'branch', branch_id,
            'department', department_id, 'home_class', home_class_id,
            'groups', (SELECT coalesce(jsonb_agg(group_id ORDER BY group_id), '[]')
                FROM group_membership WHERE enrolment_id = enrolment.id),
            'choices', (SELECT coalesce(jsonb_agg(subject.code ORDER BY subject.code), '[]')
                FROM choice JOIN subject ON subject.id = choice.subject_id
                WHERE enrolment_id = enrolment.id)) ORDER BY enrolment.id), '[]')
         FROM enrolment WHERE project_id = project.id) AS enrolments
        FROM project WHERE project.id = ANY(:projects)
        """
    )
    .bindparams(bindparam("projects", type_=ARRAY(BigInteger)))
    .columns(departments=JSONB, groups=JSONB, subjects=JSONB, enrolments=JSONB)
)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Structure and enrolments of a project, as they stood at one moment."""

    school: SchoolId
    departments: list[SnapshotDepartment]
    groups: list[SnapshotGroup]
    subjects: list[SnapshotSubject]
    enrolments: list[SnapshotEnrolment]


class Snapshots:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def of(self, projects: Collection[ProjectId]) -> dict[ProjectId, Snapshot]:
        """By project; one that is unknown is not in it.

        One statement: what PostgreSQL reads in one is what was committed at one moment, so that no enrolment
        speaks of a group that is not there.
        """
        rows = await self._session.execute(_PROJECTS, {"projects": sorted(projects)})
        return {
            row.id: Snapshot(
                row.school_id,
                [SnapshotDepartment.model_validate(one) for one in row.departments],
                [SnapshotGroup.model_validate(one) for one in row.groups],
                [SnapshotSubject.model_validate(one) for one in row.subjects],
                [SnapshotEnrolment.model_validate(one) for one in row.enrolments],
            )
            for row in rows
        }
