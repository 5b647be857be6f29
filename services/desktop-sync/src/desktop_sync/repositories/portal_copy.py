from collections.abc import Collection, Iterator, Mapping
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession

from desktop_sync.models import (
    BranchInProject,
    CopyChoice,
    CopyClearing,
    CopyDepartment,
    CopyEnrolment,
    CopyGroup,
    CopyMembership,
)
from desktop_sync.models.imported_branch import ImportedBranch
from desktop_sync.models.memory import Memory
from desktop_sync.repositories.removal import InProject, take_out_of_copy
from desktop_sync.repositories.rows import Tally, bring, keep_only
from shared.contracts.copies import SnapshotEnrolment
from shared.contracts.ids import ProjectId, StudentCode
from shared.database.among import among
from shared.database.set_based import Row, inserting, table_of


class PortalCopy:
    """The copy of the portal."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def bring(self, imported: ImportedBranch) -> Tally:
        """What the portal answered on one branch; of the students named in it, no older enrolment stays."""
        enrolments = list(_enrolments(imported))
        memberships = [
            {"enrolment_id": student.enrolment, "group_id": group}
            for student in imported.students
            for group in set(student.memberships)
        ]
        choices = [
            {"enrolment_id": student.enrolment, "subject_code": subject}
            for student in imported.students
            for subject in set(student.choices)
        ]
        theirs = (
            (CopyEnrolment.project_id == imported.project.id)
            & (CopyEnrolment.branch_id == imported.branch)
            & among(CopyEnrolment.student_code, imported.student_codes)
        )
        session = self._session
        old = (await session.scalars(select(CopyEnrolment.id).where(theirs))).all()
        return (
            await bring(session, CopyDepartment, list(_departments(imported)))
            + await bring(session, CopyGroup, list(_groups(imported)))
            + await keep_only(session, CopyMembership, memberships, among(CopyMembership.enrolment_id, old))
            + await keep_only(session, CopyChoice, choices, among(CopyChoice.enrolment_id, old))
            + await keep_only(session, CopyEnrolment, enrolments, theirs)
            + await bring(session, CopyEnrolment, enrolments)
            + await bring(session, CopyMembership, memberships)
            + await bring(session, CopyChoice, choices)
        )

    async def take_out(self, leaving: Collection[InProject]) -> dict[InProject, Memory]:
        """Delete the enrolments of these students; what each had there."""
        return await take_out_of_copy(self._session, leaving)

    async def enrolled_as_of(self, places: Collection[InProject]) -> dict[InProject, datetime]:
        """Where of these places the copy has the student, and how old it is there."""
        query = (
            select(CopyEnrolment.project_id, CopyEnrolment.student_code, BranchInProject.copy_taken_at)
            .join(
                BranchInProject,
                (BranchInProject.project_id == CopyEnrolment.project_id)
                & (BranchInProject.branch_id == CopyEnrolment.branch_id),
            )
            .where(
                among(CopyEnrolment.student_code, {student for _, student in places}),
                among(CopyEnrolment.project_id, {project for project, _ in places}),
            )
        )
        rows = await self._session.execute(query)
        return {(row.project_id, row.student_code): row.copy_taken_at for row in rows}

    async def students_of(self, project: ProjectId) -> set[StudentCode]:
        """Whom the copy has in a project."""
        query = select(CopyEnrolment.student_code).where(CopyEnrolment.project_id == project)
        return set(await self._session.scalars(query))

    async def enrolments_of(
        self, project: ProjectId, students: Collection[StudentCode]
    ) -> list[SnapshotEnrolment]:
        """Their enrolments as the copy has them, in the portal's words."""
        groups = (
            select(func.array_agg(aggregate_order_by(CopyMembership.group_id, CopyMembership.group_id)))
            .where(CopyMembership.enrolment_id == CopyEnrolment.id)
            .scalar_subquery()
        )
        choices = (
            select(func.array_agg(aggregate_order_by(CopyChoice.subject_code, CopyChoice.subject_code)))
            .where(CopyChoice.enrolment_id == CopyEnrolment.id)
            .scalar_subquery()
        )
        query = select(CopyEnrolment, groups, choices).where(
            CopyEnrolment.project_id == project, among(CopyEnrolment.student_code, students)
        )
        return [
            SnapshotEnrolment(
                id=one.id,
                student=one.student_code,
                branch=one.branch_id,
                department=one.department_id,
                home_class=one.home_class_id,
                groups=in_groups or [],
                choices=chosen or [],
            )
            for one, in_groups, chosen in await self._session.execute(query)
        ]

    async def clear(self, places: Mapping[InProject, datetime]) -> None:
        """Remember that the portal had not enrolled these any more, as of those moments."""
        table = table_of(CopyClearing)
        rows = [
            {"project_id": project, "student_code": student, "as_of": as_of}
            for (project, student), as_of in sorted(places.items())
        ]
        if rows:
            statement = inserting(table, rows)
            await self._session.execute(
                statement.on_conflict_do_update(
                    index_elements=list(table.primary_key),
                    set_={"as_of": statement.excluded.as_of},
                    where=table.c.as_of < statement.excluded.as_of,
                )
            )

    async def cleared_since(self, project: ProjectId, as_of: datetime) -> set[StudentCode]:
        """Ghosts that were cleared later than that, or just then."""
        query = select(CopyClearing.student_code).where(
            CopyClearing.project_id == project, CopyClearing.as_of >= as_of
        )
        return set(await self._session.scalars(query))

    async def date(self, imported: ImportedBranch) -> None:
        """Say how old the copy is. Not a change of the project: a later look that saw the same."""
        row = {
            "project_id": imported.project.id,
            "branch_id": imported.branch,
            "copy_taken_at": imported.taken_at,
        }
        await bring(self._session, BranchInProject, [row])


def _departments(imported: ImportedBranch) -> Iterator[Row]:
    for department in imported.departments:
        yield {
            "id": department.id,
            "project_id": imported.project.id,
            "branch_id": imported.branch,
            "code": department.code,
            "name": department.name,
            "home_class_authority": department.home_class_authority,
        }


def _groups(imported: ImportedBranch) -> Iterator[Row]:
    for home_class in imported.home_classes:
        yield {
            "id": home_class.id,
            "department_id": home_class.department,
            "code": home_class.code,
            "is_home_class": True,
            "subject_code": None,
            "soft_max": home_class.soft_max,
            "hard_max": home_class.hard_max,
        }
    for group in imported.groups:
        for department, portal_group in group.portal_groups.items():
            yield {
                "id": portal_group,
                "department_id": department,
                "code": group.code,
                "is_home_class": False,
                "subject_code": group.subject,
                "soft_max": group.soft_max,
                "hard_max": group.hard_max,
            }


def _enrolments(imported: ImportedBranch) -> Iterator[Row]:
    for student in imported.students:
        yield {
            "id": student.enrolment,
            "project_id": imported.project.id,
            "student_code": student.code,
            "school_id": imported.project.school,
            "branch_id": imported.branch,
            "department_id": student.department,
            "home_class_id": student.home_class,
        }
