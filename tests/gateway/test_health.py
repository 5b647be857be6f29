import pytest

from tests.gateway.fakes import hang


async def test_ready_when_all_three_are(door):
    assert (await door.client.get("/health/live")).status_code == 200
    assert (await door.client.get("/health/ready")).status_code == 503
    for service in (door.portal, door.users, door.desktop):
        service.on("GET /health/ready", {"status": "ready"})
    assert (await door.client.get("/health/ready")).json() == {"status": "ready"}


@pytest.mark.parametrize("name", ["portal", "users", "desktop"])
async def test_not_ready_while_one_is_not(door, name):
    for service in (door.portal, door.users, door.desktop):
        service.on("GET /health/ready", {"status": "ready"})
    getattr(door, name).on("GET /health/ready", {"status": "not_ready"}, 503)
    assert (await door.client.get("/health/ready")).status_code == 503


async def test_it_is_alive_whatever_the_others_do(door):
    door.portal.on("GET /health/ready", hang)
    assert (await door.client.get("/health/live")).status_code == 200


async def test_the_page_says_what_this_is_and_runs_nothing(door):
    answer = await door.client.get("/", headers={"Host": 'x"><script>alert(1)</script>'})
    assert answer.headers["content-type"].startswith("text/html")
    assert "<script" not in answer.text
    assert "style" not in answer.text
    for name in ("portal", "users", "desktop"):
        assert f"/api/{name}/openapi.json" in answer.text


async def test_the_doors_own_api_is_described(door):
    paths = (await door.client.get("/api/openapi.json")).json()["paths"]
    assert "/api/students/{code}/footprint" in paths
    assert "/api/imports/projects" in paths
