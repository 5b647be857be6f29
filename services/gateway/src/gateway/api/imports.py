"""Imports of project files and of lists of students, as jobs one can follow.

They live in this process (project_import/jobs.py).
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import AfterValidator, Field

from gateway.api.imports_shown import ImportShown
from gateway.api.xhstt_options import options_of
from gateway.bodies import PROJECT_BODY, TABLE_BODY, is_xml, read_project_body, read_table
from gateway.errors import ProjectFileInvalid, StudentFileInvalid
from gateway.project_import.job import ImportJob
from gateway.project_import.jobs import ImportJobs
from gateway.project_import.place import Place
from gateway.project_import.reading import read_project
from gateway.project_import.running import Road, run_import
from gateway.services import on_behalf_of, services_of
from gateway.student_import.order import Order, read_authority
from gateway.student_import.problems import Problem
from gateway.student_import.reading import FileUnreadable
from gateway.student_import.rows import HeaderWrong, StudentFile, read_students
from gateway.student_import.running import run_student_import
from shared.clock import SchoolYear, today
from shared.contracts.rights import Permission
from shared.project_file import ProjectFileProblems
from shared.runtime.access import Allowed, Caller
from shared.runtime.input import CleanText
from shared.xhstt import Converted, Options

MAX_FILE = 20 * 1024 * 1024
HEARTBEAT_SECONDS = 15.0
YEARS = range(1990, 2200)
_COUNTED = ("departments", "home_classes", "groups", "students", "guardians")
_YEAR = re.compile(r"(\d{4})-(\d{4})")

router = APIRouter(prefix="/api/imports", tags=["imports"])

Importer = Annotated[Caller, Allowed(Permission.IMPORT_PROJECTS)]


def _school_year(year: str) -> str:
    """Two years, one after the other, as in 2026-2027."""
    match = _YEAR.fullmatch(year)
    if (
        match is None
        or int(match[2]) != int(match[1]) + 1
        or not year.isascii()
        or int(match[1]) not in YEARS
    ):
        raise ValueError("not a school year like 2026-2027")
    return year


def _code(text: str) -> str:
    if not text.isprintable() or text != text.strip():
        raise ValueError("a code without spaces around it")
    return text


# Both codes and the year together are the source users knows the file by, at most 64 characters.
Code = Annotated[CleanText, AfterValidator(_code), Query(min_length=1, max_length=24)]
Name = Annotated[CleanText | None, Query(min_length=1, max_length=100)]
Year = Annotated[str, AfterValidator(_school_year), Query(description="2026-2027")]


def place_of(
    school: Code, branch: Code, year: Year, school_name: Name = None, branch_name: Name = None
) -> Place:
    """Where the query says the file goes."""
    return Place(school, branch, SchoolYear(int(year[:4])), school_name or school, branch_name or branch)


@router.post("/projects", status_code=202, openapi_extra=PROJECT_BODY)
async def import_project(  # noqa: PLR0913, PLR0917 - what an import is told
    caller: Importer,
    request: Request,
    response: Response,
    place: Annotated[Place, Depends(place_of)],
    options: Annotated[Options, Depends(options_of)],
    codes_from: Annotated[int, Query(ge=0, le=10**18)] = 900_000,
    dry_run: bool = False,  # noqa: FBT001, FBT002 - a query parameter
) -> ImportShown:
    """Load a project file (JSON) or a timetable in XHSTT (XML), at most 20 MB; its job is at Location.

    A file with problems is answered with all of them, 422 `project_file_invalid`, and nothing is loaded.
    `instance` to `hard_max` are for XHSTT (docs/project-file.md).
    """
    raw = await read_project_body(request, MAX_FILE)
    brought = await _read(raw, options if is_xml(request, raw) else None)
    size = {name: len(getattr(brought.file, name)) for name in _COUNTED}
    job = ImportJob(place, caller.code, dry_run, size)
    road = Road(services_of(request), on_behalf_of(request), request.app.state.settings.import_seconds)
    jobs_of(request).start(job, run_import(job, brought, codes_from, road))
    response.headers["Location"] = f"/api/imports/{job.id}"
    return ImportShown.of(job)


Led = Annotated[CleanText, Field(max_length=300)]
Source = Annotated[str, Query(pattern=r"^[a-z0-9][a-z0-9._-]{0,39}$", description="somtoday")]


def order_of(
    source: Source,
    authority: Annotated[list[Led], Query(max_length=50, description="address:source")] = [],  # noqa: B006
    skip_bad_rows: bool = False,  # noqa: FBT001, FBT002 - a query parameter
    confirm_threshold: bool = False,  # noqa: FBT001, FBT002
) -> Order:
    """Whose list it is, and what it leads."""
    return Order(source, read_authority(",".join(authority)), skip_bad_rows, confirm_threshold)


@router.post("/students", status_code=202, openapi_extra=TABLE_BODY)
async def import_students(  # noqa: PLR0913, PLR0917 - what an import is told
    caller: Importer,
    request: Request,
    response: Response,
    place: Annotated[Place, Depends(place_of)],
    order: Annotated[Order, Depends(order_of)],
    dry_run: bool = False,  # noqa: FBT001, FBT002 - a query parameter
) -> ImportShown:
    """Compare a school's own list of students (CSV or xlsx, at most 20 MB): follow the job at its Location.

    What cannot be read at all is answered 422 `student_file_invalid`; what is wrong with a row, in the job.
    """
    raw = await read_table(request, MAX_FILE)
    file = await _read_students(raw, place)
    job = ImportJob(place, caller.code, dry_run, {"rows": len(file.rows)})
    road = Road(services_of(request), on_behalf_of(request), request.app.state.settings.import_seconds)
    jobs_of(request).start(job, run_student_import(job, file, order, road))
    response.headers["Location"] = f"/api/imports/{job.id}"
    return ImportShown.of(job)


async def _known(caller: Importer, request: Request, import_id: UUID) -> ImportJob:
    return jobs_of(request).get(import_id, caller.code)


@router.get("/{import_id}")
async def get_import(job: Annotated[ImportJob, Depends(_known)]) -> ImportShown:
    """An import of the caller's own."""
    return ImportShown.of(job)


