"""The desktop's tables: the copy of the portal, the projects, people, and what departures removed.

Copy tables (`portal_copy`) and project tables stand apart: no foreign key leads from one to the other, and
only departures and their undo change both.
"""

from desktop_sync.models.base import Base
from desktop_sync.models.departure_work import DepartureWork
from desktop_sync.models.lesson_group import HomeClass, LessonGroup, LessonGroupDepartment, Subject
from desktop_sync.models.person import Person
from desktop_sync.models.placement_step import PlacementStep
from desktop_sync.models.portal_copy import (
    CopyChoice,
    CopyClearing,
    CopyDepartment,
    CopyEnrolment,
    CopyGroup,
    CopyMembership,
    CopySubject,
)
from desktop_sync.models.project import BranchInProject, Departures, Project
from desktop_sync.models.refresh import Refresh, RefreshKind, RefreshState, SnapshotPart
from desktop_sync.models.student import Placement, Student
from desktop_sync.models.timetable import Lesson, Slot
from desktop_sync.models.upload import Upload, UploadedRow

__all__ = [
    "Base",
    "BranchInProject",
    "CopyChoice",
    "CopyClearing",
    "CopyDepartment",
    "CopyEnrolment",
    "CopyGroup",
    "CopyMembership",
    "CopySubject",
    "DepartureWork",
    "Departures",
    "HomeClass",
    "Lesson",
    "LessonGroup",
    "LessonGroupDepartment",
    "Person",
    "Placement",
    "PlacementStep",
    "Project",
    "Refresh",
    "RefreshKind",
    "RefreshState",
    "Slot",
    "SnapshotPart",
    "Student",
    "Subject",
    "Upload",
    "UploadedRow",
]
