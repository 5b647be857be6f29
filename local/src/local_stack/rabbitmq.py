"""A private RabbitMQ node with its own epmd, on loopback ports of its own."""

import asyncio
import contextlib
import os
import signal
from asyncio.subprocess import Process
from collections.abc import Mapping

from local_stack.folder import Folder
from local_stack.health import answers
from local_stack.leftovers import end_leftovers
from local_stack.ports import HOST
from local_stack.program import Command
from local_stack.software import Broker

ADMINISTRATOR = "administrator"
PORTS = ("amqp", "amqp_management", "amqp_distribution", "epmd")


class RabbitMQ:
    name = "rabbitmq"
    ready_seconds = 60.0
    stop_signal = signal.SIGTERM
    stop_seconds = 20.0

    def __init__(self, folder: Folder, ports: Mapping[str, int], password: str) -> None:
        self._folder, self._ports, self._password = folder, ports, password
        self._home = folder.root / "rabbitmq"
        self.software: Broker | None = None
        self._epmd: Process | None = None

    @property
    def url(self) -> str:
        return f"amqp://{ADMINISTRATOR}:{self._password}@{HOST}:{self._ports['amqp']}/"

    @property
    def management_url(self) -> str:
        return f"http://{ADMINISTRATOR}:{self._password}@{HOST}:{self._ports['amqp_management']}"

    def prepare(self, software: Broker) -> None:
        self.software = software
        self._home.mkdir(mode=0o700, exist_ok=True)
        settings = {
            "listeners.tcp.local": f"{HOST}:{self._ports['amqp']}",
            "management.tcp.ip": HOST,
            "management.tcp.port": self._ports["amqp_management"],
            # In the place of guest, who is never made.
            "default_user": ADMINISTRATOR,
            "default_pass": self._password,
            "default_user_tags.administrator": "true",
            "log.console.level": "info",
        }
        self._write("rabbitmq.conf", "".join(f"{name} = {value}\n" for name, value in settings.items()))
        # Named, so that none of the machine's own is read.
        self._write("advanced.config", "[].\n")
        self._write("enabled_plugins", "[rabbitmq_management].\n")

    async def clear(self) -> None:
        await end_leftovers(self._folder.root, self.name)
        if self._epmd is None:
            await end_leftovers(self._folder.root, "epmd")

    async def spawn(self) -> Process:
        if self.software is None:
            raise AssertionError("prepare() first")
        if self._epmd is None or self._epmd.returncode is not None:
            arguments = [str(self.software.epmd), "-port", str(self._ports["epmd"]), "-address", HOST]
            self._epmd = await Command("epmd", arguments, self._environment(), self._folder).start()
            await self._epmd_listens()
        command = Command(
            self.name, [str(self.software.server)], self._environment(), self._folder, cwd=self._home
        )
        return await command.start()

    async def is_ready(self, pid: int) -> bool:  # noqa: ARG002 the port is ours: it was free before
        try:
            _, writer = await asyncio.open_connection(HOST, self._ports["amqp"])
        except OSError:
            return False
        writer.close()
        return await answers(f"{self.management_url}/api/health/checks/local-alarms")

    async def after_stop(self) -> None:
        if self._epmd is not None:
            with contextlib.suppress(ProcessLookupError):
                self._epmd.terminate()
            await self._epmd.wait()
            self._epmd = None

    async def _epmd_listens(self) -> None:
        for _ in range(100):
            try:
                _, writer = await asyncio.open_connection(HOST, self._ports["epmd"])
            except OSError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                return

    def _environment(self) -> dict[str, str]:
        home = self._home
        return {
            **(self.software.environment if self.software else {}),
            "HOME": str(home),  # the cookie
            "LANG": "C.UTF-8",
            "ERL_EPMD_ADDRESS": HOST,
            "ERL_EPMD_PORT": str(self._ports["epmd"]),
            "ERL_CRASH_DUMP_SECONDS": "0",
            "RABBITMQ_NODENAME": "doorstroom@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": HOST,
            "RABBITMQ_NODE_PORT": str(self._ports["amqp"]),
            "RABBITMQ_DIST_PORT": str(self._ports["amqp_distribution"]),
            "RABBITMQ_MNESIA_BASE": str(home / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self._folder.logs),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_CONF_ENV_FILE": str(home / "none"),
            "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(home / "advanced.config"),
            "RABBITMQ_GENERATED_CONFIG_DIR": str(home / "generated"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "enabled_plugins"),
            "RABBITMQ_PID_FILE": str(home / "pid"),
            # The script becomes beam.smp instead of waiting for it: its pid is the one that serves.
            "RABBITMQ_ALLOW_INPUT": "1",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-noinput -kernel inet_dist_use_interface {127,0,0,1}",
        }

    def _write(self, name: str, text: str) -> None:
        path = self._home / name
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            file.write(text)
