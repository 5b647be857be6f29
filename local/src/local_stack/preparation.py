"""What is done before any service starts; every step may be repeated. The servers come up meanwhile."""

from collections.abc import Callable

from local_stack.environment import SERVICES, Environment
from local_stack.folder import Folder
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
    with timed(say, "keys, databases, first manager"):
        keys = ["users", "keys", "--directory", str(environment.keys)]
        await together(
            run_job(folder, "keys", keys, environment.everyone()),
            *(
                run_job(folder, f"migrate-{name}", [name, "migrate"], environment.migration(name))
                for name in SERVICES
            ),
        )
        await run_job(
            folder, "first-manager", ["users", "manager", FIRST_MANAGER], environment.first_manager()
        )


async def _broker(servers: Servers, folder: Folder, told: Callable[[], Environment], say: Say) -> None:
    await servers.start_rabbitmq()
    with timed(say, "exchanges, queues, their users"):
        await run_job(folder, "topology", ["shared.messaging.topology"], told().topology())
