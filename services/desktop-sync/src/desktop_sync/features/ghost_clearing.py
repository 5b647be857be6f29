"""A ghost: a student in a project of the desktop in which the portal has not enrolled him any more.

The portal owns enrolments, so its word counts, although the copy may have him still: an enrolment that was
deleted by itself stays in the copy until somebody refreshes it. Only a copy that was taken after the portal
said so, and has him, knows better. A project that asks first is asked here too: there he goes from the copy,
and stands in the data check.
"""

from collections.abc import Sequence

from desktop_sync.features.project_change import note_changes
from desktop_sync.features.take_over import let_go
from desktop_sync.unit_of_work import DesktopUnitOfWork
from shared.clock import today
from shared.contracts.commands import ClearStudent


async def clear_students(uow: DesktopUnitOfWork, commands: Sequence[ClearStudent]) -> None:
    """Delete each ghost from its project; one that is gone already is passed over, and so is history."""
    newest = {(c.project, c.student): c for c in sorted(commands, key=lambda command: command.as_of)}
    locked = await uow.projects.lock_with_schools({command.project for command in commands})
    projects = {project.id: project for project in locked if not project.is_history(today())}
    copied = await uow.portal_copy.enrolled_as_of(newest)
    ghosts = {
        place: command
        for place, command in newest.items()
        if place[0] in projects and not (place in copied and copied[place] > command.as_of)
    }
    await uow.portal_copy.clear({place: command.as_of for place, command in ghosts.items()})
    because = {command.student: command for command in ghosts.values()}
    asking = {place for place in ghosts if projects[place[0]].asks}
    hidden = await uow.portal_copy.take_out(asking)
    note_changes(uow, locked, [(code, memory) for (_, code), memory in hidden.items()], present=False)
    removed = hidden | await let_go(uow, locked, ghosts.keys() - asking, because)
    for place, command in ghosts.items():
        if not removed[place].is_empty:
            uow.record(
                "student.clear",
                "student",
                [command.student],
                because=command,
                on_behalf_of=command.requested_by,
            )
