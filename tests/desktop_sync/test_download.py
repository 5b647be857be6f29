"""Home classes that the portal leads come down; what is bound follows, cluster groups stay."""

from typing import Any

import httpx
import pytest

from shared.contracts.rights import Role
from tests.desktop_sync.desk import Desk, without_the_road
from tests.desktop_sync.imports import B1, H4, PROJECT
from tests.desktop_sync.imports import student_code as code
from tests.desktop_sync.test_class_change import H4B, two_classes
from tests.desktop_sync.test_undo import change, placed
from tests.support.counting import counted_statements

DOWNLOAD = f"/projects/{PROJECT}/placements/download"


@pytest.fixture
async def school(desk: Desk) -> Desk:
    await desk.bring(two_classes())
    await change(desk, "UPDATE copy_department SET home_class_authority = 'portal'", *in_h4b(1))
    return desk


def in_h4b(*numbers: int) -> list[str]:
    """In the portal these got another class."""
    ids = ", ".join(str(1_000_000 + number) for number in numbers)
    return [f"UPDATE copy_enrolment SET home_class_id = {H4B} WHERE id IN ({ids})"]


async def download(desk: Desk, departments: list[int], **more: Any) -> httpx.Response:
    body = {"departments": departments} | more
    return await desk.client.post(DOWNLOAD, json=body, headers=desk.as_(Role.TIMETABLER, code="tim"))


async def test_who_has_another_class_in_the_portal_gets_it_here(school: Desk) -> None:
    answer = await download(school, [H4], revision=1)
    assert answer.status_code == 200, answer.text
    done = answer.json()
    assert done["revision"] == 2
    (row,) = done["items"]
    assert row["student"] == code(1)
    assert {"what": "home_class", "before": "H4a", "after": "H4b"} in row["changes"]
    assert await placed(school, code(1)) == {"netl": "netl.H4b", "muz": "muz.H4b", "econ": "econ2"}
    ((acts,),) = await school.rows("SELECT count(*) FROM audit WHERE action = 'placements.download'")
    assert acts == 1
    again = (await download(school, [H4])).json()
    assert (again["items"], again["revision"]) == ([], 2)


async def test_clashes_are_listed(school: Desk) -> None:
    await change(
        school,
        "UPDATE lesson SET slot_id = (SELECT id FROM slot WHERE week IS NULL AND day = 0)"
        " WHERE lesson_group_id = (SELECT id FROM lesson_group WHERE code = 'econ2')",
    )
    (row,) = (await download(school, [H4])).json()["items"]
    (clash,) = row["clashes"]
    assert clash["groups"] == ["econ2", "netl.H4b"]


async def test_what_the_desktop_leads_an_old_revision_and_the_unknown_are_refused(school: Desk) -> None:
    old = await download(school, [H4], revision=7)
    assert (old.status_code, old.json()["code"], old.json()["params"]) == (
        409, "revision_moved", {"revision": 1}
    )  # fmt: skip
    assert (await download(school, [H4, 999])).json()["code"] == "unknown_departments"
    await change(school, f"UPDATE copy_department SET home_class_authority = 'desktop' WHERE id = {H4}")
    led_here = await download(school, [H4, B1])
    assert (led_here.status_code, led_here.json()["code"]) == (409, "desktop_is_leading")
    assert led_here.json()["params"] == {"departments": [H4]}


async def test_who_left_is_not_touched(school: Desk) -> None:
    await change(
        school, "DELETE FROM copy_membership", "DELETE FROM copy_choice", "DELETE FROM copy_enrolment"
    )
    done = (await download(school, [H4])).json()
    assert not done["items"]
    assert done["not_comparable"][code(1)] == "left"


async def test_the_statements_do_not_grow_with_the_students(desk: Desk) -> None:
    await desk.bring(two_classes(40))
    await change(desk, "UPDATE copy_department SET home_class_authority = 'portal'", *in_h4b(1))
    counts = []
    for numbers in ((1,), range(2, 40)):
        await change(desk, *in_h4b(*numbers))
        with counted_statements(desk.engine) as statements:
            assert len((await download(desk, [H4])).json()["items"]) == len(numbers)
        counts.append(len(without_the_road(statements)))
    assert counts[0] == counts[1]
