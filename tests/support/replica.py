"""A second process of a service: the same database, the same queue, a port of its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from local_stack.folder import Folder
from local_stack.ports import HOST, kept_ports
from local_stack.service import Service
from local_stack.supervised import Supervised
from local_stack.terminal import silent
from tests.support.rig import Rig


@dataclass(frozen=True)
class Replica:
    url: str
    process: Supervised


@asynccontextmanager
async def replica_of(rig: Rig, service: str) -> AsyncIterator[Replica]:
    """In a folder of its own, so that looking after the first process does not end this one."""
    folder = Folder(rig.stack.folder.root / "replicas")
    folder.prepare()
    port = kept_ports(folder, (service,), silent)[service]
    environment = rig.stack._told().service(service) | {f"DOORSTROOM_{service.upper()}_PORT": str(port)}
    process = Supervised(Service(service, folder, port, environment), folder, silent, lambda: None)
    try:
        await process.start()
        yield Replica(f"http://{HOST}:{port}", process)
    finally:
        await process.stop()
