"""How students stand in the desktop, as it told last."""

from types import SimpleNamespace

from sqlalchemy import select

from portal.features.desktop_presence import note_presence
from portal.models.desktop_presence import DesktopPresence
from shared.contracts.facts import StudentListed


def listed(school: SimpleNamespace, revision: int, **more) -> StudentListed:
    place = {key: school.now[key] for key in ("project", "school", "branch")}
    told = place | {"student": "101", "school_year": school.year, "present": True} | more
    return StudentListed(revision=revision, **told)


async def stands(work, *facts: StudentListed):
    async with work() as uow:
        await note_presence(uow, facts)
        await uow.commit()
    async with work() as uow:
        [row] = await uow.session.scalars(select(DesktopPresence))
        return row.present, row.department_id, row.home_class_id, row.unplaced


async def test_newest_word_says_department_class_and_what_is_unplaced(work, school):
    new = listed(school, 3, department=5, home_class=7, unplaced=["ak"])
    assert await stands(work, new, listed(school, 2, department=5)) == (True, 5, 7, ["ak"])
    assert await stands(work, listed(school, 2, department=6)) == (True, 5, 7, ["ak"])
    assert await stands(work, listed(school, 4, present=False, unplaced=[])) == (False, None, None, [])


async def test_what_an_older_desktop_does_not_tell_stays_unknown(work, school):
    assert await stands(work, listed(school, 1)) == (True, None, None, None)
