"""Placements come up from the desktop: compared with what it last saw, each student whole or not at all."""

from types import SimpleNamespace
from uuid import uuid4

import pytest
from sqlalchemy import select, text

from portal.features.placement_upload import bring_placements
from shared.contracts.copies import BringPlacements, PlacementsBrought, Seating, UploadRow
from shared.contracts.ids import EnrolmentId, GroupId, ProjectId, StudentCode, UserCode
from shared.messaging.tables import audit
from tests.portal.test_home_class import entries, groups_of, load, said
from tests.support.counting import counted_statements


@pytest.fixture
async def upper(portal):
    """H4, where the desktop leads: 11 and 13 in H4a, 12 and 14 in H4b, all in both clusters."""
    imported = await load(portal, "H4", ["11", "12", "13", "14"], authority="desktop")
    [department] = imported["departments"].values()
    return SimpleNamespace(
        **imported | {"department": department, "groups": await groups_of(portal, department)}
    )


def seating(school, home_class, *clusters):
    return Seating(
        home_class=home_class and GroupId(school.groups[home_class]),
        groups=[GroupId(school.groups[code]) for code in clusters],
    )


BOTH = ("wisA.H4", "biol.H4")


def row(school, student, after, before=None):
    letter = "a" if int(student) % 2 else "b"
    return UploadRow(
        student=StudentCode(student),
        enrolment=EnrolmentId(school.enrolments[student]),
        before=before or seating(school, f"H4{letter}", *BOTH),
        after=after,
    )


def bring(school, *rows, upload=None, part=0):
    return BringPlacements(
        upload=upload or uuid4(),
        part=part,
        project=ProjectId(school.project),
        requested_by=UserCode("tim"),
        rows=list(rows),
    )


async def sent(work, *commands):
    """The results of the parts of a batch: student, result, code."""
    async with work() as uow:
        await bring_placements(uow, commands)
        await uow.commit()
    told = (await said(work, PlacementsBrought))[-len(commands) :]
    return [(one["student"], one["result"], one["code"]) for fact in told for one in fact["rows"]]


async def placed(portal, student):
    [enrolment] = (await portal.get(f"/students/{student}")).json()["enrolments"]
    home_class = enrolment["home_class"]
    return home_class and home_class["code"], {group["code"] for group in enrolment["groups"]}


async def test_home_class_and_groups_are_brought_and_told(portal, upper, work):
    version = (await portal.get("/students/11")).json()["version"]
    assert await sent(work, bring(upper, row(upper, "11", seating(upper, "H4b", "biol.H4")))) == [
        ("11", "applied", None)
    ]
    assert await placed(portal, "11") == ("H4b", {"biol.H4"})
    shown = (await portal.get("/students/11")).json()
    assert shown["version"] == version + 1
    assert shown["enrolments"][0]["choice_package"] is not None, "the package stays"
    [entry] = await entries(work, "11")
    assert (entry.what, entry.actor, entry.before["code"], entry.after["code"]) == (
        "home_class", "tim", "H4a", "H4b"
    )  # fmt: skip
    async with work() as uow:
        [noted] = await uow.session.execute(select(audit).where(audit.c.action == "placements.bring"))
    assert (noted.on_behalf_of, noted.fields) == ("tim", ["home_class", "groups"])


async def test_a_part_that_comes_again_is_answered_again_and_changes_nothing(portal, upper, work):
    part = bring(upper, row(upper, "11", seating(upper, "H4b", *BOTH)))
    assert await sent(work, part, part) == [("11", "applied", None)] * 2
    assert await sent(work, part) == [("11", "equal", None)]
    assert len(await entries(work, "11")) == 1


async def test_what_changed_since_is_not_overwritten(portal, upper, work):
    old = seating(upper, "H4b", *BOTH)
    asked = bring(upper, row(upper, "11", seating(upper, "H4b"), before=old))
    assert await sent(work, asked) == [("11", "changed", None)]
    [fact] = await said(work, PlacementsBrought)
    assert fact["rows"][0]["now"]["home_class"] == upper.groups["H4a"]
    assert await placed(portal, "11") == ("H4a", set(BOTH))


