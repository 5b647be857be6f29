"""Home class, department and package asked for by queue: the codes of HTTP, and an answer to everything."""

import json
from uuid import UUID, uuid5

import aio_pika
import pytest
from sqlalchemy import select

from portal.features.changes_by_message import (
    assign_by_message,
    change_departments_by_message,
    choose_by_message,
)
from shared.contracts.changes import (
    AssignHomeClass,
    ChangeDepartment,
    ChangeRefused,
    ChoicePackageChosen,
    ChooseChoicePackage,
    DepartmentChanged,
    HomeClassAssigned,
)
from shared.contracts.ids import UserCode
from shared.contracts.message import COMMANDS, Envelope
from shared.contracts.rights import Role
from shared.messaging import retry
from shared.messaging.tables import audit, outbox
from shared.runtime.access import RoleHolder
from shared.runtime.automations import Automation
from tests.portal.test_home_class import class_of, departing, entries, groups_of, load
from tests.support.counting import counted_statements
from tests.support.eventually import eventually

SPACE = UUID("6d0f5cf5-54c4-4a3c-8f43-0a5c3f9a2b11")
ANSWERS = (HomeClassAssigned, DepartmentChanged, ChoicePackageChosen, ChangeRefused)


async def told(work, name):
    query = select(outbox).where(
        outbox.c.correlation_id == name, outbox.c.type.in_([kind.type for kind in ANSWERS])
    )
    async with work() as uow:
        return [row.body for row in await uow.session.execute(query.order_by(outbox.c.id))]


@pytest.fixture
async def ask(house, work):
    """Ask, and wait for the answer."""
    connection = await aio_pika.connect(house.amqp_url("automation"), timeout=10)
    async with connection:
        exchange = await (await connection.channel()).get_exchange(COMMANDS, ensure=False)

        async def ask(kind, body, *, name):
            text = body if isinstance(body, bytes) else json.dumps(body).encode()
            identity = {"message_id": str(uuid5(SPACE, name)), "correlation_id": name}
            message = aio_pika.Message(text, user_id=house.automation, **identity)
            await exchange.publish(message, kind.type)
            [answer] = await eventually(lambda: told(work, name), what="an answer")
            assert answer["request"] == identity["message_id"]
            return answer

        yield ask


@pytest.fixture(autouse=True)
def may(portal_app, house, monkeypatch):
    """Let the automation's user hold this role."""

    def may(role, branches=None):
        known = {house.automation: Automation(role=role, branches=branches)}
        monkeypatch.setattr(portal_app.state.settings, "automations", known)

    may(Role.TIMETABLER)
    return may


@pytest.fixture
async def lower(portal):
    imported = await load(portal, "B1", ["11", "12", "13"], authority="portal", full=2)
    department = imported["departments"]["B1"]
    return imported | {"department": department, "groups": await groups_of(portal, department)}


async def test_a_home_class_by_queue(portal, lower, ask, house, work):
    body = {"student": "11", "group": lower["groups"]["B1b"]}

    answer = await ask(AssignHomeClass, body, name="class")

    assert (answer["student"], answer["enrolment"]) == ("11", lower["enrolments"]["11"])
    assert (answer["before"], answer["group"]) == (lower["groups"]["B1a"], lower["groups"]["B1b"])
    assert await class_of(portal, "11") == "B1b"
    [entry] = await entries(work, "11")
    assert (entry.actor, entry.correlation_id) == (house.automation, "class")
    async with work() as uow:
        rows = await uow.session.execute(select(audit).where(audit.c.action == "home_class.change"))
        assert [(row.actor, row.correlation_id) for row in rows] == [(house.automation, "class")]


async def test_who_has_the_class_already_is_answered_the_same(lower, ask, work):
    body = {"student": "11", "group": lower["groups"]["B1a"]}

    answer = await ask(AssignHomeClass, body, name="the same class")

    assert answer["before"] == answer["group"] == lower["groups"]["B1a"]
    assert await entries(work, "11") == []


