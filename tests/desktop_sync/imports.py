"""A branch to import: two departments, two home classes, cluster groups, as many students as asked."""

from typing import Any

from shared.clock import school_year_of, today

THIS_YEAR = int(school_year_of(today()))
PROJECT, SCHOOL, BRANCH = 7, 1, 11
H4, B1 = 101, 102
H4A, B1A = 201, 202
ECON1, ECON2, ECON1_B1 = 301, 302, 303


def student_code(number: int) -> str:
    return str(10_000 + number)


def branch(
    *,
    project: int = PROJECT,
    school: int = SCHOOL,
    year: int = THIS_YEAR,
    at: int = BRANCH,
    students: int = 6,
) -> dict[str, Any]:
    """What the gateway sends; ids of another project or branch do not meet those of this one."""
    shift = (1000 * (project - PROJECT) + 100_000 * (at - BRANCH)) % 10_000_000  # an id is no less than 1
    econ1 = {H4 + shift: ECON1 + shift, B1 + shift: ECON1_B1 + shift}
    return {
        "project": {"id": project, "school": school, "school_year": year, "name": f"Project {year}"},
        "branch": at,
        "taken_at": "2026-09-01T08:00:00+00:00",
        "dry_run": False,
        "departments": [
            {"id": H4 + shift, "code": "H4", "name": "Havo 4", "home_class_authority": "desktop"},
            {"id": B1 + shift, "code": "B1", "name": "Brugklas", "home_class_authority": "portal"},
        ],
        "home_classes": [
            home_class(H4A + shift, "H4a", H4 + shift),
            home_class(B1A + shift, "B1a", B1 + shift),
        ],
        "groups": [
            group("netl.H4a", "netl", [H4 + shift], home_class=H4A + shift, lessons=[0, 3]),
            group("netl.B1a", "netl", [B1 + shift], home_class=B1A + shift, lessons=[1]),
            group("econ1", "econ", [H4 + shift, B1 + shift], portal_groups=econ1, lessons=[2, None]),
            group("econ2", "econ", [H4 + shift], portal_groups={H4 + shift: ECON2 + shift}, lessons=[3]),
        ],
        "subjects": [{"code": "netl", "name": "Nederlands"}, {"code": "econ", "name": "Economie"}],
        "slots": [
            {"day": 0, "period": 1, "week": "A"},
            {"day": 0, "period": 1, "week": "B"},
            {"day": 0, "period": 1, "week": None},
            {"day": 4, "period": 8, "week": None},
        ],
        "students": [_student(number, shift) for number in range(students)],
    }


def home_class(identity: int, code: str, department: int) -> dict[str, Any]:
    return {"id": identity, "code": code, "department": department, "soft_max": 28, "hard_max": 30}


def group(code: str, subject: str, departments: list[int], **more: Any) -> dict[str, Any]:
    ours = {"code": code, "subject": subject, "departments": departments, "soft_max": 28, "hard_max": 30}
    return ours | {"portal_groups": {}, "home_class": None} | more


def _student(number: int, shift: int) -> dict[str, Any]:
    """Every third one has not been placed for economics; the even ones are in econ1."""
    group = "econ1" if number % 2 == 0 else "econ2"
    placed = number % 3 != 0
    membership = (ECON1 if number % 2 == 0 else ECON2) + shift
    return {
        "code": student_code(number),
        "enrolment": 1_000_000 * (1 + shift) + number,
        "department": H4 + shift,
        "home_class": H4A + shift,
        "subjects": ["netl", "econ"],
        "groups": {"netl": "netl.H4a"} | ({"econ": group} if placed else {}),
        "choices": ["econ"],
        "memberships": [membership] if placed else [],
    }