@router.get("/{import_id}/events", response_class=EventSourceResponse)
async def follow_import(
    job: Annotated[ImportJob, Depends(_known)], request: Request
) -> AsyncIterator[ServerSentEvent]:
    """Each change, the present state first; ends at a final state, and when the caller's token does."""
    expires_at = request.state.caller.expires_at
    told = 0
    while time.time() < expires_at:
        if job.version != told:
            told = job.version
            yield ServerSentEvent(event="import", id=str(told), data=ImportShown.of(job))
        elif job.state.is_final:
            return
        else:
            await job.changes(min(HEARTBEAT_SECONDS, max(0.0, expires_at - time.time())))
            if job.version == told:
                yield ServerSentEvent(comment="still here")


def jobs_of(request: Request) -> ImportJobs:
    """The imports of this process."""
    jobs: ImportJobs = request.app.state.imports
    return jobs


async def _read(raw: bytes, options: Options | None) -> Converted:
    try:
        return await asyncio.to_thread(read_project, raw, options)
    except ProjectFileProblems as found:
        problems: list[dict[str, Any]] = [asdict(problem) for problem in found.problems]
        raise ProjectFileInvalid("See params.problems", problems=problems, more=found.more) from None


async def _read_students(raw: bytes, place: Place) -> StudentFile:
    try:
        return await asyncio.to_thread(read_students, raw, place.branch, today())
    except FileUnreadable as error:
        problems = [Problem(error.row, None, error.code)]
    except HeaderWrong as error:
        problems = error.problems
    raise StudentFileInvalid("See params.problems", problems=[one.shown() for one in problems])
