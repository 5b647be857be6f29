"""Placements go up to the portal (Koppeling, Groepsindelingen: Upload, bevestigen).

First the differences are looked at, then confirmed: an upload names the revision that was seen. Each row says
what the copy has of the student; one who changed in the portal since is not overwritten but listed, and the
next upload says per student which side to take.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from desktop_sync.errors import CopyMoved, NothingToChoose, UploadRunning
from desktop_sync.features.download import refuse_moved, refuse_unknown
from desktop_sync.models import Project
from desktop_sync.models.comparison import ComparedStudent
from desktop_sync.models.upload import Upload, UploadedRow, UploadState, parts_of
from desktop_sync.unit_of_work import DesktopUnitOfWork
from shared.clock import now
from shared.contracts.copies import (
    BringPlacements,
    PlacementsBrought,
    PlacementsFailed,
    Seating,
    UploadRow,
)
from shared.contracts.ids import DepartmentId, ProjectId, StudentCode, UserCode
from shared.ids import new_id
from shared.runtime.access import Scope

_ROWS_IN_A_PART = 200


class Take(StrEnum):
    """Whose placements of a student count."""

    DESKTOP = "desktop"
    PORTAL = "portal"


async def upload_placements(  # noqa: PLR0913 - what is confirmed
    uow: DesktopUnitOfWork,
    project_id: ProjectId,
    departments: Collection[DepartmentId],
    scope: Scope,
    *,
    revision: int,
    copy_taken_at: datetime | None,
    choices: Mapping[StudentCode, Take],
) -> Upload:
    """Send all comparable students of these departments.

    Raises NotFound, RevisionMoved, CopyMoved, UnknownDepartments, UploadRunning, NothingToChoose.
    """
    project = await uow.projects.lock(project_id, scope)
    refuse_moved(project, revision)
    await _refuse_refreshed(uow, project, scope, copy_taken_at)
    await _refuse_while_running(uow, project)
    changed = await uow.uploads.changed_last(project.id, choices, scope)
    if nothing := sorted(choices.keys() - changed.keys()):
        raise NothingToChoose(students=nothing)
    taken = [row for code, row in changed.items() if choices[code] is Take.PORTAL]
    if taken and await uow.uploads.bring_to_copy(project, taken):
        project.has_changed()
    comparison = await uow.comparisons.of(project.id, scope)
    refuse_unknown(comparison, departments)
    students = [
        one
        for one in comparison.students.values()
        if one.department.id in departments and choices.get(one.student) is not Take.PORTAL
    ]
    upload = Upload(
        id=new_id(),
        project_id=project.id,
        state=UploadState.RUNNING,
        departments=sorted(departments),
        open_parts=[],
        version=1,
        started_by=UserCode(uow.origin.actor),
        started_at=now(),
        heard_at=now(),
        ended_at=None,
        error=None,
    )
    rows = list(_rows(upload, students, changed))
    parts = parts_of(rows)
    upload.open_parts = sorted(parts)
    if not rows:
        upload.state, upload.ended_at = UploadState.DONE, upload.started_at
    await uow.uploads.add(upload, rows)
    uow.publish(*(_command(upload, part, of_part) for part, of_part in parts.items()))
    uow.record("placements.upload", "upload", [upload.id], fields=["home_class", "groups"])
    return upload


async def note_brought(uow: DesktopUnitOfWork, facts: Sequence[PlacementsBrought]) -> None:
    """The portal answered: keep what became of each row, and let the copy have what the portal has now."""
    await uow.projects.lock_with_schools(await uow.uploads.projects_of({fact.upload for fact in facts}))
    uploads = await uow.uploads.lock({fact.upload for fact in facts})
    news = [fact for fact in facts if fact.upload in uploads and uploads[fact.upload].hear(fact.part)]
    rows = await uow.uploads.rows_of({fact.upload for fact in news}, {fact.part for fact in news})
    by_student = {(row.upload_id, row.part, row.student_code): row for row in rows}
    settled: dict[ProjectId, list[UploadedRow]] = {}
    for fact in news:
        for told in fact.rows:
            row = by_student.get((fact.upload, fact.part, told.student))
            if row is not None:
                row.answered(told, fact.at)
                if row.settles:
                    settled.setdefault(uploads[fact.upload].project_id, []).append(row)
    for project_id, of_project in settled.items():
        project = await uow.projects.find(project_id)
        if project is not None and await uow.uploads.bring_to_copy(project, of_project):
            project.has_changed()


async def note_failed(uow: DesktopUnitOfWork, facts: Sequence[PlacementsFailed]) -> None:
    """A part lies parked at the portal: the upload ends, and the next one may begin."""
    uploads = await uow.uploads.lock({fact.upload for fact in facts})
    for fact in facts:
        if fact.upload in uploads and fact.part in uploads[fact.upload].open_parts:
            uploads[fact.upload].fail(fact.error)


async def _refuse_refreshed(
    uow: DesktopUnitOfWork, project: Project, scope: Scope, seen: datetime | None
) -> None:
    """A refresh changes the copy and not the revision: what it brought was not looked at."""
    branches = await uow.projects.branches_of([project.id], scope)
    taken_at = min(branch.copy_taken_at for branch in branches)
    if seen not in {None, taken_at}:
        raise CopyMoved(copy_taken_at=taken_at.isoformat())


async def _refuse_while_running(uow: DesktopUnitOfWork, project: Project) -> None:
    running = await uow.uploads.running(project.id)
    if running is None:
        return
    if not running.is_silent:
        raise UploadRunning(upload=str(running.id))
    running.fail("silent")
    await uow.session.flush()


def _rows(
    upload: Upload, students: Sequence[ComparedStudent], changed: Mapping[StudentCode, UploadedRow]
) -> Iterator[UploadedRow]:
    for index, one in enumerate(students):
        said = changed.get(one.student)
        seen = said.portal_has if said and said.enrolment_id == one.enrolment else None
        before = seen or one.portal
        yield UploadedRow(
            upload_id=upload.id,
            student_code=one.student,
            part=index // _ROWS_IN_A_PART,
            enrolment_id=one.enrolment,
            department_id=one.department.id,
            before=before.model_dump(mode="json"),
            after=one.wanted(before).model_dump(mode="json"),
            result=None,
            code=None,
            now=None,
            at=None,
        )


def _command(upload: Upload, part: int, rows: Sequence[UploadedRow]) -> BringPlacements:
    return BringPlacements(
        upload=upload.id,
        part=part,
        project=upload.project_id,
        requested_by=upload.started_by,
        rows=[
            UploadRow(
                student=row.student_code,
                enrolment=row.enrolment_id,
                before=Seating.model_validate(row.before),
                after=Seating.model_validate(row.after),
            )
            for row in rows
        ],
    )
