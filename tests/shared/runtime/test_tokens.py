"""Who asks: anything but a valid token of ours is 401, and says how to log in."""

import base64
import json
import time

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey, RSAKey
from sqlalchemy import insert

from shared.contracts.ids import UserCode
from shared.contracts.rights import Permission, Role
from shared.database.engine import create_engine
from shared.ids import new_id
from shared.runtime.access import AUDIENCE, Caller
from shared.runtime.revocation import account
from tests.shared.runtime.conftest import knocking
from tests.shared.runtime.test_input import is_problem

NOW, HOUR = int(time.time()), 3600  # the whole suite runs between this line and its tests
CLAIMS = {
    "iss": "doorstroom",
    "aud": AUDIENCE,
    "sub": "manager",
    "jti": "x",
    "exp": NOW + HOUR,
    "sv": 1,
    "roles": {"application_manager": None},
}
HEADER = {"alg": "Ed25519", "typ": "at+jwt", "kid": "test"}


def part(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def signed(key, header=HEADER, **claims) -> str:
    present = {name: value for name, value in (CLAIMS | claims).items() if value is not ...}
    return jwt.encode(header, present, key, algorithms=[header["alg"]])


async def with_token(door, token: str):
    return await door.get("/projects", headers={"Authorization": f"Bearer {token}"})


async def test_the_token_of_this_test_is_good(house, door):
    assert (await with_token(door, signed(house.key))).status_code == 200


def is_unknown(answer) -> None:
    is_problem(answer, 401, "not_logged_in")
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer ",
        "Basic bTptCg==",
        "Bearer x",
        "Bearer a.b.c",
        "Bearer é.é.é",
        "Bearer " + "x" * 9000,
        f"Bearer {part(HEADER)}.{part(CLAIMS)}.",
        f"Bearer {part([])}.{part([])}.{part([])}",
    ],
)
async def test_garbage(door, authorization):
    headers = [(b"authorization", authorization.encode())]
    is_unknown(await door.get("/projects", headers=headers))


async def test_nothing_at_all(app):
    async with knocking(app) as door:
        is_unknown(await door.get("/projects"))


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": NOW - 1},
        {"exp": "tomorrow"},
        {"exp": None},
        {"aud": "elsewhere"},
        {"aud": [AUDIENCE + "x"]},
        {"iss": "elsewhere"},
        {"nbf": NOW + HOUR},
        {"sub": ""},
        {"sv": "many"},
        {"sv": None},
        {"roles": []},
        {"roles": {"principal": None}},
        {"roles": {"mentor": 5}},
        {"roles": "application_manager"},
        {"roles": None},
        *({name: ...} for name in CLAIMS),
    ],
    ids=str,
)
async def test_claims_that_are_wrong_or_missing(house, door, claims):
    is_unknown(await with_token(door, signed(house.key, **claims)))


async def test_keys_and_algorithms_that_are_not_ours(house, door):
    public = house.jwks_file.read_text()
    other = OKPKey.generate_key("Ed25519", {"kid": "test"})
    secret = OctKey.import_key(public)
    for token in (
        signed(other),
        signed(house.key, HEADER | {"kid": "other"}),
        signed(house.key, HEADER | {"typ": "JWT"}),
        signed(house.key, {k: v for k, v in HEADER.items() if k != "typ"}),
        signed(secret, HEADER | {"alg": "HS256"}),
        signed(RSAKey.generate_key(2048), HEADER | {"alg": "RS256"}),
        signed(other, HEADER | {"jwk": other.as_dict(private=False)}),
        f"{part(HEADER | {'alg': 'none'})}.{part(CLAIMS)}.",
        signed(house.key)[:-3] + "AAA",
        part(HEADER) + "." + part(CLAIMS | {"sub": "other"}) + "." + signed(house.key).rpartition(".")[2],
    ):
        is_unknown(await with_token(door, token))


async def test_a_token_older_than_its_accounts_archival_is_dead(house, door):
    engine = create_engine(house.owner_url("portal"), size=1)
    code = str(new_id())
    async with engine.begin() as database:
        row = {"user": code, "version": 2, "session_version": 2, "archived": True}
        await database.execute(insert(account), [row])
    await engine.dispose()

    is_unknown(await with_token(door, signed(house.key, sub=code, sv=1)))
    assert (await with_token(door, signed(house.key, sub=code, sv=2))).status_code == 200


async def test_a_role_without_the_permission_is_told_so(house, door):
    answer = await with_token(door, house.token("1", {Role.STUDENT: None}))
    is_problem(answer, 403, "not_allowed")
    answer = await with_token(door, house.token("1", {}))
    is_problem(answer, 403, "not_allowed")


@pytest.mark.parametrize("role", [Role.STUDENT, Role.GUARDIAN])
def test_who_has_no_branches_by_his_kind_reaches_himself_alone(role):
    scope = Caller(UserCode("1"), {role: None}, expires_at=0, session_version=1).scope(Permission.READ_OWN)
    assert (scope.everything, scope.branches, scope.own) == (False, frozenset(), "1")
