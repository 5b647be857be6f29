"""The gateway as the command line talks to it: logged in, importing, asking, listening."""

import json
import time
from codecs import BOM_UTF8
from collections.abc import Generator, Iterator, Mapping
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import httpx

Json = dict[str, Any]

_JSON = {"Content-Type": "application/json"}
_XML = {"Content-Type": "application/xml"}
_CSV = {"Content-Type": "text/csv"}
_XLSX = {"Content-Type": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
_ZIP = b"PK"
_TIMEOUT = httpx.Timeout(60, connect=5)
# An event stream is silent for at most 15 seconds.
_STREAM = httpx.Timeout(60, connect=5, read=45)
_SPARE_SECONDS = 120
_TRIES, _PAUSE_SECONDS = 4, 1.0
_BROKEN_OFF = "The gateway stopped telling how the import goes; run it again, that is safe"

FINAL = ("done", "failed")
"""The states in which an import has ended."""


class DoorRefused(Exception):
    """The gateway answered with a problem (RFC 9457), or an OAuth error."""

    def __init__(self, status: int, problem: Json) -> None:
        self.status = status
        self.code: str = problem.get("code") or problem.get("error") or "unexpected"
        self.detail: str = problem.get("detail") or problem.get("error_description") or f"HTTP {status}"
        self.params: Json = problem.get("params") or {}
        super().__init__(f"{self.detail} ({self.code})")


class DoorAway(Exception):
    """Nobody answers at that address, or the answer broke off."""


class Door:
    """Logs in when it must, and again before a token ends. Its methods raise DoorRefused, DoorAway."""

    def __init__(self, gateway: str, username: str, password: str) -> None:
        self.gateway = gateway.rstrip("/")
        self.username = username
        self._password = password
        self._client = httpx.Client(base_url=self.gateway, timeout=_TIMEOUT, trust_env=False)
        self._token, self._good_until = "", 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def log_in(self) -> None:
        """A fresh token for whatever comes."""
        form = {"grant_type": "password", "username": self.username, "password": self._password}
        answer = self._ask("POST", "/api/users/oauth/token", data=form)
        self._token = answer["access_token"]
        self._good_until = time.monotonic() + answer["expires_in"] - _SPARE_SECONDS

    def get(self, path: str, **query: Any) -> Json:
        return self._ask("GET", path, headers=self._authorized(), params=query)

    def items(self, path: str, **query: Any) -> Iterator[Json]:
        """A list to its last page."""
        cursor: Json = {}
        while True:
            page = self.get(path, **query, **cursor)
            yield from page["items"]
            if page["next"] is None:
                return
            cursor = {"cursor": page["next"]}

    def act(self, path: str, body: Json) -> Json:
        """A POST with a key: what may have been done already is asked again, and done once."""
        key = {"Idempotency-Key": str(uuid4())}
        for attempt in range(_TRIES):
            time.sleep(_PAUSE_SECONDS * attempt)
            try:
                return self._ask("POST", path, headers=self._authorized() | key, json=body)
            except (DoorAway, DoorRefused) as error:
                if not is_away(error):
                    raise
        raise DoorAway(f"{self.gateway} does not answer now; doorstroom watch shows what goes on")

    def post(self, path: str, body: Json) -> Json:
        return self._ask("POST", path, headers=self._authorized(), json=body)

    def import_project(self, raw: bytes, query: Mapping[str, Any]) -> Iterator[Json]:
        """Each state of the import, up to its end; a timetable in XHSTT is sent as it is."""
        kind = _XML if raw.removeprefix(BOM_UTF8).lstrip().startswith(b"<") else _JSON
        return self._import("/api/imports/projects", raw, query, kind)

    def import_students(self, raw: bytes, query: Mapping[str, Any]) -> Iterator[Json]:
        """The same, of a list of students."""
        return self._import("/api/imports/students", raw, query, _XLSX if raw.startswith(_ZIP) else _CSV)

    def _import(
        self, path: str, raw: bytes, query: Mapping[str, Any], kind: Mapping[str, str]
    ) -> Iterator[Json]:
        headers = self._authorized() | dict(kind)
        job = self._ask("POST", path, params=dict(query), content=raw, headers=headers)
        yield job
        yield from self._follow(job["id"])

    def _follow(self, import_id: str) -> Iterator[Json]:
        state = ""
        try:
            for job in self.events(f"/api/imports/{import_id}/events"):
                state = job["state"]
                yield job
        except DoorAway as away:
            raise DoorAway(_BROKEN_OFF) from away
        if state not in FINAL:
            raise DoorAway(_BROKEN_OFF)

    def events(self, path: str, **query: Any) -> Generator[Json]:
        """What an event stream tells (Server-Sent Events), until it ends."""
        headers = self._authorized()
        try:
            with self._client.stream("GET", path, headers=headers, params=query, timeout=_STREAM) as answer:
                if not answer.is_success:
                    answer.read()
                    raise _refused(answer)
                for line in answer.iter_lines():
                    if line.startswith("data:"):
                        told: Json = json.loads(line.removeprefix("data:"))
                        yield told
        except httpx.HTTPError as error:
            raise DoorAway(f"{self.gateway} stopped telling") from error

    def _authorized(self) -> dict[str, str]:
        if time.monotonic() > self._good_until:
            self.log_in()
        return {"Authorization": f"Bearer {self._token}"}

    def _ask(self, method: str, path: str, **request: Any) -> Json:
        try:
            answer = self._client.request(method, path, **request)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise DoorAway(f"Nobody answers at {self.gateway}") from error
        if not answer.is_success:
            raise _refused(answer)
        told: Json = answer.json()
        return told


def is_away(error: DoorAway | DoorRefused) -> bool:
    """Whether it says nothing about what was asked: the same may be answered soon."""
    return isinstance(error, DoorAway) or error.status >= HTTPStatus.INTERNAL_SERVER_ERROR


def _refused(answer: httpx.Response) -> DoorRefused:
    try:
        problem = answer.json()
    except ValueError:
        problem = {}
    return DoorRefused(answer.status_code, problem if isinstance(problem, dict) else {})
