"""Bringing a snapshot of the portal into the copy: as many statements for any number of rows."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from desktop_sync.models import (
    BranchInProject,
    CopyChoice,
    CopyDepartment,
    CopyEnrolment,
    CopyGroup,
    CopyMembership,
    CopySubject,
)
from desktop_sync.models.snapshot import Snapshot
from desktop_sync.repositories.rows import Tally, bring, keep_only
from shared.contracts.changes import AuthorityChanged
from shared.contracts.ids import BranchId, ProjectId
from shared.database.set_based import Row, as_rows, table_of


class Snapshots:
    """The copy of a whole project, as a snapshot changes it."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def newest(self, project: ProjectId) -> datetime | None:
        """How new the newest branch of the copy is."""
        query = select(func.max(BranchInProject.copy_taken_at))
        return await self._session.scalar(query.where(BranchInProject.project_id == project))

    async def date(self, project: ProjectId, branches: Collection[BranchId], taken_at: datetime) -> None:
        """All branches of the project are as old as this, those that are new in it too."""
        rows = [
            {"project_id": project, "branch_id": branch, "copy_taken_at": taken_at} for branch in branches
        ]
        await bring(self._session, BranchInProject, rows)
        of_project = BranchInProject.project_id == project
        await self._session.execute(update(BranchInProject).where(of_project).values(copy_taken_at=taken_at))

    async def bring(self, snapshot: Snapshot) -> Tally:
        """Let the copy of the project be exactly this; only a newer word on who leads stands."""
        session = self._session
        departments = select(CopyDepartment.id).where(CopyDepartment.project_id == snapshot.project)
        enrolled = CopyEnrolment.project_id == snapshot.project
        enrolments = select(CopyEnrolment.id).where(enrolled)
        memberships, choices = _memberships(snapshot), _choices(snapshot)
        rows = _enrolments(snapshot)
        groups, subjects = _groups(snapshot), _subjects(snapshot)
        own = await self._departments(snapshot)
        return (
            await bring(session, CopyDepartment, own)
            + await bring(session, CopyGroup, groups)
            + await bring(session, CopySubject, subjects)
            + await keep_only(
                session, CopyMembership, memberships, CopyMembership.enrolment_id.in_(enrolments)
            )
            + await keep_only(session, CopyChoice, choices, CopyChoice.enrolment_id.in_(enrolments))
            + await keep_only(session, CopyEnrolment, rows, enrolled)
            + await bring(session, CopyEnrolment, rows)
            + await bring(session, CopyMembership, memberships)
            + await bring(session, CopyChoice, choices)
            + await keep_only(session, CopyGroup, groups, CopyGroup.department_id.in_(departments))
            + await keep_only(session, CopySubject, subjects, CopySubject.department_id.in_(departments))
            + await keep_only(session, CopyDepartment, own, CopyDepartment.project_id == snapshot.project)
        )

    async def keep_newest_authorities(self, facts: Sequence[AuthorityChanged]) -> None:
        """Write those that are newer than what the copy has."""
        if not facts:
            return
        table = table_of(CopyDepartment)
        told = as_rows(
            table,
            [
                {
                    "id": one.department,
                    "home_class_authority": one.home_class_authority,
                    "version": one.version,
                }
                for one in facts
            ],
        )
        newer = (table.c.id == told.c.id) & (table.c.version < told.c.version)
        values = {"home_class_authority": told.c.home_class_authority, "version": told.c.version}
        await self._session.execute(update(table).where(newer).values(values))

    async def _departments(self, snapshot: Snapshot) -> list[Row]:
        query = select(CopyDepartment).where(CopyDepartment.project_id == snapshot.project)
        known = {one.id: one for one in await self._session.scalars(query)}
        rows: list[Row] = []
        for one in snapshot.departments:
            there = known.get(one.id)
            newest = there if there is not None and there.version > one.version else one
            rows.append(
                {
                    "id": one.id,
                    "project_id": snapshot.project,
                    "branch_id": one.branch,
                    "code": one.code,
                    "name": one.label,
                    "home_class_authority": newest.home_class_authority,
                    "version": newest.version,
                }
            )
        return rows


def _groups(snapshot: Snapshot) -> list[Row]:
    return [
        {
            "id": one.id,
            "department_id": one.department,
            "code": one.code,
            "name": one.label,
            "is_home_class": one.is_home_class,
            "subject_code": one.subject,
            "soft_max": one.soft_max,
            "hard_max": one.hard_max,
        }
        for one in snapshot.groups
    ]


def _subjects(snapshot: Snapshot) -> list[Row]:
    return [
        {
            "department_id": one.department,
            "code": one.code,
            "name": one.label,
            "is_choosable": one.is_choosable,
        }
        for one in snapshot.subjects
    ]


def _enrolments(snapshot: Snapshot) -> list[Row]:
    return [
        {
            "id": one.id,
            "project_id": snapshot.project,
            "student_code": one.student,
            "school_id": snapshot.school,
            "branch_id": one.branch,
            "department_id": one.department,
            "home_class_id": one.home_class,
        }
        for one in snapshot.enrolments
    ]


def _memberships(snapshot: Snapshot) -> list[Row]:
    return [
        {"enrolment_id": one.id, "group_id": group} for one in snapshot.enrolments for group in one.groups
    ]


def _choices(snapshot: Snapshot) -> list[Row]:
    return [
        {"enrolment_id": one.id, "subject_code": code} for one in snapshot.enrolments for code in one.choices
    ]
