"""What is done before any service starts; every step may be repeated. The servers come up meanwhile."""

import hashlib
from collections.abc import Callable

from local_stack.environment import SERVICES, Environment
from local_stack.folder import CHECKOUT, Folder
from local_stack.servers import Servers
from local_stack.service import run_job
from local_stack.terminal import Say, timed
from local_stack.together import together

FIRST_MANAGER = "manager"


async def prepare(servers: Servers, folder: Folder, told: Callable[[], Environment], say: Say) -> None:
    """`told` is asked when a server is up: before that its address may not be known."""
    await together(_data(servers, folder, told, say), _broker(servers, folder, told, say))


async def _data(servers: Servers, folder: Folder, told: Callable[[], Environment], say: Say) -> None:
    await servers.start_postgres()
    environment = told()
    # Beside the data it speaks of, so that one goes with the other; and only where the data is ours alone.
    marker = "postgres/prepared.json" if servers.own_postgres and servers.folder == folder else ""
    present = {"sources": _fingerprint(), "database": environment.database_url}
    if marker and folder.read(marker) == present:
        return
    with timed(say, "keys, databases, first manager"):
        keys = ["users", "keys", "--directory", str(environment.keys)]
        await together(
            run_job(folder, "keys", keys, environment.everyone()),
            *(_migrate(folder, name, environment) for name in SERVICES),
        )
        manager = ["users", "manager", FIRST_MANAGER]
        await run_job(folder, "first-manager", manager, environment.first_manager())
    if marker:
        folder.write(marker, present)


async def _migrate(folder: Folder, service: str, environment: Environment) -> None:
    await run_job(folder, f"migrate-{service}", [service, "migrate"], environment.migration(service))


def _fingerprint() -> str:
    """Of all code the jobs may run: whatever changed, they run again."""
    found = hashlib.sha256()
    for top in ("shared", "services"):
        for source in sorted((CHECKOUT / top).rglob("*.py")):
            found.update(source.read_bytes())
    return found.hexdigest()


async def _broker(servers: Servers, folder: Folder, told: Callable[[], Environment], say: Say) -> None:
    await servers.start_rabbitmq()
    with timed(say, "exchanges, queues, their users"):
        await run_job(folder, "topology", ["shared.messaging.topology"], told().topology())
