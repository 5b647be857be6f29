"""A department of a small school, as the portal's import takes it."""

from collections.abc import Sequence
from typing import Any


def project_input(
    department: str,
    school_year: int,
    students: Sequence[str],
    *,
    school: str = "LYC",
    branch: str = "HO",
    authority: str = "desktop",
) -> dict[str, Any]:
    """Two home classes and two cluster groups; students alternate between the classes."""
    classes = [f"{department}a", f"{department}b"]
    clusters = {"wisA": f"wisA.{department}", "biol": f"biol.{department}"}
    return {
        "place": {
            "school": school,
            "school_name": f"{school} college",
            "branch": branch,
            "branch_name": f"{school} {branch}",
            "school_year": school_year,
        },
        "departments": [{"code": department, "name": department, "home_class_authority": authority}],
        "subjects": [
            {"department": department, "code": code, "name": code, "is_choosable": code in clusters}
            for code in ("netl", "wisA", "biol")
        ],
        "groups": [
            {"department": department, "code": code, "name": code, "is_home_class": True}
            | {"soft_max": 30, "hard_max": 32}
            for code in classes
        ]
        + [
            {"department": department, "code": code, "name": code, "is_home_class": False}
            | {"subject": subject, "soft_max": 30, "hard_max": 32}
            for subject, code in clusters.items()
        ],
        "students": [
            {"code": code, "department": department, "home_class": classes[index % 2]}
            | {"groups": list(clusters.values()), "choices": list(clusters), "profile": "NG"}
            for index, code in enumerate(students)
        ],
    }
