"""What the portal and users answer to a refresh, made from the body of an import."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.clock import now
from shared.contracts.copies import KnownPerson, PeopleRepublished, SnapshotSent
from shared.contracts.ids import UserCode
from tests.desktop_sync.desk import Desk


def snapshot(
    body: dict[str, Any], refresh: UUID, *, at: datetime | None = None, parts: int = 2, version: int = 1
) -> list[SnapshotSent]:
    """The portal as an import saw it: its structure in the first part, its students spread over all."""
    groups = [_home_class(one) for one in body["home_classes"]]
    groups += [
        _cluster(one, department, identity)
        for one in body["groups"]
        for department, identity in one["portal_groups"].items()
    ]
    subjects = [
        {"department": department["id"], "code": one["code"], "label": one["name"], "is_choosable": True}
        for department in body["departments"]
        for one in body["subjects"]
    ]
    taken_at = at or now()
    return [
        SnapshotSent.model_validate(
            {
                "refresh": refresh,
                "project": body["project"]["id"],
                "school": body["project"]["school"],
                "taken_at": taken_at,
                "part": part,
                "parts": parts,
                "departments": [_department(one, body, version) for one in body["departments"]] * (part == 1),
                "groups": groups * (part == 1),
                "subjects": subjects * (part == 1),
                "enrolments": [_enrolment(one, body) for one in body["students"][part - 1 :: parts]],
            }
        )
        for part in range(1, parts + 1)
    ]


def people(
    refresh: UUID, project: int, versions: dict[str, int], *, at: datetime | None = None
) -> PeopleRepublished:
    named = [KnownPerson(user=UserCode(code), version=version) for code, version in versions.items()]
    return PeopleRepublished.model_validate(
        {"refresh": refresh, "project": project, "people": named, "at": at or now()}
    )


async def ask(desk: Desk, project: int, kind: str = "refresh", **more: Any) -> dict[str, Any]:
    answer = await desk.client.post(f"/projects/{project}/{kind}", **more)
    assert answer.status_code == 202, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


def without(body: dict[str, Any], *students: str) -> dict[str, Any]:
    """The same school without these."""
    return body | {"students": [one for one in body["students"] if one["code"] not in students]}


def some(body: dict[str, Any], students: Collection[int]) -> dict[str, Any]:
    return body | {"students": [body["students"][number] for number in students]}


def _department(one: dict[str, Any], body: dict[str, Any], version: int) -> dict[str, Any]:
    authority = one["home_class_authority"]
    told = {"id": one["id"], "branch": one.get("branch", body["branch"]), "code": one["code"]}
    return told | {"label": one["name"], "home_class_authority": authority, "version": version}


def _home_class(one: dict[str, Any]) -> dict[str, Any]:
    told = {key: one[key] for key in ("id", "code", "department", "soft_max", "hard_max")}
    return told | {"label": one["code"], "is_home_class": True, "subject": None}


def _cluster(one: dict[str, Any], department: int, identity: int) -> dict[str, Any]:
    told = {"id": identity, "department": department, "code": one["code"], "label": one["code"]}
    told |= {"is_home_class": False, "subject": one["subject"]}
    return told | {"soft_max": one["soft_max"], "hard_max": one["hard_max"]}


def _enrolment(one: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    told = {"id": one["enrolment"], "student": one["code"], "branch": one.get("branch", body["branch"])}
    told |= {"department": one["department"], "home_class": one["home_class"]}
    return told | {"groups": one["memberships"], "choices": one["choices"]}
