"""The whole system in one folder: servers, jobs, four services, the demo school.

async with Stack(folder, Options(demo=False, settings={"DOORSTROOM_STEP_RESEND_SECONDS": "0"})) as stack:
    stack.description["gateway"]
    stack.kill("portal")
    await stack.wait_ready("portal")
"""

import shutil
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from local_stack import demo, stack_file
from local_stack.credentials import kept_credentials
from local_stack.environment import GATEWAY, SERVICES, Environment, Route, direct
from local_stack.folder import Folder, replace
from local_stack.leftovers import end_leftovers
from local_stack.ports import kept_ports
from local_stack.preparation import FIRST_MANAGER, prepare
from local_stack.servers import Servers
from local_stack.service import Service
from local_stack.supervised import Supervised
from local_stack.terminal import Say, silent, timed
from local_stack.together import together


@dataclass(frozen=True)
class Options:
    """`settings` are for all; `route` may lead one through a proxy; `servers` that were given stay up."""

    demo: bool = True
    fresh: bool = False
    gateway_port: int | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    route: Route = direct
    servers: Servers | None = None
    stack_file: Path | None = None
    say: Say = silent


class Stack:
    def __init__(self, folder: Path, options: Options = Options()) -> None:
        self.folder = Folder(folder.resolve())
        self.options = options
        if options.servers and options.servers.folder == self.folder:
            raise ValueError("a stack on given servers needs a folder of its own")
        self.stack_file = options.stack_file or self.folder.root / "stack.json"
        self.servers = options.servers or Servers(
            folder, fresh=options.fresh, say=options.say, changed=self._describe
        )
        self.services: dict[str, Supervised] = {}
        self._ports: dict[str, int] = {}
        self._passwords: dict[str, str] = {}
        self._up = False

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Everything up, ready, and loaded. Raises CannotStart, with nothing left running."""
        async with AsyncExitStack() as undo:
            undo.push_async_callback(self.stop)
            await self._start()
            undo.pop_all()

    async def stop(self) -> None:
        """Services first, then what they stand on."""
        services, self.services = self.services, {}
        self._up = False
        await together(*(service.stop() for service in services.values()))
        if self.options.servers is None:
            await self.servers.stop()
        self.stack_file.unlink(missing_ok=True)

    async def load_demo(self) -> None:
        gateway = self._told().base_url(GATEWAY)
        with timed(self.options.say, "demo school"):
            await demo.load(self.folder, gateway, FIRST_MANAGER, self._passwords)
        self._describe()

    def kill(self, name: str) -> int:
        return self._programs()[name].kill()

    async def wait_ready(self, *names: str) -> None:
        programs = self._programs()
        for name in names or tuple(programs):
            await programs[name].ready.wait()

    @property
    def description(self) -> dict[str, Any]:
        """What stack.json holds, as of now."""
        running = {name: service.pid for name, service in self.services.items()}
        manager = {"username": FIRST_MANAGER, "password": self._passwords["login_application_manager"]}
        logins = {"application_manager": manager} | demo.loaded(self.folder)
        return stack_file.description(self._told(), running | self.servers.pids, logins)

    async def _start(self) -> None:
        say = self.options.say
        if self.options.servers is None:
            await self.servers.prepare()
        else:
            self.folder.prepare()
            await end_leftovers(self.folder.root)
            if self.options.fresh:
                shutil.rmtree(self.folder.root)
                self.folder.prepare()
            self.folder.rotate_logs()
        self._ports = kept_ports(self.folder, (*SERVICES, GATEWAY), say, self.options.gateway_port)
        self._passwords = kept_credentials(self.folder)
        await prepare(self.servers, self.folder, self._told, say)
        with timed(say, "the four services"):
            await together(*(self._start_service(name) for name in (*SERVICES, GATEWAY)))
        self._up = True
        self._describe()
        if self.options.demo and not demo.loaded(self.folder):
            await self.load_demo()

    async def _start_service(self, name: str) -> None:
        program = Service(name, self.folder, self._ports[name], self._told().service(name))
        self.services[name] = Supervised(program, self.folder, self.options.say, self._describe)
        await self.services[name].start()

    def _told(self) -> Environment:
        servers = self.servers
        alone = servers.own_postgres and self.options.servers is None
        return Environment(
            database_url=servers.database_url,
            amqp_url=servers.amqp_url,
            amqp_management_url=servers.amqp_management_url,
            ports=self._ports,
            passwords=self._passwords,
            keys=self.folder.root / "keys",
            suffix="" if alone else f"_{self._passwords['suffix']}",
            settings=self.options.settings,
            route=self.options.route,
        )

    def _describe(self) -> None:
        """Again whenever a process was started anew."""
        if self._up:
            replace(self.stack_file, self.description)

    def _programs(self) -> dict[str, Supervised]:
        return self.servers.programs | self.services