async def test_a_department_by_queue(portal, lower, ask):
    other = (await load(portal, "B2", ["21"]))["departments"]["B2"]
    body = {"student": "11", "department": other}

    undecided = await ask(ChangeDepartment, body, name="undecided")
    answer = await ask(ChangeDepartment, body | {"choice_package": "wipe"}, name="department")

    assert undecided["code"] == "choice_package_undecided"
    [enrolment] = (await portal.get("/students/11")).json()["enrolments"]
    assert (answer["before"], answer["enrolment"]) == (lower["enrolments"]["11"], enrolment["id"])
    assert enrolment["department"]["code"] == "B2"
    change = (await portal.get(f"/department-changes/{answer['change']}")).json()
    assert change["enrolment"] == enrolment["id"]


async def test_a_package_by_queue(portal, lower, ask):
    body = {"student": "11", "subjects": ["wisA"], "profile": "EM"}

    answer = await ask(ChooseChoicePackage, body, name="package")

    assert (answer["student"], len(answer["subjects"])) == ("11", 1)
    [enrolment] = (await portal.get("/students/11")).json()["enrolments"]
    assert (enrolment["choice_package"], enrolment["profile"]) == (["wisA"], "EM")


async def test_refusals_carry_the_codes_of_http(portal, lower, ask, sql):
    both = await load(portal, "H4", ["11", "12"], school="COL")
    departure = await departing(portal, sql, "13")
    group, wrong = lower["groups"]["B1b"], lower["groups"]["wisA.B1"]
    mine = lower["enrolments"]["12"]
    led = {"enrolment": both["enrolments"]["12"], "group": None}
    cases = {
        "enrolment_undecided": (AssignHomeClass, {"student": "11", "group": group}),
        "desktop_is_leading": (AssignHomeClass, {"student": "12"} | led),
        "not_a_home_class_here": (AssignHomeClass, {"student": "12", "enrolment": mine, "group": wrong}),
        "departure_running": (AssignHomeClass, {"student": "13", "group": group}),
        "not_found": (ChangeDepartment, {"student": "999", "department": lower["department"]}),
        "same_department": (
            ChangeDepartment,
            {"student": "12", "enrolment": mine, "department": lower["department"]},
        ),
        "not_choosable": (ChooseChoicePackage, {"student": "12", "enrolment": mine, "subjects": ["netl"]}),
        "invalid_input": (ChooseChoicePackage, b"{no json"),
    }

    answers = {code: await ask(kind, body, name=f"refused {code}") for code, (kind, body) in cases.items()}

    assert {code: answer["code"] for code, answer in answers.items()} == {code: code for code in cases}
    assert answers["departure_running"]["departure"] == departure["id"]
    assert answers["not_found"]["student"] == "999"


async def test_an_enrolment_of_another_student_is_not_found(lower, ask):
    body = {"student": "11", "enrolment": lower["enrolments"]["12"], "group": None}

    assert (await ask(AssignHomeClass, body, name="another's"))["code"] == "not_found"


async def test_a_program_has_its_rights_and_its_branches(lower, ask, may):
    may(Role.STUDENT_OFFICE, {lower["branch"]})
    package = await ask(ChooseChoicePackage, {"student": "11", "subjects": []}, name="no right")
    may(Role.TIMETABLER, {lower["branch"] + 1})
    elsewhere = await ask(AssignHomeClass, {"student": "11", "group": None}, name="no branch")

    assert (package["code"], elsewhere["code"]) == ("not_allowed", "not_found")


@pytest.mark.usefixtures("lower")
async def test_what_fails_for_good_is_answered_too(ask, monkeypatch):
    async def fail(*_, **__):
        raise RuntimeError

    monkeypatch.setattr("portal.subscriptions.assign_by_message", fail)
    monkeypatch.setattr(retry, "DELAYS", ())

    answer = await ask(AssignHomeClass, {"student": "11", "group": None}, name="broken")

    assert (answer["code"], answer["student"]) == ("unexpected", "11")


