"""Departments as the options engine sees them, kept in the process until their project changes."""

from asyncio import Lock
from collections import OrderedDict
from weakref import WeakValueDictionary

from desktop_sync.options.timetable import Department
from desktop_sync.repositories.departments import Version
from desktop_sync.unit_of_work import DesktopUnitOfWork
from shared.contracts.ids import DepartmentId, ProjectId

MOST_KEPT = 64
"""Departments; one of 200 students takes about half a megabyte."""

_Key = tuple[ProjectId, DepartmentId]


class KeptDepartments:
    """The departments that were asked about last, each at one version of its project.

    What is kept is never wrong: it serves only who read the version at which it was loaded, and each change
    of anything in a project, by whatever process, gives it another. That holds if version and rows are read
    at one moment, for which the caller of `at` cares.
    """

    def __init__(self, most: int = MOST_KEPT) -> None:
        self._most = most
        self._kept: OrderedDict[_Key, tuple[Version, Department]] = OrderedDict()
        self._loading: WeakValueDictionary[_Key, Lock] = WeakValueDictionary()

    async def at(
        self, uow: DesktopUnitOfWork, version: Version, project: ProjectId, department: DepartmentId
    ) -> Department:
        """A department at this version, which the caller read in the same snapshot, or holding the project.

        Of those who ask at once for one that is not kept one loads it, and the others wait for it.
        """
        key = (project, department)
        if (found := self._find(key, version)) is not None:
            return found
        async with self._loading.setdefault(key, Lock()):
            if (found := self._find(key, version)) is not None:
                return found
            loaded = (await uow.timetable_departments.load(project, [department]))[department]
            self._keep(key, version, loaded)
            return loaded

    def _find(self, key: _Key, version: Version) -> Department | None:
        at, department = self._kept.get(key, (None, None))
        if at != version:
            return None
        self._kept.move_to_end(key)
        return department

    def _keep(self, key: _Key, version: Version, department: Department) -> None:
        self._kept[key] = version, department
        self._kept.move_to_end(key)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)


kept_departments = KeptDepartments()
"""Those of this process."""