async def test_of_two_uploads_in_one_batch_the_later_overwrites_nothing_unseen(portal, upper, work):
    """The portal was away, the desktop gave the first up, and both come at once."""
    first = bring(upper, row(upper, "11", seating(upper, "H4b", *BOTH)))
    second = bring(upper, row(upper, "11", seating(upper, "H4a", "biol.H4")))
    assert await sent(work, first, second) == [("11", "applied", None), ("11", "changed", None)]
    assert await placed(portal, "11") == ("H4b", set(BOTH))
    assert len(await entries(work, "11")) == 1


async def test_two_swap_in_a_full_class_but_a_third_does_not_fit(portal, upper, work, sql):
    await sql(f'UPDATE "group" SET hard_max = 2 WHERE id = {upper.groups["H4a"]}')
    to_b, to_a = seating(upper, "H4b", *BOTH), seating(upper, "H4a", *BOTH)
    asked = bring(upper, row(upper, "12", to_a), row(upper, "11", to_b), row(upper, "14", to_a))
    assert await sent(work, asked) == [
        ("12", "applied", None), ("11", "applied", None), ("14", "refused", "class_full")
    ]  # fmt: skip


async def test_a_full_cluster_group_is_refused(portal, upper, work, sql):
    await sent(work, bring(upper, row(upper, "11", seating(upper, "H4a"))))
    await sql(f'UPDATE "group" SET hard_max = 3 WHERE id = {upper.groups["biol.H4"]}')
    back = row(upper, "11", seating(upper, "H4a", *BOTH), before=seating(upper, "H4a"))
    await sql(f'UPDATE "group" SET hard_max = 2 WHERE id = {upper.groups["biol.H4"]}')
    assert await sent(work, bring(upper, back)) == [("11", "refused", "group_full")]


async def test_where_the_portal_leads_the_home_class_does_not_come_up(portal, upper, work, sql):
    await sql("UPDATE department SET home_class_authority = 'portal'")
    assert await sent(work, bring(upper, row(upper, "11", seating(upper, "H4b", *BOTH)))) == [
        ("11", "refused", "portal_is_leading")
    ]
    assert await sent(work, bring(upper, row(upper, "11", seating(upper, "H4a")))) == [
        ("11", "applied", None)
    ]
    [entry] = await entries(work, "11")
    assert entry.what == "groups"


async def test_who_is_gone_departs_or_asks_another_departments_group_is_refused(portal, upper, work):
    other = await load(portal, "H5", ["21"], authority="desktop")
    theirs = await groups_of(portal, other["departments"]["H5"])
    away = [GroupId(theirs["wisA.H5"])]
    asked = Seating(home_class=GroupId(upper.groups["H4a"]), groups=away)
    assert await sent(work, bring(upper, row(upper, "11", asked))) == [("11", "refused", "not_found")]

    departing = await portal.post("/departures", json={"students": ["12"], "reason": "left"})
    assert departing.status_code == 202
    none = seating(upper, "H4a")
    unknown = row(upper, "13", none).model_copy(update={"enrolment": EnrolmentId(999_999)})
    assert await sent(work, bring(upper, row(upper, "12", none), unknown)) == [
        ("12", "refused", "departure_running"), ("13", "refused", "not_found")
    ]  # fmt: skip
    async with work() as uow:
        await uow.session.execute(text("UPDATE departure SET state = 'completed'"))
        await uow.session.execute(text("DELETE FROM enrolment WHERE student_code = '12'"))
        await uow.commit()
    assert await sent(work, bring(upper, row(upper, "12", none))) == [("12", "refused", "already_departed")]


async def test_the_statements_do_not_grow_with_the_rows(portal, engine, work):
    codes = [str(number) for number in range(11, 71)]
    imported = await load(portal, "H4", codes, authority="desktop")
    [department] = imported["departments"].values()
    many = SimpleNamespace(**imported | {"groups": await groups_of(portal, department)})
    counts = []
    for students in (codes[:2], codes[2:]):
        part = bring(many, *(row(many, code, seating(many, None)) for code in students))
        async with work() as uow:
            with counted_statements(engine) as statements:
                await bring_placements(uow, [part])
                await uow.commit()
        counts.append(len(statements))
    assert counts[0] == counts[1]
    assert {row["result"] for fact in await said(work, PlacementsBrought) for row in fact["rows"]} == {
        "applied"
    }
