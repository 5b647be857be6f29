import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from local_stack.servers import Servers


@pytest.fixture(scope="session")
async def own_servers(test_folder: Path) -> AsyncIterator[Servers]:
    """Private servers of these tests alone: they are killed here, so nobody else may be on them."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("DOORSTROOM_DATABASE_URL", "DOORSTROOM_AMQP_URL", "DOORSTROOM_AMQP_MANAGEMENT_URL"):
            patch.delenv(name, raising=False)
        servers = Servers(test_folder / "own_servers", fresh=True)
    async with asyncio.timeout(120):
        await servers.start()
    yield servers
    await servers.stop()
