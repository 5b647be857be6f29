"""Names and addresses of many at once: for who may read them, of their own branches, and it is kept."""

from shared.contracts.rights import Role
from tests.users.conftest import BRANCH, OTHER_BRANCH, colleague, student

PATH = "/exports/students"


async def test_the_office_reads_its_own_students_and_it_is_kept(service):
    await service.add(student("1", city="Ede"), student("2"), student("3", OTHER_BRANCH), colleague("office"))
    office = service.as_("office", Role.STUDENT_OFFICE, [BRANCH])
    told = await service.client.post(PATH, json={"students": ["3", "2", "1", "404"]}, headers=office)
    assert [(one["student"], one["city"]) for one in told.json()["items"]] == [("1", "Ede"), ("2", None)]
    kept = await service.rows(
        "SELECT actor, object_id, fields FROM audit WHERE action = 'addresses.export' ORDER BY object_id"
    )
    assert [(one.actor, one.object_id) for one in kept] == [("office", "1"), ("office", "2")]
    assert "city" in kept[0].fields


async def test_a_timetabler_reads_no_addresses(service):
    await service.add(student("1"), colleague("timetabler"))
    timetabler = service.as_("timetabler", Role.TIMETABLER, [BRANCH])
    told = await service.client.post(PATH, json={"students": ["1"]}, headers=timetabler)
    assert told.status_code == 403
