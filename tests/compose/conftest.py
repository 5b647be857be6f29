"""One deployment for all the tests, taken down afterwards with its volumes."""

import json
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from local_stack.ports import choose_free
from tests.compose.composed import NAMES, Composed, docker, docker_answers


@pytest.fixture(scope="session")
def composed() -> Iterator[Composed]:
    """Up, by the command of its first lines and nothing before it."""
    if not docker_answers():
        pytest.exit("No docker answers here. `make test-compose` starts one of its own.", returncode=1)
    deployment = Composed(choose_free(), choose_free(), choose_free())
    deployment.down()
    try:
        # The one that was built stays in docker's memory: to build it again is a moment.
        docker("image", "rm", "--force", "--no-prune", NAMES["DOORSTROOM_IMAGE"])
        deployment.up()
        deployment.passwords["manager"] = deployment.secret("manager/doorstroom_password")
        yield deployment
    finally:
        deployment.down()


@pytest.fixture(scope="session")
def school(composed: Composed) -> Composed:
    """With the demo school; the passwords of its logins lie where its job found them."""
    told = composed.compose("--profile", "demo", "run", "--rm", "demo")
    passwords = json.loads(composed.secret("demo/doorstroom_demo_passwords"))
    shown = [line.split() for line in told.splitlines() if line.startswith(tuple(passwords))]
    composed.logins = {login: username for login, username, _ in shown}
    composed.passwords |= {username: passwords[login] for login, username, _ in shown}
    assert {login: password for login, _, password in shown} == passwords
    return composed


@pytest.fixture
async def manager(school: Composed) -> AsyncIterator[httpx.AsyncClient]:
    async with school.client() as client:
        yield client
