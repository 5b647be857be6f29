"""What a refresh of the desktop asks: the people it has not, and who they all are."""

from datetime import UTC, datetime

from shared.clock import now
from shared.contracts.copies import KnownPerson, RepublishPeople
from shared.contracts.ids import ProjectId, UserCode
from shared.ids import new_id
from tests.support.counting import counted_statements
from tests.users.conftest import BRANCH, colleague, student
from tests.users.test_users import copy, placed
from users.features.refresh import people_failed, republish_people

CHANGED, REPUBLISHED = "users.person.changed.v1", "users.people.republished.v1"


def refresh(project: int = 3, **known: int) -> RepublishPeople:
    return RepublishPeople(
        refresh=new_id(),
        project=ProjectId(project),
        known=[KnownPerson(user=UserCode(code[1:]), version=version) for code, version in known.items()],
        requested_by=UserCode("timetabler"),
    )


async def react(service, *commands):
    async with service.work() as uow:
        await republish_people(uow, commands)
        await uow.commit()


async def test_who_is_newer_or_unknown_is_said_again_and_then_who_they_all_are(service):
    await service.add(*(student(code, family_name="Berg", city="Ede") for code in "12345"), colleague("6"))
    await copy(service, *(placed(code, 1, BRANCH, 3) for code in "1236"), placed("5", 1, BRANCH, 4))
    await service.client.post("/users/2/archive")
    before, command = now(), refresh(_1=1, _2=1, _4=7, _9=1)
    await react(service, command)

    said = await service.said(CHANGED)
    assert [(one["user"], one["version"], one["city"]) for one in said] == [("2", 2, "Ede"), ("3", 1, "Ede")]
    assert said[0]["fields"] == []
    [told] = await service.said(REPUBLISHED)
    assert {one["user"]: one["version"] for one in told["people"]} == {"1": 1, "2": 2, "3": 1, "4": 1}
    assert (told["refresh"], told["project"]) == (str(command.refresh), 3)
    assert before <= datetime.fromisoformat(told["at"]) <= datetime.now(UTC)
    kinds = await service.rows("SELECT type FROM outbox ORDER BY id DESC LIMIT 1")
    assert kinds == [(REPUBLISHED,)]


async def test_a_project_of_nobody_is_answered_too(service):
    await react(service, refresh(77))
    assert [told["people"] for told in await service.said(REPUBLISHED)] == [[]]


async def test_a_refresh_that_is_given_up_is_answered():
    command = refresh()
    failed = people_failed(command, "DataError")
    assert (failed.refresh, failed.error) == (command.refresh, "DataError")


async def test_a_batch_takes_the_same_statements_however_large(service):
    everybody = [str(number) for number in range(1, 101)]
    await service.add(*map(student, everybody))
    await copy(service, *(placed(code, 1, BRANCH, 3, 4) for code in everybody))
    counts = []
    for commands in ([refresh(5, _1=0)], [refresh(3), refresh(4), refresh(3)]):
        with counted_statements(service.engine) as statements:
            await react(service, *commands)
        counts.append(len(statements))
    assert counts[0] == counts[1]
    assert len(await service.said(CHANGED)) == 301
