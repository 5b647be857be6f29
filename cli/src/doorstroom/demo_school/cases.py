"""The situations a demo wants to show, put into the generated school by hand and named.

full_home_class        H4a of Duinveld Centrum: 32 of 32
full_cluster_group     a cluster group of V5 there whose room holds no more
unscheduled_lesson     a cluster group of H5 there with a lesson that has no slot yet
enrolled_elsewhere_1   students of Oostermeer who also take one subject at Duinveld Centrum, without a
enrolled_elsewhere_2     home class there: their account outlives a departure from either school
"""

from typing import Any

from doorstroom.demo_school.running_year import RunningYear, sizes


def add_cases(years: dict[str, RunningYear]) -> dict[str, str]:
    """Case to the id of the class or group, or the code of the student."""
    centre = years["DC"]
    size = sizes(centre.students)
    cases = {"full_home_class": "H4a"}
    open_groups = [group for group in centre.groups if group["home_class"] is None]

    full = max(_of(open_groups, "V5"), key=lambda group: size[group["id"]])
    full |= {"soft_max": min(full["soft_max"], size[full["id"]]), "hard_max": size[full["id"]]}
    cases["full_cluster_group"] = full["id"]

    unscheduled = _of(open_groups, "H5")[0]
    unscheduled["lessons"] = [*unscheduled["lessons"], None]
    cases["unscheduled_lesson"] = unscheduled["id"]

    guests = [student for student in years["OL"].students if student["department"] == "V4"][:2]
    smallest = sorted(_of(open_groups, "V4"), key=lambda group: size[group["id"]])
    for number, (guest, group) in enumerate(zip(guests, smallest, strict=False), start=1):
        taken = {"subjects": [group["subject"]], "groups": {group["subject"]: group["id"]}}
        centre.students.append(guest | {"department": "V4", "home_class": None, **taken})
        cases[f"enrolled_elsewhere_{number}"] = guest["code"]
    return cases


def _of(groups: list[dict[str, Any]], department: str) -> list[dict[str, Any]]:
    return [group for group in groups if group["department"] == department]
