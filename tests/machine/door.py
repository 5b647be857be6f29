"""The doors the machine's people use: HTTP through the gateway, and a program's queue."""

import asyncio
import json
import time
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar
from urllib.parse import urlsplit
from uuid import uuid4

import aio_pika
import httpx

from tests.machine.model import Answer
from tests.support.eventually import eventually
from tests.support.own_school import PASSWORD, School, Schools
from tests.support.rig import Rig

T = TypeVar("T")
TRIES = 5
FACTS = ("portal.departure.requested.v1", "portal.departure.refused.v1")


@dataclass
class House:
    """The rig, used from another thread: its proxies and its loop live in the first."""

    rig: Rig
    loop: asyncio.AbstractEventLoop
    schools: Schools
    _people: dict[tuple[str, str], "Person"] = field(default_factory=dict)

    def people_of(self, school: School) -> dict[str, "Person"]:
        """The application manager, and the school's own office and timetabler, by role."""
        manager = self.rig.stack.description["logins"]["application_manager"]
        logins = {role: (name, PASSWORD) for role, name in school.logins.items()}
        logins["application_manager"] = manager["username"], manager["password"]
        for login in logins.values():
            if login not in self._people:
                self._people[login] = Person(self.rig.gateway)
            if self._people[login].is_old:
                self._people[login].log_in(*login)
        return {role: self._people[login] for role, login in logins.items()}

    def close(self) -> None:
        for person in self._people.values():
            person.close()

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(120)


class Person:
    """Somebody with a login, who asks one thing after the other."""

    raced: ClassVar[int] = 0

    def __init__(self, gateway: str) -> None:
        self._http = httpx.Client(base_url=gateway, timeout=60, trust_env=False)
        self._old_at = 0.0

    def log_in(self, username: str, password: str) -> None:
        login = {"grant_type": "password", "username": username, "password": password}
        answer = self._http.post("/api/users/oauth/token", data=login)
        assert answer.status_code == 200, answer.text
        self._http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        self._old_at = time.monotonic() + answer.json()["expires_in"] / 2

    def close(self) -> None:
        self._http.close()

    @property
    def is_old(self) -> bool:
        """Whether his token may not last for a run."""
        return time.monotonic() > self._old_at

    def ask(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """A status, or the code of a refusal; who lost a race tries again. There is no other 5xx."""
        answer = self._http.request(method, path, json=body, headers=headers)
        for _ in range(TRIES):
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                break
            type(self).raced += 1
            time.sleep(0.3)
            answer = self._http.request(method, path, json=body, headers=headers)
        assert answer.status_code < 500, f"{method} {path}: {answer.status_code} {answer.text}"
        if answer.is_success:
            return Answer(str(answer.status_code), answer.json() if answer.content else None)
        return Answer(answer.json()["code"], answer.json())

    def get(self, path: str) -> Any:
        answer = self._http.get(path)
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text}"
        return answer.json()


async def request_by_queue(rig: Rig, body: dict[str, Any], *, times: int) -> Answer:
    """A program asks, once or with the same message several times; its one answer."""
    url, request = rig.stack.description["amqp_automation"], str(uuid4())
    user = urlsplit(url).username
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        answers = await channel.declare_queue(f"automation.{user}.{request}", exclusive=True)
        for fact in FACTS:
            await answers.bind("doorstroom.facts", fact)
        commands = await channel.get_exchange("doorstroom.commands", ensure=False)
        for _ in range(times):
            message = aio_pika.Message(
                json.dumps(body).encode(), message_id=request, correlation_id=request, user_id=user
            )
            await commands.publish(message, "portal.departure.request.v1")

        async def look() -> dict[str, Any]:
            heard = await answers.get(no_ack=True, fail=False)
            if heard is None or heard.correlation_id != request:
                return {}
            told: dict[str, Any] = json.loads(heard.body)
            return told

        answer = await eventually(look, what="an answer by queue")
    return Answer(answer["code"], answer) if "code" in answer else Answer("202", answer)
