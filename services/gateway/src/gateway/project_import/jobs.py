"""The imports of this process.

They live in memory: after a restart of the gateway an import that was under way is simply run again, since
each of its parts is all or nothing and a repetition changes nothing.
"""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any
from uuid import UUID

from gateway.errors import ImportRunning
from gateway.project_import.job import ImportJob
from shared.contracts.ids import UserCode
from shared.errors import NotFound

REMEMBERED = 100


class ImportJobs:
    def __init__(self) -> None:
        self._jobs: dict[UUID, ImportJob] = {}
        self._running: dict[UUID, asyncio.Task[None]] = {}

    def start(self, job: ImportJob, run: Coroutine[Any, Any, None]) -> None:
        """Run it beside the requests. Raises ImportRunning."""
        try:
            self._refuse_second(job)
        except ImportRunning:
            run.close()
            raise
        self._jobs[job.id] = job
        task = self._running[job.id] = asyncio.create_task(run)
        task.add_done_callback(lambda _: self._running.pop(job.id, None))
        self._forget_oldest()

    def get(self, job_id: UUID, caller: UserCode) -> ImportJob:
        """Raises NotFound, also for another's."""
        job = self._jobs.get(job_id)
        if job is None or job.started_by != caller:
            raise NotFound
        return job

    async def stop(self) -> None:
        """End what is under way: its present part is done or taken back by the service."""
        for task in list(self._running.values()):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    def _refuse_second(self, job: ImportJob) -> None:
        for running in self._running:
            other = self._jobs[running]
            if other.place.project == job.place.project and not other.state.is_final:
                raise ImportRunning(
                    **({"import": str(other.id)} if other.started_by == job.started_by else {})
                )

    def _forget_oldest(self) -> None:
        ended = [job_id for job_id, job in self._jobs.items() if job.state.is_final]
        for job_id in ended[: max(0, len(self._jobs) - REMEMBERED)]:
            del self._jobs[job_id]
