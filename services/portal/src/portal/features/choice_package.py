"""The choice package (keuzepakket) of an enrolment, with its profile: what he chose of what is offered.

Memberships stay as they are: cluster placements flow from the desktop to the portal, and its data check shows
that the package is another. Which groups he is to leave by that is said, not done.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self
from uuid import UUID

from portal.errors import ListedTwice, NotChoosable
from portal.features.department_checklist import close_package_steps
from portal.features.history import note_change
from portal.features.placement import announce_placement
from portal.features.placement_sight import PlacementSight
from portal.models.history_entry import HistoryEntry, HistoryWhat
from portal.models.structure import Group, Subject
from portal.models.student import Enrolment
from portal.unit_of_work import PortalUnitOfWork
from shared import clock
from shared.contracts.changes import ChoicePackageChosen
from shared.contracts.ids import EnrolmentId
from shared.contracts.message import Message
from shared.runtime.access import Scope
from shared.runtime.versions import SeenVersion


@dataclass(frozen=True, slots=True)
class PackageWish:
    """Subjects by code."""

    enrolment: EnrolmentId
    subjects: Sequence[str]
    profile: str | None = None


@dataclass(frozen=True, slots=True)
class Choosing:
    enrolment: Enrolment
    before: Sequence[str]
    profile_before: str | None
    subjects: Sequence[Subject]
    because: Message | None

    @property
    def changes_something(self) -> bool:
        now = sorted(subject.code for subject in self.subjects)
        return now != list(self.before) or self.enrolment.profile != self.profile_before


@dataclass(slots=True)
class PackageRound:
    """Some students get another package: look once, choose one by one, carry all of it out at once."""

    sight: PlacementSight
    choosable: Mapping[int, Mapping[str, Subject]]
    subjects: Mapping[int, Subject]
    groups: Mapping[int, Group]
    chosen: list[Choosing] = field(default_factory=list)

    @classmethod
    async def of(cls, uow: PortalUnitOfWork, sight: PlacementSight) -> Self:
        """What their departments let choose, and what they have chosen."""
        enrolments = sight.by_id.values()
        return cls(
            sight,
            await uow.structure.choosable_in({one.department_id for one in enrolments}),
            await uow.structure.named_subjects({s for one in enrolments for s in one.subject_ids}),
            await uow.structure.named_groups({g for one in enrolments for g in one.group_ids}),
        )

    def codes(self, enrolment: Enrolment) -> list[str]:
        """What he chose before this."""
        return sorted(self.subjects[subject].code for subject in enrolment.subject_ids)

    def offered(self, enrolment: Enrolment) -> list[Subject]:
        return list(self.choosable[enrolment.department_id].values())

    def choose(self, enrolment: Enrolment, wish: PackageWish, because: Message | None = None) -> None:
        """Let this be his package. Raises DepartureRunning, ListedTwice, NotChoosable."""
        self.sight.refuse_while_departing(enrolment.student_code)
        if twice := [code for code, times in Counter(wish.subjects).items() if times > 1]:
            raise ListedTwice(subjects=sorted(twice))
        self.refuse_unchoosable(enrolment, wish.subjects)
        choosable = self.choosable[enrolment.department_id]
        before, profile = self.codes(enrolment), enrolment.profile
        enrolment.profile = wish.profile
        subjects = [choosable[code] for code in sorted(wish.subjects)]
        self.chosen.append(Choosing(enrolment, before, profile, subjects, because))

    def refuse_unchoosable(self, enrolment: Enrolment, subjects: Sequence[str]) -> None:
        """Raises NotChoosable."""
        choosable = self.choosable[enrolment.department_id]
        if wrong := [code for code in subjects if code not in choosable]:
            raise NotChoosable(subjects=sorted(wrong))

    def groups_to_leave(self, enrolment: Enrolment, subjects: Sequence[str]) -> list[Group]:
        """His groups of subjects that he may choose and has not: the desktop's upload moves him."""
        choosable = self.choosable[enrolment.department_id]
        groups = [self.groups[group] for group in enrolment.group_ids]
        return [
            group
            for group in groups
            if group.subject_code in choosable and group.subject_code not in subjects
        ]

    async def carry_out(self, uow: PortalUnitOfWork, undoes: UUID | None = None) -> list[HistoryEntry]:
        """Tell of all that changed; the step of a department change is closed also by choosing the same."""
        await close_package_steps(uow, [one.enrolment.id for one in self.chosen])
        changed = [one for one in self.chosen if one.changes_something]
        await uow.contents.choose({one.enrolment.id: [s.id for s in one.subjects] for one in changed})
        for one in changed:
            uow.session.expire(one.enrolment, ["choices"])
        students = {one.enrolment.student_code for one in changed}
        await announce_placement(
            uow,
            [self.sight.students[code] for code in students],
            {one.enrolment.student_code: one.because for one in changed if one.because},
        )
        for one in self.chosen:
            if one.changes_something or one.because:
                uow.publish(self._fact(one), because=one.because)
        return [_noted(uow, one, undoes) for one in changed]

    def _fact(self, choosing: Choosing) -> ChoicePackageChosen:
        envelope = choosing.because.envelope if choosing.because else None
        return ChoicePackageChosen(
            student=choosing.enrolment.student_code,
            version=self.sight.students[choosing.enrolment.student_code].version,
            enrolment=choosing.enrolment.id,
            subjects=[subject.id for subject in choosing.subjects],
            at=clock.now(),
            request=envelope.id if envelope else None,
        )


async def choose_package(
    uow: PortalUnitOfWork, wish: PackageWish, scope: Scope, seen: SeenVersion
) -> PackageRound:
    """One enrolment or prognosis. Raises NotFound, VersionStale, and as PackageRound.choose."""
    sight = await PlacementSight.of_enrolments(uow, [wish.enrolment])
    enrolment = sight.enrolment(wish.enrolment, scope)
    seen.must_be(sight.students[enrolment.student_code].version)
    choosing = await PackageRound.of(uow, sight)
    choosing.choose(enrolment, wish)
    await choosing.carry_out(uow)
    return choosing


def _noted(uow: PortalUnitOfWork, choosing: Choosing, undoes: UUID | None) -> HistoryEntry:
    uow.record(
        "choice_package.choose",
        "enrolment",
        [choosing.enrolment.id],
        fields=["subjects", "profile"],
        because=choosing.because,
    )
    return note_change(
        uow,
        choosing.enrolment.student_code,
        HistoryWhat.CHOICE_PACKAGE,
        choosing.enrolment,
        enrolment=choosing.enrolment.id,
        before=_told(choosing.before, choosing.profile_before),
        after=_told([subject.code for subject in choosing.subjects], choosing.enrolment.profile),
        because=choosing.because,
        undoes=undoes,
    )


def _told(subjects: Sequence[str], profile: str | None) -> dict[str, Any]:
    return {"subjects": list(subjects), "profile": profile}
