"""Logging in, staying logged in, and who is told nothing."""

import asyncio
from datetime import timedelta

import pytest
from joserfc import jwt
from sqlalchemy import text

from shared.clock import now
from shared.contracts.rights import Role
from shared.runtime.access import ALGORITHM
from tests.users.conftest import BRANCH, PASSWORD, colleague, student
from users.models import HeldRole
from users.models.user import FREE_ATTEMPTS

WRONG = "not his password"


def claims_of(service, answer):
    decoded = jwt.decode(answer.json()["access_token"], service.house.key, algorithms=[ALGORITHM])
    assert decoded.header["typ"] == "at+jwt"
    return decoded.claims


async def test_a_token_says_who_and_what(service, with_password):
    await service.add(with_password(colleague("tim")), with_password(student("900001")))
    await service.add(
        roles={"tim": HeldRole(Role.TIMETABLER, BRANCH)},
    )
    answer = await service.log_in("TIM ")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json()["token_type"] == "Bearer"
    claims = claims_of(service, answer)
    assert (claims["sub"], claims["sv"], claims["roles"]) == ("tim", 1, {"timetabler": [BRANCH]})
    assert claims["exp"] - claims["iat"] == answer.json()["expires_in"] == 300
    assert claims_of(service, await service.log_in("900001"))["roles"] == {"student": None}

    own = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    assert (await service.client.get("/users/tim", headers=own)).json()["code"] == "tim"
    assert (await service.client.get("/users/900001", headers=own)).status_code == 200
    keys = (await service.client.get("/.well-known/jwks.json")).json()["keys"]
    assert [set(key) & {"d"} for key in keys] == [set()]


async def test_unknown_wrong_archived_and_without_password_get_one_answer(service, with_password):
    await service.add(with_password(student("1")), with_password(student("2")), student("3"))
    await service.client.post("/users/2/archive")
    answers = [
        await service.log_in(username, password)
        for username, password in (
            ("404", WRONG),
            ("1", WRONG),
            ("2", PASSWORD),
            ("3", PASSWORD),
            ("1\x00", WRONG),
        )
    ]
    assert {answer.status_code for answer in answers} == {400}
    assert {answer.text for answer in answers} == {answers[0].text}
    assert answers[0].json()["error"] == "invalid_grant"
    assert {tuple(sorted(answer.headers.items())) for answer in answers} == {
        tuple(sorted(answers[0].headers.items()))
    }


@pytest.mark.parametrize("username", ["404", "900001"])
async def test_the_work_is_the_same_for_who_is_unknown(service, monkeypatch, username):
    """No password check is skipped: its time would tell."""
    await service.add(student("900001"))
    checked = []

    async def is_password(password, password_hash):
        checked.append(password_hash)
        return False

    monkeypatch.setattr("users.features.login.is_password", is_password)
    await service.log_in(username)
    assert checked == [None]


async def test_guessing_is_slowed_down_and_forgotten_after_a_login(service, with_password):
    user = with_password(student("900001"))
    await service.add(user)
    for _ in range(FREE_ATTEMPTS):
        await service.log_in("900001", WRONG)
    assert (await service.log_in("900001")).status_code == 200
    for _ in range(FREE_ATTEMPTS + 1):
        await service.log_in("900001", WRONG)
    assert (await service.log_in("900001")).json()["error"] == "invalid_grant"
    await asyncio.sleep(1.1)
    assert (await service.log_in("900001")).status_code == 200


def test_the_wait_doubles_up_to_a_quarter_of_an_hour():
    user, at = student("900001"), now()
    waits = []
    for _ in range(FREE_ATTEMPTS + 20):
        user.login_failed(at)
        waits.append((user.locked_until or at) - at)
    assert waits[FREE_ATTEMPTS - 1] == timedelta()
    assert [wait.total_seconds() for wait in waits[FREE_ATTEMPTS : FREE_ATTEMPTS + 4]] == [1, 2, 4, 8]
    assert waits[-1] == timedelta(minutes=15)
    assert not user.may_log_in(at)
    assert user.may_log_in(at + timedelta(minutes=15))


async def test_a_refresh_token_works_once_and_its_reuse_ends_the_session(service, with_password):
    await service.add(with_password(student("900001")))
    first = (await service.log_in("900001")).json()["refresh_token"]
    other_device = (await service.log_in("900001")).json()["refresh_token"]
    second = (await service.refresh(first)).json()["refresh_token"]
    assert second != first
    assert (await service.client.get("/users/900001/footprint")).json() == {
        "account": {"active": True}, "sessions": 2, "refresh_tokens": 2, "api_tokens": 0,
    }  # fmt: skip
    assert (await service.refresh(first)).json()["error"] == "invalid_grant"
    assert (await service.refresh(second)).json()["error"] == "invalid_grant"
    assert (await service.refresh(other_device)).status_code == 200
    assert len(await service.rows("SELECT 1 FROM session")) == 1
    assert len(await service.rows("SELECT 1 FROM audit WHERE action = 'session.end'")) == 1


async def test_of_two_who_come_with_one_token_at_once_one_goes_on(service, with_password):
    await service.add(with_password(student("900001")))
    token = (await service.log_in("900001")).json()["refresh_token"]
    answers = await asyncio.gather(*(service.refresh(token) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400, 400]


async def test_a_session_ends_by_itself(service, with_password):
    await service.add(with_password(student("900001")))
    token = (await service.log_in("900001")).json()["refresh_token"]
    async with service.work() as uow:
        await uow.session.execute(text("UPDATE session SET expires_at = now()"))
        await uow.session.execute(text("UPDATE refresh_token SET expires_at = now()"))
        await uow.session.commit()
    assert (await service.refresh(token)).status_code == 400
    assert (await service.client.get("/users/900001/footprint")).json()["sessions"] == 0
    await service.log_in("900001")
    assert len(await service.rows("SELECT 1 FROM session")) == 1


async def test_restoring_revives_no_token(service, with_password):
    await service.add(with_password(student("900001")))
    tokens = (await service.log_in("900001")).json()
    await service.client.post("/users/900001/archive")
    await service.client.post("/users/900001/restore")
    own = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert (await service.client.get("/users/900001", headers=own)).status_code == 401
    assert (await service.refresh(tokens["refresh_token"])).status_code == 400
    assert (await service.log_in("900001")).status_code == 200


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({}, "invalid_request"),
        ({"grant_type": "password", "username": "x"}, "invalid_request"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": "client_credentials"}, "unsupported_grant_type"),
        ({"grant_type": "refresh_token", "refresh_token": "é\x00"}, "invalid_grant"),
        ({"grant_type": "password", "username": "\x00", "password": "\x00"}, "invalid_grant"),
    ],
)
async def test_errors_are_those_of_rfc_6749(service, form, error):
    answer = await service.client.post("/oauth/token", data=form)
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert set(answer.json()) == {"error", "error_description"}
    assert answer.headers["Cache-Control"] == "no-store"


async def test_a_token_of_nobody_is_refused(service):
    headers = service.as_("nobody", Role.APPLICATION_MANAGER)
    assert (await service.client.get("/users", headers=headers)).status_code == 401
    assert (await service.client.get("/users", headers={"Authorization": ""})).status_code == 401
