"""How an import is shown."""

from datetime import datetime
from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel

from gateway.project_import.job import ImportJob, ImportState
from shared.clock import school_year_name


class ImportShown(BaseModel):
    """`result` when done, `failure` when failed, with every problem at its place in the file.

    `seconds` per state that is behind it. In `result`: counts per service, `codes` that were allotted (the
    file's id to the student code), `departed` students who are not brought back, warnings, notes.
    Of a list of students: counts, `differences`, who is `gone`, `problems` by row (docs/student-import.md).
    """

    id: UUID
    state: ImportState
    version: int
    school: str
    branch: str
    year: str
    dry_run: bool
    size: dict[str, int]
    started_at: datetime
    ended_at: datetime | None
    seconds: dict[str, float]
    result: dict[str, Any] | None
    failure: dict[str, Any] | None

    @classmethod
    def of(cls, job: ImportJob) -> Self:
        return cls(
            id=job.id,
            state=job.state,
            version=job.version,
            school=job.place.school,
            branch=job.place.branch,
            year=school_year_name(job.place.year),
            dry_run=job.dry_run,
            size=job.size,
            started_at=job.started_at,
            ended_at=job.ended_at,
            seconds=job.seconds,
            result=job.result,
            failure=job.failure,
        )