PROGRAM = {"program": RoleHolder(UserCode("program"), {Role.TIMETABLER: None})}


def arrived(commands, name):
    for number, command in enumerate(commands):
        command.arrived(Envelope(uuid5(SPACE, f"{name} {number}"), f"{name} {number}", sender="program"))
    return commands


async def test_in_a_batch_each_is_answered_for_itself_and_in_order(portal, lower, work):
    """One seat is left in B1b; 11 comes before 13, goes back, and 13 may try again."""
    b, a = lower["groups"]["B1b"], lower["groups"]["B1a"]
    wanted = [("11", b), ("13", b), ("999", b), ("11", a), ("13", b)]
    commands = arrived([AssignHomeClass(student=one, group=group) for one, group in wanted], "batch")
    async with work() as uow:
        await assign_by_message(uow, commands, PROGRAM, refuse_full=True)
        await uow.commit()

    answers = [await told(work, f"batch {number}") for number in range(len(wanted))]
    assert [[answer.get("code") for answer in one] for one in answers] == [
        [None],
        ["class_full"],
        ["not_found"],
        [None],
        [None],
    ]
    assert [await class_of(portal, one) for one in ("11", "13")] == ["B1a", "B1b"]


async def test_who_changes_twice_in_a_batch_has_the_second_after_the_first(portal, lower, work):
    b2 = (await load(portal, "B2", ["21"]))["departments"]["B2"]
    wishes = [("wipe", b2), ("wipe", lower["department"]), ("wipe", lower["department"])]
    commands = arrived(
        [ChangeDepartment(student="11", department=there, choice_package=how) for how, there in wishes],
        "twice",
    )
    async with work() as uow:
        await change_departments_by_message(uow, commands, PROGRAM)
        await uow.commit()

    answers = [(await told(work, f"twice {number}"))[0] for number in range(3)]
    assert answers[0]["enrolment"] == answers[1]["before"]
    assert answers[2]["code"] == "same_department"


async def test_packages_chosen_one_after_the_other_know_of_each_other(portal, lower, work):
    commands = arrived(
        [ChooseChoicePackage(student="11", subjects=subjects) for subjects in (["wisA"], ["biol"])],
        "packages",
    )
    async with work() as uow:
        await choose_by_message(uow, commands, PROGRAM)
        await uow.commit()

    assert [entry.before["subjects"] for entry in await entries(work, "11")] == [["biol", "wisA"], ["wisA"]]
    [enrolment] = (await portal.get("/students/11")).json()["enrolments"]
    assert enrolment["choice_package"] == ["biol"]


async def test_statements_do_not_grow_with_the_messages(portal, work, engine):
    students = [str(code) for code in range(300, 341)]
    await load(portal, "B1", students, authority="portal", full=100)
    there = (await load(portal, "B2", ["9"]))["departments"]["B2"]
    makes = {
        "class": lambda student: AssignHomeClass(student=student, group=None),
        "package": lambda student: ChooseChoicePackage(student=student, subjects=["wisA"]),
        "department": lambda student: ChangeDepartment(
            student=student, department=there, choice_package="keep"
        ),
    }
    reactions = {
        "class": lambda uow, asked: assign_by_message(uow, asked, PROGRAM, refuse_full=True),
        "package": lambda uow, asked: choose_by_message(uow, asked, PROGRAM),
        "department": lambda uow, asked: change_departments_by_message(uow, asked, PROGRAM),
    }
    for name, make in makes.items():
        counts = []
        for some in (students[:1], students[1:]):
            asked = arrived([make(student) for student in some], f"{name} {len(some)}")
            with counted_statements(engine) as statements:
                async with work() as uow:
                    await reactions[name](uow, asked)
                    await uow.commit()
            counts.append(len(statements))
        assert counts[0] == counts[1], name
