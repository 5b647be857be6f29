"""A student leaves school: the desktop's step (handbook "Leerling gaat van school", desktop part).

The student and his placements go from every project of the school from that year on, and from the copy of the
portal, so that he no longer hinders the placements; what went is remembered for an undo, which puts back what
still fits. From a project that asks first he does not go: there he waits in the data check for <Afdeling>,
and until he went from the last of them the answer is that he is awaited.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

from desktop_sync.features.project_change import note_changes
from desktop_sync.models import DepartureWork, Project
from desktop_sync.models.memory import Memory
from desktop_sync.repositories.students import InProject
from desktop_sync.unit_of_work import DesktopUnitOfWork
from shared.contracts.commands import DeleteStudent, RestoreStudent
from shared.contracts.ids import DepartureId

C = TypeVar("C", DeleteStudent, RestoreStudent)


async def delete_students(uow: DesktopUnitOfWork, commands: Sequence[DeleteStudent]) -> None:
    """Delete the students and answer each command; one that was carried out before gets the same answer."""
    projects = await uow.projects.lock_schools({command.school for command in commands})
    works = await uow.departures.of(command.departure for command in commands)
    to_do = _not_yet_done(works, commands)
    places = {command.departure: set(_places(command, projects)) for command in to_do}
    asking = {project.id for project in projects if project.asks}
    reached = set[InProject]().union(*places.values())
    waiting = await uow.students.present({place for place in reached if place[0] in asking})
    removed = await uow.students.take_out(reached - waiting) | await uow.portal_copy.take_out(waiting)
    note_changes(
        uow,
        projects,
        [(code, memory) for (_, code), memory in removed.items()],
        present=False,
        because={command.student: command for command in to_do},
    )
    for command in to_do:
        work = works.setdefault(command.departure, DepartureWork.begun_by(command))
        his = places[command.departure]
        # Of two departures of one student the first to be carried out remembers him.
        memory = Memory.of(removed.pop(place, Memory()) for place in sorted(his))
        work.done(command, memory, awaits=[project for project, _ in his & waiting])
        uow.departures.add(work)
        uow.record(
            "student.delete",
            "student",
            [command.student],
            because=command,
            on_behalf_of=command.requested_by,
        )
    for command in commands:
        work = works[command.departure]
        if work.answers(command):
            uow.publish(work.answer(), because=command)


async def restore_students(uow: DesktopUnitOfWork, commands: Sequence[RestoreStudent]) -> None:
    """Put the students back as far as they still fit, and answer each command; who waits does so no longer.

    One that was carried out before gets the same answer. A departure that deleted nothing here yet is
    answered too, and what it asks later is past.
    """
    projects = await uow.projects.lock_schools({command.school for command in commands})
    works = await uow.departures.of(command.departure for command in commands)
    to_do = _not_yet_done(works, commands)
    undoing = [(c, works.setdefault(c.departure, DepartureWork.begun_by(c))) for c in to_do]
    room = await uow.students.room_for(
        {project.id for project in projects}, [(work.student_code, work.remembered) for _, work in undoing]
    )
    returning = []
    for command, work in undoing:
        restored, left_over = room.put_back(work.student_code, work.remembered)
        waited = work.undone(command, restored, left_over)
        if restored.is_empty and not waited:
            continue
        returning.append((work.student_code, restored))
        uow.record(
            "student.restore",
            "student",
            [command.student],
            because=command,
            on_behalf_of=command.requested_by,
        )
    await uow.students.put_back(returning)
    because = {command.student: command for command in to_do}
    note_changes(uow, projects, returning, present=True, because=because)
    for _, work in undoing:
        uow.departures.add(work)
    for command in commands:
        work = works[command.departure]
        if work.answers(command):
            uow.publish(work.answer(), because=command)


def _not_yet_done(works: Mapping[DepartureId, DepartureWork], commands: Sequence[C]) -> list[C]:
    """One command for each departure that has work to do: that of the newest epoch."""
    newest = {command.departure: command for command in sorted(commands, key=lambda c: c.epoch)}
    return [c for c in newest.values() if c.departure not in works or not works[c.departure].is_done_for(c)]


def _places(command: DeleteStudent, projects: Sequence[Project]) -> Iterator[InProject]:
    """Where the command deletes its student, if he is there."""
    for project in projects:
        if project.is_reached_by(
            command.school,
            command.school_year,
            keep_later=command.keep_later,
            history_before=command.history_before,
        ):
            yield project.id, command.student
