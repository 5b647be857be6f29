"""What each process is told, and what it may not see."""

import json

import pytest

from local_stack.environment import GATEWAY, SERVICES, Environment
from local_stack.stack_file import description, table

PASSWORDS = {f"{service}_{role}": role for service in SERVICES for role in ("app", "owner", "amqp")}
PASSWORDS |= {"automation_amqp": "a", "login_application_manager": "secret"}
PORTS = {"portal": 1, "users": 2, "desktop_sync": 3, GATEWAY: 4}


@pytest.fixture
def told(tmp_path):
    def tell(**changes):
        values = {
            "database_url": "postgresql://root:pw@db.example:5432/postgres?sslmode=disable",
            "amqp_url": "amqp://root:pw@mq.example:5672/school",
            "amqp_management_url": "http://root:pw@mq.example:15672",
            "ports": PORTS,
            "passwords": PASSWORDS,
            "keys": tmp_path,
        }
        return Environment(**values | changes)

    return tell


def test_a_service_gets_its_own_roles_and_no_administrator(told, monkeypatch):
    monkeypatch.setenv("DOORSTROOM_DATABASE_URL", "postgresql://root@db.example/")
    monkeypatch.setenv("DOORSTROOM_UNDO_DAYS", "7")
    portal = told().service("portal")
    assert (
        portal["DOORSTROOM_PORTAL_DATABASE_URL"]
        == "postgresql://doorstroom_portal:app@db.example:5432/doorstroom_portal?sslmode=disable"
    )
    assert portal["DOORSTROOM_PORTAL_AMQP_URL"] == "amqp://portal:amqp@mq.example:5672/school"
    assert portal["DOORSTROOM_UNDO_DAYS"] == "7"
    assert "DOORSTROOM_DATABASE_URL" not in portal
    assert "DOORSTROOM_USERS_SIGNING_KEY_FILE" not in portal


def test_without_the_management_api_the_given_user_serves_for_all(told):
    environment = told(amqp_management_url=None)
    assert (
        environment.service("users")["DOORSTROOM_USERS_AMQP_URL"] == "amqp://root:pw@mq.example:5672/school"
    )
    assert environment.topology()["DOORSTROOM_AUTOMATION_AMQP_URL"] == environment.amqp_url


def test_portal_and_users_know_the_automation_by_the_user_it_has_here(told, monkeypatch):
    rights = {"role": "student_office", "branches": None}
    for environment, user in ((told(), "automation"), (told(amqp_management_url=None), "root")):
        for service in ("portal", "users"):
            assert json.loads(environment.service(service)["DOORSTROOM_AUTOMATIONS"]) == {user: rights}
    assert "DOORSTROOM_AUTOMATIONS" not in told().service("desktop_sync")
    monkeypatch.setenv("DOORSTROOM_AUTOMATIONS", "{}")
    assert told().service("portal")["DOORSTROOM_AUTOMATIONS"] == "{}"


def test_stacks_on_one_server_have_their_own_databases(told):
    assert (
        told(suffix="_ab12")
        .migration("users")["DOORSTROOM_USERS_OWNER_DATABASE_URL"]
        .endswith("//doorstroom_users_ab12_owner:owner@db.example:5432/doorstroom_users_ab12?sslmode=disable")
    )


def test_one_service_may_be_led_through_a_proxy(told):
    def route(service, what, url):
        return (
            url.replace("mq.example:5672", "proxy.example:1")
            if (service, what) == ("portal", "amqp")
            else url
        )

    environment = told(route=route)
    assert "@proxy.example:1/" in environment.service("portal")["DOORSTROOM_PORTAL_AMQP_URL"]
    assert "@mq.example:5672/" in environment.service("users")["DOORSTROOM_USERS_AMQP_URL"]
    assert environment.service(GATEWAY)["DOORSTROOM_GATEWAY_DESKTOP_URL"] == "http://127.0.0.1:3"


def test_the_stack_file_says_where_everything_is(told):
    logins = {"application_manager": {"username": "manager", "password": "secret"}}
    found = description(told(), {"portal": 11, "postgres": None}, logins)
    assert set(found) >= {"gateway", *SERVICES, "amqp", "amqp_automation", "databases", "processes", "logins"}
    assert found["databases"]["users"].startswith("postgresql://doorstroom_users_owner:")
    assert "http://127.0.0.1:4/api/users/oauth/token" in table(found)


def test_mail_is_for_users_alone_and_lies_in_a_folder_without_a_server(told, monkeypatch, tmp_path):
    mail = str(tmp_path.parent / "mail")
    assert told().service("users")["DOORSTROOM_MAIL_DIR"] == mail
    assert description(told(), {}, {})["mail"] == mail
    monkeypatch.setenv("DOORSTROOM_SMTP_URL", "smtp://office:secret@host")
    assert told().service("users")["DOORSTROOM_SMTP_URL"] == "smtp://office:secret@host"
    assert "DOORSTROOM_SMTP_URL" not in told().service("portal")
