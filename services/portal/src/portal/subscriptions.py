"""What the portal listens to."""

from collections.abc import Sequence
from typing import TypeVar

from portal.features.changes_by_message import (
    assign_by_message,
    change_departments_by_message,
    choose_by_message,
    delete_by_message,
    enrol_by_message,
    refuse_unreadable_changes,
)
from portal.features.changes_by_message import refused_for_good as change_refused_for_good
from portal.features.department_checklist import note_desktop
from portal.features.departure_by_message import refuse_unreadable, refused_for_good, request_by_message
from portal.features.departure_results import (
    record_awaited,
    record_failures,
    record_results,
    record_taken_back,
)
from portal.features.desktop_presence import note_presence
from portal.features.enrolment_removal import remove_enrolments
from portal.features.enrolment_restoring import restore_enrolments, restore_prognoses
from portal.features.history_told import note_account_changes, note_desk_changes, note_person_changes
from portal.features.person_copy import note_people
from portal.features.placement_upload import bring_placements, given_up
from portal.features.prognosis_cleanup import remove_prognoses
from portal.features.snapshot import send_snapshots, snapshot_failed
from portal.features.webhook_deliveries import write_deliveries
from portal.settings import PortalSettings
from portal.unit_of_work import PortalUnitOfWork
from shared.contracts.changes import (
    AssignHomeClass,
    ChangeDepartment,
    ChooseChoicePackage,
    DeleteEnrolment,
    EnrolStudent,
)
from shared.contracts.commands import (
    RemoveEnrolments,
    RemovePrognoses,
    RequestDeparture,
    RestoreEnrolments,
    RestorePrognoses,
)
from shared.contracts.copies import BringPlacements, SendSnapshot
from shared.contracts.facts import (
    AccountArchived,
    AccountFailed,
    AccountRestored,
    DepartureCancelled,
    DepartureCompleted,
    DepartureRefused,
    DepartureRequested,
    DepartureUndone,
    EnrolmentsFailed,
    EnrolmentsRemoved,
    EnrolmentsRestored,
    PersonChanged,
    PrognosesRemoved,
    PrognosesRestored,
    StudentAwaited,
    StudentDeleted,
    StudentFailed,
    StudentListed,
    StudentRestored,
)
from shared.contracts.message import Command, Message
from shared.contracts.values import Party
from shared.messaging.subscriptions import Reaction, Subscriptions
from shared.runtime.revocation import note_accounts

C = TypeVar("C", bound=Command)


def subscriptions_of(settings: PortalSettings) -> Subscriptions[PortalUnitOfWork]:
    """All of it; which programs may ask for a departure by queue is a setting."""
    subscriptions = Subscriptions[PortalUnitOfWork](Party.PORTAL)

    async def request(uow: PortalUnitOfWork, commands: Sequence[RequestDeparture]) -> None:
        await request_by_message(
            uow, commands, settings.known_automations, threshold=settings.departure_threshold
        )

    async def refuse(uow: PortalUnitOfWork, messages: Sequence[Message]) -> None:
        await refuse_unreadable(uow, messages, settings.known_automations)

    subscriptions.on(RequestDeparture, request, unreadable=refuse, given_up=refused_for_good)

    async def assign(uow: PortalUnitOfWork, commands: Sequence[AssignHomeClass]) -> None:
        await assign_by_message(uow, commands, settings.known_automations, refuse_full=settings.refuses_full)

    async def change(uow: PortalUnitOfWork, commands: Sequence[ChangeDepartment]) -> None:
        await change_departments_by_message(uow, commands, settings.known_automations)

    async def choose(uow: PortalUnitOfWork, commands: Sequence[ChooseChoicePackage]) -> None:
        await choose_by_message(uow, commands, settings.known_automations)

    async def enrol(uow: PortalUnitOfWork, commands: Sequence[EnrolStudent]) -> None:
        await enrol_by_message(uow, commands, settings.known_automations)

    async def delete(uow: PortalUnitOfWork, commands: Sequence[DeleteEnrolment]) -> None:
        await delete_by_message(uow, commands, settings.known_automations)

    _on_change(subscriptions, settings, AssignHomeClass, assign)
    _on_change(subscriptions, settings, EnrolStudent, enrol)
    _on_change(subscriptions, settings, DeleteEnrolment, delete)
    _on_change(subscriptions, settings, ChangeDepartment, change)
    _on_change(subscriptions, settings, ChooseChoicePackage, choose)

    subscriptions.on(BringPlacements, bring_placements, given_up=given_up)

    subscriptions.on(RemoveEnrolments, remove_enrolments, given_up=EnrolmentsFailed.of)
    subscriptions.on(RemovePrognoses, remove_prognoses, given_up=EnrolmentsFailed.of)

    subscriptions.on(RestoreEnrolments, restore_enrolments, given_up=EnrolmentsFailed.of)
    subscriptions.on(RestorePrognoses, restore_prognoses, given_up=EnrolmentsFailed.of)

    subscriptions.on(EnrolmentsRemoved, record_results)
    subscriptions.on(PrognosesRemoved, record_results)
    subscriptions.on(AccountArchived, note_accounts, record_results, note_account_changes)
    subscriptions.on(StudentDeleted, record_results)
    subscriptions.on(StudentAwaited, record_awaited)
    subscriptions.on(EnrolmentsFailed, record_failures)
    subscriptions.on(AccountFailed, record_failures)
    subscriptions.on(StudentFailed, record_failures)

    subscriptions.on(EnrolmentsRestored, record_taken_back)
    subscriptions.on(PrognosesRestored, record_taken_back)
    subscriptions.on(AccountRestored, note_accounts, record_taken_back, note_account_changes)
    subscriptions.on(StudentRestored, record_taken_back)

    subscriptions.on(StudentListed, note_presence, note_desktop, note_desk_changes)
    subscriptions.on(PersonChanged, note_people, note_person_changes)

    subscriptions.on(SendSnapshot, send_snapshots, given_up=snapshot_failed)

    # What the portal itself says, heard like anybody's: for the webhooks.
    subscriptions.on(DepartureRequested, write_deliveries)
    subscriptions.on(DepartureRefused, write_deliveries)
    subscriptions.on(DepartureCompleted, write_deliveries)
    subscriptions.on(DepartureUndone, write_deliveries)
    subscriptions.on(DepartureCancelled, write_deliveries)
    return subscriptions


def _on_change(
    subscriptions: Subscriptions[PortalUnitOfWork],
    settings: PortalSettings,
    command: type[C],
    reaction: Reaction[PortalUnitOfWork, C],
) -> None:
    """A change that programs ask for: whatever becomes of the message, it is answered."""

    async def refuse(uow: PortalUnitOfWork, messages: Sequence[Message]) -> None:
        await refuse_unreadable_changes(uow, messages, command.permission, settings.known_automations)

    subscriptions.on(command, reaction, unreadable=refuse, given_up=change_refused_for_good)
