from functools import cached_property

from desktop_sync.repositories.comparisons import Comparisons
from desktop_sync.repositories.data_check import DataCheck
from desktop_sync.repositories.departments import Departments
from desktop_sync.repositories.departures import DepartureWorks
from desktop_sync.repositories.lesson_groups import LessonGroups
from desktop_sync.repositories.lessons import Lessons
from desktop_sync.repositories.people import People
from desktop_sync.repositories.placement_steps import PlacementSteps
from desktop_sync.repositories.placements import Placements
from desktop_sync.repositories.portal_copy import PortalCopy
from desktop_sync.repositories.projects import Projects
from desktop_sync.repositories.refreshes import Refreshes
from desktop_sync.repositories.snapshots import Snapshots
from desktop_sync.repositories.students import Students
from desktop_sync.repositories.timetables import Timetables
from desktop_sync.repositories.uploads import Uploads
from shared.messaging.unit_of_work import UnitOfWork


class DesktopUnitOfWork(UnitOfWork):
    """One transaction on the desktop's database."""

    @cached_property
    def projects(self) -> Projects:
        return Projects(self.session)

    @cached_property
    def students(self) -> Students:
        return Students(self.session)

    @cached_property
    def lesson_groups(self) -> LessonGroups:
        return LessonGroups(self.session)

    @cached_property
    def lessons(self) -> Lessons:
        return Lessons(self.session)

    @cached_property
    def placements(self) -> Placements:
        return Placements(self.session)

    @cached_property
    def placement_steps(self) -> PlacementSteps:
        return PlacementSteps(self.session)

    @cached_property
    def timetables(self) -> Timetables:
        return Timetables(self.session)

    @cached_property
    def timetable_departments(self) -> Departments:
        return Departments(self.session)

    @cached_property
    def portal_copy(self) -> PortalCopy:
        return PortalCopy(self.session)

    @cached_property
    def snapshots(self) -> Snapshots:
        return Snapshots(self.session)

    @cached_property
    def refreshes(self) -> Refreshes:
        return Refreshes(self.session)

    @cached_property
    def data_check(self) -> DataCheck:
        return DataCheck(self.session)

    @cached_property
    def people(self) -> People:
        return People(self.session)

    @cached_property
    def departures(self) -> DepartureWorks:
        return DepartureWorks(self.session)

    @cached_property
    def comparisons(self) -> Comparisons:
        return Comparisons(self.session)

    @cached_property
    def uploads(self) -> Uploads:
        return Uploads(self.session)
