"""Options (mogelijkheden) of one student: which class and groups he could have, and what that changes."""

from collections.abc import Iterable, Sequence
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import StringConstraints
from pydantic_core import to_json

from desktop_sync.api.access import Reader, Work
from desktop_sync.api.option_rows import told
from desktop_sync.api.options_shown import ShownOptions
from desktop_sync.api.students import StudentPath
from desktop_sync.features.options import Asked, Home, options_of
from shared.contracts.ids import GroupId, ProjectId
from shared.contracts.rights import Permission
from shared.runtime.input import PathId, ShortText

MOST_ROWS = 200
MOST_CLASHES = 10
MOST_OTHERS = 2

_ID = "[1-9][0-9]{0,18}"
_SOME = Query(max_length=200)
_SomeIds = Annotated[str, StringConstraints(pattern=f"^{_ID}(,{_ID})*$", max_length=4000)]
Subjects = Annotated[Sequence[ShortText], _SOME]
Ids = Annotated[Sequence[_SomeIds], _SOME]
"""Repeated, or with commas between."""

router = APIRouter(prefix="/projects/{project_id}/students/{code}/options", tags=["options"])


@router.get("", response_model=ShownOptions)
async def list_student_options(  # noqa: PLR0913, PLR0917 - what may be asked
    caller: Reader,
    uow: Work,
    project_id: PathId,
    code: StudentPath,
    k: Annotated[int, Query(ge=1, le=MOST_ROWS)] = 20,
    max_clashes: Annotated[int, Query(ge=0, le=MOST_CLASHES)] = 0,
    home: Annotated[str | None, Query(pattern=f"^(any|current|{_ID})$")] = None,
    lock: Subjects = (),
    exclude: Ids = (),
    block: Ids = (),
    package: Subjects = (),
    swaps: Annotated[int, Query(ge=0, le=MOST_OTHERS)] = 0,
) -> Response:
    """The best `k` of all his options, and how many there are. The ETag is the project's revision.

    `home`: `any` class of his department, the `current` one, or the id of one; else any where the desktop
    leads, and the current one where the portal does. `lock`: subjects that keep their group. `exclude`: ids
    of lesson groups he is not to be in. `block`: ids of slots in which he is to be free. `package`: the
    subjects he would have. Of these several may be named. `swaps`: how many others may move to make room
    for him; the best `k` swaps stand after the plain rows.
    """
    asked = Asked(
        k=k,
        max_clashes=max_clashes,
        home=_home(home),
        lock=frozenset(_each(lock)),
        exclude=frozenset(map(int, _each(exclude))),
        block=frozenset(map(int, _each(block))),
        package=frozenset(_each(package)) or None,
        swaps=swaps,
    )
    scope = caller.scope(Permission.READ_DESKTOP)
    answer = await options_of(uow, ProjectId(project_id), code, asked, scope)
    # Hundreds of small things: a model of each would take longer than to find them.
    return Response(
        to_json(told(answer)),
        media_type="application/json",
        headers={"ETag": f'"{answer.look.version.revision}"'},
    )


def _home(home: str | None) -> Home | None:
    match home:
        case None | "any" | "current":
            return home
    return GroupId(int(home))


def _each(values: Iterable[str]) -> list[str]:
    return [one for value in values for one in value.split(",") if one]
