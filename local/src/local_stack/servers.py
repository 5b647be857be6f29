"""PostgreSQL and RabbitMQ: private ones in a folder, or those that were given in the environment.

async with Servers(folder) as servers:
    servers.database_url, servers.amqp_url, servers.amqp_management_url   # administrators
    servers.kill("rabbitmq")
    await servers.wait_ready("rabbitmq")
"""

import os
import shutil
import signal
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from local_stack.credentials import kept_credentials
from local_stack.folder import Folder
from local_stack.leftovers import end_leftovers
from local_stack.ports import kept_ports
from local_stack.postgres import Postgres
from local_stack.program import Program
from local_stack.rabbitmq import PORTS, RabbitMQ
from local_stack.software import broker_software
from local_stack.supervised import Supervised
from local_stack.terminal import Say, silent, timed
from local_stack.together import together


class Servers:
    """`fresh` wipes the folder first; else its data survives. Either way what a lost run left is ended."""

    def __init__(
        self,
        folder: Path,
        *,
        fresh: bool = False,
        postgres_settings: Mapping[str, str] | None = None,
        say: Say = silent,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self.folder = Folder(folder.resolve())
        self.programs: dict[str, Supervised] = {}
        self.database_url = os.environ.get("DOORSTROOM_DATABASE_URL", "")
        self.amqp_url = os.environ.get("DOORSTROOM_AMQP_URL", "")
        self.amqp_management_url = os.environ.get("DOORSTROOM_AMQP_MANAGEMENT_URL") or None
        self.own_postgres, self.own_rabbitmq = not self.database_url, not self.amqp_url
        self._fresh, self._postgres_settings = fresh, postgres_settings or {}
        self._say, self._changed = say, changed

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Start both at once. Raises CannotStart, with nothing left running."""
        async with AsyncExitStack() as undo:
            undo.push_async_callback(self.stop)
            await self.prepare()
            await together(self.start_postgres(), self.start_rabbitmq())
            undo.pop_all()

    async def prepare(self) -> None:
        """Make the folder ready for a start: nothing of an earlier run is alive, its logs are put aside."""
        self.folder.prepare()
        await end_leftovers(self.folder.root, working_in=self.folder.root / "postgres" / "cluster")
        if self._fresh:
            shutil.rmtree(self.folder.root)
            self.folder.prepare()
        self.folder.rotate_logs()

    async def start_postgres(self) -> None:
        """Nothing to do for one that was given, or runs."""
        if not self.own_postgres or "postgres" in self.programs:
            return
        port = kept_ports(self.folder, ("postgres",), self._say)["postgres"]
        password = kept_credentials(self.folder)["postgres"]
        postgres = Postgres(self.folder, port, password, self._postgres_settings)
        with timed(self._say, "PostgreSQL"):
            await postgres.prepare()
            await self._supervise(postgres)
        self.database_url = postgres.url

    async def start_rabbitmq(self) -> None:
        """Nothing to do for one that was given, or runs."""
        if not self.own_rabbitmq or "rabbitmq" in self.programs:
            return
        ports = kept_ports(self.folder, PORTS, self._say)
        rabbitmq = RabbitMQ(self.folder, ports, kept_credentials(self.folder)["rabbitmq"])
        if self._fresh:
            # An orderly stop takes it 6 s, to save what the next fresh start throws away.
            rabbitmq.stop_signal = signal.SIGKILL
        software = await broker_software(self._say)
        with timed(self._say, "RabbitMQ"):
            rabbitmq.prepare(software)
            await self._supervise(rabbitmq)
        self.amqp_url, self.amqp_management_url = rabbitmq.url, rabbitmq.management_url

    async def stop(self) -> None:
        for name in ("rabbitmq", "postgres"):
            if supervised := self.programs.pop(name, None):
                await supervised.stop()

    @property
    def pids(self) -> dict[str, int | None]:
        """Of the processes that serve; None for a server that was given to us."""
        ours = {name: program.pid for name, program in self.programs.items()}
        return {"postgres": ours.get("postgres"), "rabbitmq": ours.get("rabbitmq")}

    def kill(self, name: str) -> int:
        return self.programs[name].kill()

    async def wait_ready(self, *names: str) -> None:
        for name in names or tuple(self.programs):
            await self.programs[name].ready.wait()

    async def _supervise(self, program: Program) -> None:
        supervised = Supervised(program, self.folder, self._say, self._changed)
        self.programs[program.name] = supervised
        await supervised.start()
