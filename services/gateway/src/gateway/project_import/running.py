"""Running one import: each service in turn, with the caller's own token.

The token lives five minutes and is checked at the beginning of each part, so that only what comes before the
desktop's part must fit in that time.
"""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from gateway.errors import ServiceAway, Unexpected
from gateway.project_import import desktop_branch, people, portal_project
from gateway.project_import.failures import ServiceRefused, failure_of
from gateway.project_import.job import ImportJob, ImportState
from gateway.project_import.naming import Naming
from gateway.services import Service, Services
from shared.project_file import warnings_of
from shared.xhstt import Converted

log = logging.getLogger(__name__)

Json = dict[str, Any]

_COUNTS = ("created", "updated", "unchanged", "removed", "revision")
_DRY_RUN = "A dry run does not ask the desktop: it knows a project only once the portal has made it."


@dataclass(frozen=True, slots=True)
class Road:
    """The services, the headers in the caller's name, and how long each part may take."""

    services: Services
    caller: Mapping[str, str]
    seconds: float

    async def send(self, service: Service, path: str, body: Json) -> Json:
        """Raises ServiceAway, ServiceRefused."""
        answer = await service.ask("POST", path, self.caller, seconds=self.seconds, json=body)
        if not answer.is_success:
            raise ServiceRefused(service.name, answer)
        told: Json = answer.json()
        return told


async def run_import(job: ImportJob, brought: Converted, codes_from: int, road: Road) -> None:
    """To its end, good or bad; never raises."""
    students = len(brought.file.students)
    try:
        job.finish(await _import(job, brought, codes_from, road))
    except (ServiceAway, ServiceRefused) as error:
        job.fail(failure_of(error, students=students))
    except Exception:
        log.exception("import failed", extra={"import_id": str(job.id)})
        job.fail(failure_of(Unexpected(), students=students))


async def _import(job: ImportJob, brought: Converted, codes_from: int, road: Road) -> Json:
    services, file, dry_run = road.services, brought.file, job.dry_run
    naming = Naming(file)
    warnings = [*brought.warnings, *await asyncio.to_thread(warnings_of, file)]
    job.enter(ImportState.USERS)
    asked = people.people_request(file, job.place, codes_from=codes_from, dry_run=dry_run)
    told = await road.send(services.users, people.PATH, asked)
    codes: dict[str, str] = told["codes"]
    job.enter(ImportState.PORTAL)
    asked = portal_project.portal_request(naming, job.place, codes, dry_run=dry_run)
    portal = await road.send(services.portal, portal_project.PATH, asked)
    desktop = None
    if not dry_run:
        job.enter(ImportState.DESKTOP)
        asked = desktop_branch.DesktopBranch(naming, job.place, codes, portal).request()
        desktop = await road.send(services.desktop, desktop_branch.PATH, asked)
    without_code = {student.id for student in file.students if student.code is None}
    return {
        **{name: None if dry_run else portal[name] for name in ("school", "branch", "project")},
        "users": {**_counts(told), "archived": told["archived"]},
        "portal": _counts(portal),
        "desktop": _counts(desktop) if desktop else None,
        "codes": {key: code for key, code in codes.items() if key in without_code},
        "departed": sorted({*portal["departed"], *(desktop["departed"] if desktop else ())}),
        "warnings": [asdict(warning) for warning in warnings],
        "notes": [_DRY_RUN] if dry_run else [],
    }


def _counts(told: Json) -> Json:
    return {name: told[name] for name in _COUNTS if name in told}
