"""Whether a change can be taken back: the history says it, and the undo refuses it, by the same rules.

Only room is not foreseen: a class that is full, and an old department where there is no place any more, are
seen when it is tried.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self
from uuid import UUID

from portal.errors import AlreadyUndone, NotUndoable, Overtaken
from portal.features.choice_package import PackageRound
from portal.features.home_class_change import check_home_class, refuse_unless_portal_leads
from portal.features.placement_sight import PlacementSight
from portal.models.department_change import DepartmentChange
from portal.models.history_entry import HistoryEntry, HistoryWhat
from portal.models.structure import Group
from portal.models.student import Enrolment
from portal.unit_of_work import PortalUnitOfWork
from shared.contracts.ids import BranchId, EnrolmentId
from shared.contracts.rights import Permission
from shared.contracts.values import Party
from shared.errors import NotAllowed, NotFound, Refusal
from shared.runtime.access import RoleHolder

_STANDS_ON: Final = {
    HistoryWhat.HOME_CLASS: {HistoryWhat.HOME_CLASS},
    HistoryWhat.CHOICE_PACKAGE: {HistoryWhat.CHOICE_PACKAGE},
    HistoryWhat.DEPARTMENT: {HistoryWhat.HOME_CLASS, HistoryWhat.CHOICE_PACKAGE, HistoryWhat.GROUPS},
}
"""What can be taken back, and what of the same enrolment stands on it; beside another department, always."""


@dataclass(frozen=True, slots=True)
class UndoOutlook:
    """What entries of one student's history are judged by; `history` is all since the oldest of them."""

    asker: RoleHolder
    sight: PlacementSight
    history: Sequence[HistoryEntry]
    choosing: PackageRound
    classes: Mapping[int, Group]
    changes: Mapping[UUID, DepartmentChange]

    @classmethod
    async def of(
        cls,
        uow: PortalUnitOfWork,
        asker: RoleHolder,
        sight: PlacementSight,
        entries: Sequence[HistoryEntry],
        *,
        lock: bool = True,
    ) -> Self:
        """In as many statements for a page of entries as for one; unlocked only to be shown."""
        student, oldest = entries[0].student_code, min(entry.at for entry in entries)
        classes = {told(one)[0].get("home_class") for one in entries if one.what is HistoryWhat.HOME_CLASS}
        classes |= {enrolment.home_class_id for enrolment in sight.by_id.values()}
        moves = [entry.id for entry in entries if entry.what is HistoryWhat.DEPARTMENT]
        return cls(
            asker,
            sight,
            await uow.history.since(student, oldest),
            await PackageRound.of(uow, sight),
            await uow.structure.named_groups({one for one in classes if one is not None}),
            await uow.department_changes.of_entries(moves, lock=lock),
        )

    def undone_by(self, entry: HistoryEntry) -> UUID | None:
        """The entry that took this one back."""
        return next((one.id for one in self.history if one.undoes == entry.id), None)

    def allows(self, entry: HistoryEntry) -> bool:
        """Whether this asker may try it."""
        try:
            self.enrolment(entry)
        except Refusal:
            return False
        return True

    def enrolment(self, entry: HistoryEntry) -> Enrolment:
        """The enrolment as this change left it.

        Raises NotUndoable, DepartureRunning, AlreadyUndone, Overtaken, NotFound, NotAllowed, and what the
        change back is refused for.
        """
        if entry.service is not Party.PORTAL or entry.what not in _STANDS_ON or entry.undoes:
            raise NotUndoable(entry=str(entry.id))
        self.sight.refuse_while_departing(entry.student_code)
        self._refuse_overtaken(entry)
        enrolment = self.sight.by_id.get(entry.enrolment_id or EnrolmentId(0))
        if enrolment is None:
            raise overtaken(entry, "the enrolment is no longer there")
        self._refuse_elsewhere(Permission.CHANGE_PLACEMENTS, enrolment.branch_id)
        match entry.what:
            case HistoryWhat.HOME_CLASS:
                self._refuse_class(entry, enrolment)
            case HistoryWhat.CHOICE_PACKAGE:
                self._refuse_package(entry, enrolment)
            case _:
                self._refuse_department(entry, enrolment)
        return enrolment

    def _refuse_elsewhere(self, permission: Permission, branch: int) -> None:
        if not self.asker.may(permission):
            raise NotAllowed
        if not self.asker.scope(permission).contains(BranchId(branch)):
            raise NotFound

    def _refuse_overtaken(self, entry: HistoryEntry) -> None:
        if undone_by := self.undone_by(entry):
            raise AlreadyUndone(entry=str(entry.id), undone_by=str(undone_by))
        taken_back = {one.undoes for one in self.history}
        for later in self.history:
            stands = later.undoes is None and later.id not in taken_back and _stands_on(later, entry)
            if stands and (later.at, later.id) > (entry.at, entry.id):
                raise _overtaken_by(later, entry)

    def _refuse_class(self, entry: HistoryEntry, enrolment: Enrolment) -> None:
        before, after = told(entry)
        if enrolment.home_class_id != after["home_class"]:
            raise overtaken(entry, "the home class is another by now")
        refuse_unless_portal_leads(self.sight.departments[enrolment.department_id])
        check_home_class(self.classes, before["home_class"], enrolment.department_id)

    def _refuse_package(self, entry: HistoryEntry, enrolment: Enrolment) -> None:
        """Who may not choose a package may not take one back either."""
        self._refuse_elsewhere(Permission.CHANGE_PACKAGES, enrolment.branch_id)
        before, after = told(entry)
        now = self.choosing.codes(enrolment), enrolment.profile
        if now != (sorted(after["subjects"]), after["profile"]):
            raise overtaken(entry, "the package is another by now")
        self.choosing.refuse_unchoosable(enrolment, before["subjects"])

    def _refuse_department(self, entry: HistoryEntry, enrolment: Enrolment) -> None:
        """Not all that fills an enrolment is in the history: an import, for one."""
        if (change := self.changes.get(entry.id)) is None:
            raise NotFound
        self._refuse_elsewhere(Permission.CHANGE_PLACEMENTS, change.memory["branch"])
        if enrolment.group_ids:
            raise overtaken(entry, "he is in cluster groups of the new department")
        home_class = enrolment.home_class_id
        now = {
            "home_class": self.classes[home_class].code if home_class is not None else None,
            "subjects": self.choosing.codes(enrolment),
            "profile": enrolment.profile,
        }
        if now != {key: told(entry)[1][key] for key in now}:
            raise overtaken(entry, "the new enrolment was filled otherwise meanwhile")


def told(entry: HistoryEntry) -> tuple[dict[str, Any], dict[str, Any]]:
    """What it says of before and after."""
    return entry.before or {}, entry.after or {}


def overtaken(entry: HistoryEntry, why: str) -> Overtaken:
    """What stands in the way is not in the history."""
    return Overtaken(f"It cannot be taken back: {why}", entry=str(entry.id), later=None)


def _overtaken_by(later: HistoryEntry, entry: HistoryEntry) -> Overtaken:
    said = {"entry": str(later.id), "what": later.what.value, "at": later.at.isoformat()}
    return Overtaken(
        "A later change stands on this one: take that back first", entry=str(entry.id), later=said
    )


def _stands_on(later: HistoryEntry, entry: HistoryEntry) -> bool:
    if later.what is HistoryWhat.DEPARTMENT:
        return told(later)[0].get("enrolment") == entry.enrolment_id
    return later.enrolment_id == entry.enrolment_id and (
        later.what is HistoryWhat.ENROLMENT_REMOVED or later.what in _STANDS_ON[entry.what]
    )
