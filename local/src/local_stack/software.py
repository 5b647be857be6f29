"""RabbitMQ and Erlang: the machine's own, or the distribution's packages unpacked without being root."""

import asyncio
import fcntl
import os
import re
import shutil
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from local_stack.folder import LOCAL, CannotStart
from local_stack.terminal import Say, timed

PACKAGES = (
    "rabbitmq-server",
    "erlang-base",
    "erlang-asn1",
    "erlang-crypto",
    "erlang-eldap",
    "erlang-inets",
    "erlang-mnesia",
    "erlang-os-mon",
    "erlang-parsetools",
    "erlang-public-key",
    "erlang-runtime-tools",
    "erlang-ssl",
    "erlang-syntax-tools",
    "erlang-tools",
    "erlang-xmerl",
    "libsctp1",
)
INSTEAD = "Install rabbitmq-server, name a broker in DOORSTROOM_AMQP_URL, or use docker compose."


@dataclass(frozen=True)
class Broker:
    """Where the programs of RabbitMQ are."""

    server: Path
    epmd: Path
    environment: dict[str, str]


async def broker_software(say: Say, folder: Path = LOCAL / "software") -> Broker:
    return _installed() or await _unpacked(folder, say)


def _installed() -> Broker | None:
    # Debian's command on the PATH becomes another user first; what it then runs is this.
    debians = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
    found = str(debians) if debians.exists() else shutil.which("rabbitmq-server")
    epmd = shutil.which("epmd") or next(
        (str(path) for path in Path("/usr/lib/erlang").glob("erts-*/bin/epmd")), None
    )
    if not found or not epmd or not shutil.which("erl"):
        return None
    return Broker(Path(found), Path(epmd), {"PATH": os.environ.get("PATH", os.defpath)})


async def _unpacked(folder: Path, say: Say) -> Broker:
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    root = folder / "rabbitmq"
    async with _alone(folder):
        if not root.exists():
            if not (shutil.which("apt-get") and shutil.which("dpkg")):
                raise CannotStart(
                    f"RabbitMQ is not on this machine and there is no apt to fetch it. {INSTEAD}"
                )
            with timed(say, "fetched RabbitMQ and Erlang"):
                await _fetch(folder / "fetching", root)
        _point_erlang_at(root)
    server = next(root.glob("usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmq-server"))
    erlang = root / "usr/lib/erlang"
    libraries = ":".join(str(path) for path in root.glob("usr/lib/*-linux-*"))
    path = f"{erlang}/bin:{os.environ.get('PATH', os.defpath)}"
    return Broker(server, erlang / "bin/epmd", {"PATH": path, "LD_LIBRARY_PATH": libraries})


async def _fetch(work: Path, root: Path) -> None:
    """Our own lists and cache, so that apt needs no root and the machine's own state is left alone."""
    shutil.rmtree(work, ignore_errors=True)
    for name in ("lists/partial", "cache/archives/partial", "packages", "root"):
        (work / name).mkdir(parents=True)
    apt = ["apt-get", "-q", "-o", f"Dir::State::Lists={work}/lists", "-o", f"Dir::Cache={work}/cache"]
    apt += ["-o", "Debug::NoLocking=1", "-o", "APT::Sandbox::User=", "-o", "Acquire::Languages=none"]
    # A source of somebody else's that fails is no matter, as long as the packages come.
    updated = await _run(work, *apt, "update")
    status, said = await _run(work / "packages", *apt, "download", *PACKAGES)
    if status:
        raise CannotStart(f"could not fetch RabbitMQ:\n{updated[1][-800:]}\n{said[-800:]}\n{INSTEAD}")
    for package in sorted((work / "packages").glob("*.deb")):
        status, said = await _run(work, "dpkg", "-x", str(package), str(work / "root"))
        if status:
            raise CannotStart(f"could not unpack {package.name}: {said[-800:]}")
    (work / "root").rename(root)
    shutil.rmtree(work)


async def _run(cwd: Path, *command: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(*command, cwd=cwd, stdin=None, stdout=PIPE, stderr=STDOUT)
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode(errors="replace")


def _point_erlang_at(root: Path) -> None:
    """The `erl` scripts carry the place the package was built for; a checkout may also have moved."""
    erlang = root / "usr/lib/erlang"
    for script in (erlang / "bin/erl", *erlang.glob("erts-*/bin/erl")):
        text = script.read_text()
        patched = re.sub(r"ROOTDIR=/.*", f"ROOTDIR={erlang}", text)
        if patched != text:
            script.write_text(patched)


@asynccontextmanager
async def _alone(folder: Path) -> AsyncIterator[None]:
    """One of several stacks of a checkout fetches; the others wait for it."""
    with (folder / "lock").open("w") as lock:
        await asyncio.to_thread(fcntl.flock, lock, fcntl.LOCK_EX)
        yield
