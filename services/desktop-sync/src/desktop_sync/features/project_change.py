"""Students who come into a project or go from it change it: its revision rises."""

from collections.abc import Iterable

from desktop_sync.models import Project
from desktop_sync.models.memory import Memory


def note_changes(projects: Iterable[Project], moved: Iterable[Memory]) -> None:
    """Those of the projects from which, or into which, any of this was moved."""
    changed = {piece.project for memory in moved for piece in (*memory.students, *memory.enrolments)}
    for project in projects:
        if project.id in changed:
            project.has_changed()
