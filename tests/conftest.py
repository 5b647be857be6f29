"""Real servers for every test that asks for them: started once, by the same code as `make up`."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from local_stack.servers import Servers
from tests.support.folders import own_folder
from tests.support.house import House
from tests.support.rig import Rig, running_rig


@pytest.fixture(scope="session")
def test_folder() -> Iterator[Path]:
    with own_folder() as folder:
        yield folder


@pytest.fixture(scope="session")
async def servers(test_folder: Path) -> AsyncIterator[Servers]:
    async with Servers(test_folder / "servers", fresh=True) as running:
        yield running


@pytest.fixture(scope="session")
async def house(servers: Servers, test_folder: Path) -> House:
    """Servers with the topology declared; each service's tests migrate their own database."""
    built = House(servers, test_folder / "house")
    await built.declare_topology()
    return built


@pytest.fixture(scope="session")
async def rig(test_folder: Path) -> AsyncIterator[Rig]:
    """The whole house as processes, with servers of its own: these get killed."""
    async with running_rig(test_folder / "rig") as running:
        yield running


@pytest.fixture
async def manager(rig: Rig) -> AsyncIterator[httpx.AsyncClient]:
    """The application manager at the rig's gateway, freshly logged in."""
    async with rig.client() as client:
        yield client
