from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, any_, delete, exists, func, select, true, tuple_, update
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from desktop_sync.models import CopyDepartment, CopyEnrolment, CopyGroup, CopyMembership, Project
from desktop_sync.models.project import BranchInProject
from desktop_sync.models.upload import Upload, UploadedRow, UploadState
from shared.contracts.copies import Seating
from shared.contracts.ids import EnrolmentId, ProjectId, StudentCode
from shared.contracts.values import UploadResult
from shared.database.among import among
from shared.database.set_based import as_rows, insert_rows, table_of
from shared.errors import NotFound
from shared.runtime.access import Scope
from shared.runtime.paging import Keyset


class Uploads:
    """Uploads of placements, row by row, and what the copy learns of them."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, upload: Upload, rows: Sequence[UploadedRow]) -> None:
        """The rows refer to the upload: it is written first."""
        self._session.add(upload)
        await self._session.flush()
        self._session.add_all(rows)
        await self._session.flush()

    async def get(self, project: ProjectId, upload: UUID, scope: Scope) -> Upload:
        """Raises NotFound, also where none of its departments is of the scope."""
        here = exists().where(
            CopyDepartment.id == any_(Upload.departments), scope.covers(CopyDepartment.branch_id)
        )
        query = select(Upload).where(Upload.id == upload, Upload.project_id == project)
        found = await self._session.scalar(query if scope.everything else query.where(here))
        if found is None:
            raise NotFound
        return found

    async def running(self, project: ProjectId) -> Upload | None:
        """The one that runs, locked."""
        query = select(Upload).where(Upload.project_id == project, Upload.state == UploadState.RUNNING)
        return await self._session.scalar(query.with_for_update())

    async def projects_of(self, uploads: Collection[UUID]) -> Sequence[ProjectId]:
        query = select(Upload.project_id).where(among(Upload.id, uploads)).distinct()
        return (await self._session.scalars(query)).all()

    async def lock(self, uploads: Collection[UUID]) -> Mapping[UUID, Upload]:
        """These uploads, in the order of their ids."""
        query = select(Upload).where(among(Upload.id, uploads)).order_by(Upload.id).with_for_update()
        return {one.id: one for one in await self._session.scalars(query)}

    async def rows_of(self, uploads: Collection[UUID], parts: Collection[int]) -> Sequence[UploadedRow]:
        """The rows of these parts of these uploads."""
        query = select(UploadedRow).where(
            among(UploadedRow.upload_id, uploads), among(UploadedRow.part, parts)
        )
        return (await self._session.scalars(query)).all()

    async def page(
        self, keyset: Keyset, upload: UUID, result: UploadResult | None, scope: Scope
    ) -> Sequence[UploadedRow]:
        """What was asked and answered, by student."""
        query = select(UploadedRow).where(UploadedRow.upload_id == upload, _is_in(scope))
        if result is not None:
            query = query.where(UploadedRow.result == result)
        return (await self._session.scalars(keyset.apply(query))).all()

    async def counts(self, upload: UUID, scope: Scope) -> dict[UploadResult | None, int]:
        """Rows by result; None: not answered yet."""
        query = select(UploadedRow.result, func.count()).where(UploadedRow.upload_id == upload, _is_in(scope))
        counted = await self._session.execute(query.group_by(UploadedRow.result))
        return dict(counted.all())

    async def changed_last(
        self, project: ProjectId, students: Collection[StudentCode], scope: Scope
    ) -> Mapping[StudentCode, UploadedRow]:
        """Of each of these students the newest answer, where that was that the portal changed."""
        newest = (
            select(UploadedRow)
            .join(Upload, Upload.id == UploadedRow.upload_id)
            .where(
                Upload.project_id == project,
                among(UploadedRow.student_code, students),
                UploadedRow.at.is_not(None),
                _is_in(scope),
            )
            .ext(distinct_on(UploadedRow.student_code))
            .order_by(UploadedRow.student_code, UploadedRow.at.desc(), UploadedRow.upload_id.desc())
        )
        found = await self._session.scalars(newest)
        return {row.student_code: row for row in found if row.result is UploadResult.CHANGED}

    async def settled_since(self, project: ProjectId, moment: datetime) -> dict[EnrolmentId, Seating]:
        """What the portal had, by its newest answer later than that, of those on whom both sides agree."""
        newest = (
            select(UploadedRow)
            .join(Upload, Upload.id == UploadedRow.upload_id)
            .where(Upload.project_id == project, UploadedRow.at > moment)
            .ext(distinct_on(UploadedRow.enrolment_id))
            .order_by(UploadedRow.enrolment_id, UploadedRow.at.desc(), UploadedRow.upload_id.desc())
        )
        rows = await self._session.scalars(newest)
        return {row.enrolment_id: there for row in rows if row.settles and (there := row.portal_has)}

    async def bring_to_copy(self, project: Project, rows: Sequence[UploadedRow]) -> bool:
        """Let the copy have what the portal said of these rows, where it is not newer; whether it changed.

        Six statements at most.
        """
        told = {row.enrolment_id: (row.at, seating) for row in rows if (seating := row.portal_has)}
        query = (
            select(CopyEnrolment.id, CopyEnrolment.home_class_id, BranchInProject.copy_taken_at)
            .join(
                BranchInProject,
                (BranchInProject.project_id == CopyEnrolment.project_id)
                & (BranchInProject.branch_id == CopyEnrolment.branch_id),
            )
            .where(CopyEnrolment.project_id == project.id, among(CopyEnrolment.id, told))
        )
        had = {
            one: home_class
            for one, home_class, taken_at in await self._session.execute(query)
            if (at := told[one][0]) is not None and taken_at <= at
        }
        wanted = {one: told[one][1] for one in had}
        known = await self._known_groups(wanted)
        classes = [
            {"id": one, "home_class_id": seating.home_class}
            for one, seating in wanted.items()
            if seating.home_class != had[one] and (seating.home_class is None or seating.home_class in known)
        ]
        if classes:
            table = table_of(CopyEnrolment)
            given = as_rows(table, classes)
            await self._session.execute(
                update(table).where(table.c.id == given.c.id).values(home_class_id=given.c.home_class_id)
            )
        moved = await self._bring_memberships(wanted, known)
        return bool(classes) or moved

    async def _known_groups(self, wanted: Mapping[EnrolmentId, Seating]) -> set[int]:
        named = {group for seating in wanted.values() for group in (*seating.groups, seating.home_class)}
        return set(
            await self._session.scalars(select(CopyGroup.id).where(among(CopyGroup.id, named - {None})))
        )

    async def _bring_memberships(self, wanted: Mapping[EnrolmentId, Seating], known: set[int]) -> bool:
        query = select(CopyMembership.enrolment_id, CopyMembership.group_id).where(
            among(CopyMembership.enrolment_id, wanted)
        )
        had = {(row[0], row[1]) for row in await self._session.execute(query)}
        has = {(one, group) for one, seating in wanted.items() for group in seating.groups if group in known}
        table = table_of(CopyMembership)
        if gone := [{"enrolment_id": one, "group_id": group} for one, group in sorted(had - has)]:
            given = as_rows(table, gone)
            same = tuple_(table.c.enrolment_id, table.c.group_id) == tuple_(
                given.c.enrolment_id, given.c.group_id
            )
            await self._session.execute(delete(table).where(same))
        come = [{"enrolment_id": one, "group_id": group} for one, group in sorted(has - had)]
        await insert_rows(self._session, table, come)
        return had != has


def _is_in(scope: Scope) -> ColumnElement[bool]:
    """Rows of departments of the scope; whoever has all branches sees those of departments that went too."""
    here = exists().where(
        CopyDepartment.id == UploadedRow.department_id, scope.covers(CopyDepartment.branch_id)
    )
    return true() if scope.everything else here
