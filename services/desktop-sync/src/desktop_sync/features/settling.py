"""Settle students of the copy in a project: newcomers, and who is in another department now.

Each gets the lesson groups that are bound to his class, and the subjects he chose, not placed yet; of what he
had elsewhere nothing stays.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from desktop_sync.models import HomeClass, Project
from desktop_sync.models.lesson_plan import Clash
from desktop_sync.models.standing import Named, Standing
from desktop_sync.repositories.rows import Found
from desktop_sync.unit_of_work import DesktopUnitOfWork
from shared.contracts.ids import GroupId, StudentCode
from shared.contracts.values import Authority


@dataclass(frozen=True, slots=True)
class Settled:
    """How he stood, if he was there, how he stands now, and where two of his groups are at once then."""

    before: Standing | None
    after: Standing
    clashes: list[Clash]


async def settle(
    uow: DesktopUnitOfWork, project: Project, rows: Sequence[Found]
) -> dict[StudentCode, Settled]:
    """Let the students of these rows of the data check be where the copy has them; the project is locked.

    A newcomer has the home class of the copy, whoever leads; who moves has it where the portal leads, and
    none where the desktop does: there somebody places him. A class the project does not have is made.
    """
    if not rows:
        return {}
    codes = [row.code for row in rows]
    chosen = {one.id: one.choices for one in await uow.portal_copy.enrolments_of(project.id, codes)}
    await uow.timetables.add_subjects(
        project.id, {subject for row in rows for subject in chosen[row.enrolment_id]}
    )
    wanted = {code for row in rows if (code := _class_of(row)) is not None}
    classes = await uow.placements.home_classes(project.id, wanted)
    plan = await uow.placements.plan(project.id, {row.copy_department_id for row in rows})
    before = await uow.placements.standings(project.id, codes)
    settled = dict[StudentCode, Settled]()
    for row in rows:
        package = chosen[row.enrolment_id]
        bare = _bare(row, classes, package)
        groups = plan.follow(bare, bare.home_class, package)
        after = replace(bare, groups=groups)
        settled[row.code] = Settled(before.get(row.code), after, plan.clashes(after.group_ids()))
    await uow.placements.settle(project, [(one.before, one.after) for one in settled.values()])
    return settled


def _class_of(row: Found) -> GroupId | None:
    if row.in_project and row.copy_authority is Authority.DESKTOP:
        return None
    group: GroupId | None = row.copy_home_class_id
    return group


def _bare(row: Found, classes: Mapping[GroupId, HomeClass], package: Sequence[str]) -> Standing:
    """In his department and class, with what he chose, and nowhere placed."""
    group = _class_of(row)
    home_class = None if group is None else classes.get(group)
    return Standing(
        student=row.code,
        branch=row.copy_branch_id,
        department=row.copy_department_id,
        department_code=row.copy_department_code,
        home_class=None if home_class is None else Named(home_class.id, home_class.code),
        groups=dict.fromkeys(package),
    )
