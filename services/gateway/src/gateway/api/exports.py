"""`GET /api/exports/students`: a list of students in the columns an import reads."""

from typing import Annotated

from fastapi import APIRouter, Request, Response

from gateway.api.answers import as_it_is
from gateway.services import on_behalf_of, services_of
from gateway.student_export import written
from shared.contracts.rights import Permission
from shared.runtime.access import Allowed, Caller
from shared.runtime.input import QueryId

router = APIRouter(prefix="/api/exports", tags=["exports"])


@router.get(
    "/students",
    response_class=Response,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
async def export_students(
    _: Annotated[Caller, Allowed(Permission.READ_ADDRESSES)],
    request: Request,
    project: QueryId,
    branch: QueryId,
) -> Response:
    """Who is enrolled in a branch of a project, as CSV: the whole list, or a service's refusal."""
    caller, services = on_behalf_of(request), services_of(request)
    enrolled = await services.portal.ask(
        "GET", "/exports/students", caller, params={"project": project, "branch": branch}
    )
    if enrolled.is_error:
        return as_it_is(enrolled)
    students = enrolled.json()["items"]
    codes = [one["student"] for one in students]
    people = await services.users.ask("POST", "/exports/students", caller, json={"students": codes})
    if people.is_error:
        return as_it_is(people)
    details = {one["student"]: one for one in people.json()["items"]}
    headers = {"Content-Disposition": 'attachment; filename="students.csv"', "Cache-Control": "no-store"}
    return Response(written(students, details), media_type="text/csv", headers=headers)
