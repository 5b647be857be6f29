"""Running one import of students: first users and portal are asked what they would do, then each does it.

So every problem of every row is known before anything is written. Each part is all or nothing, and the same
list again changes nothing.
"""

import logging

from gateway.errors import ServiceAway, Unexpected
from gateway.project_import.failures import ServiceRefused, failure_of
from gateway.project_import.job import ImportJob, ImportState
from gateway.project_import.running import Json, Road
from gateway.student_import.order import Order
from gateway.student_import.problems import Problem, in_order
from gateway.student_import.report import placed, problems_told, refusal, report
from gateway.student_import.requests import PATH, portal_request, users_request
from gateway.student_import.rows import StudentFile

log = logging.getLogger(__name__)


class RowsRefused(Exception):
    """Some rows have an error, and are not to be skipped."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(f"{len(problems)} problem(s)")
        self.problems = problems


async def run_student_import(job: ImportJob, file: StudentFile, order: Order, road: Road) -> None:
    """To its end, good or bad; never raises."""
    try:
        job.finish(await _import(job, file, order, road))
    except RowsRefused as refused:
        job.fail(refusal(refused.problems))
    except (ServiceAway, ServiceRefused) as error:
        job.fail(placed(failure_of(error, students=0), file.rows))
    except Exception:
        log.exception("import failed", extra={"import_id": str(job.id)})
        job.fail(failure_of(Unexpected(), students=0))


async def _import(job: ImportJob, file: StudentFile, order: Order, road: Road) -> Json:
    job.enter(ImportState.CHECKING)
    users = await road.send(road.services.users, PATH, users_request(file.rows, order, dry_run=True))
    portal = await _ask_portal(job, file, order, road, dry_run=True)
    problems = in_order([*file.problems, *problems_told(users), *problems_told(portal)])
    if job.dry_run:
        return report(file, problems, users, portal)
    bad = {problem.row for problem in problems if problem.is_error}
    if bad and not order.skip_bad_rows:
        raise RowsRefused(problems)
    _leave_out(file, bad)
    job.enter(ImportState.USERS)
    here = [row for row in file.rows if row.code not in portal["departed"]]
    users = await road.send(road.services.users, PATH, users_request(here, order, dry_run=False))
    job.enter(ImportState.PORTAL)
    portal = await _ask_portal(job, file, order, road, dry_run=False)
    return report(file, problems, users, portal)


def _leave_out(file: StudentFile, bad: set[int | None]) -> None:
    """Their rows are not taken over; they are in the list all the same."""
    file.seen += [row.code for row in file.rows if row.row in bad]
    file.rows = [row for row in file.rows if row.row not in bad]


async def _ask_portal(job: ImportJob, file: StudentFile, order: Order, road: Road, *, dry_run: bool) -> Json:
    asked = portal_request(
        file.rows, job.place, order, seen=file.seen, complete=file.complete, dry_run=dry_run
    )
    return await road.send(road.services.portal, PATH, asked)
