"""What the portal listens to."""

from collections.abc import Sequence

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
from portal.features.person_copy import note_people
from portal.features.prognosis_cleanup import remove_prognoses
from portal.features.webhook_deliveries import write_deliveries
from portal.settings import PortalSettings
from portal.unit_of_work import PortalUnitOfWork
from shared.contracts.commands import (
    RemoveEnrolments,
    RemovePrognoses,
    RequestDeparture,
    RestoreEnrolments,
    RestorePrognoses,
)
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
from shared.contracts.message import Message
from shared.contracts.values import Party
from shared.messaging.subscriptions import Subscriptions
from shared.runtime.revocation import note_accounts


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

    subscriptions.on(RemoveEnrolments, remove_enrolments, given_up=EnrolmentsFailed.of)
    subscriptions.on(RemovePrognoses, remove_prognoses, given_up=EnrolmentsFailed.of)

    subscriptions.on(RestoreEnrolments, restore_enrolments, given_up=EnrolmentsFailed.of)
    subscriptions.on(RestorePrognoses, restore_prognoses, given_up=EnrolmentsFailed.of)

    subscriptions.on(EnrolmentsRemoved, record_results)
    subscriptions.on(PrognosesRemoved, record_results)
    subscriptions.on(AccountArchived, note_accounts, record_results)
    subscriptions.on(StudentDeleted, record_results)
    subscriptions.on(StudentAwaited, record_awaited)
    subscriptions.on(EnrolmentsFailed, record_failures)
    subscriptions.on(AccountFailed, record_failures)
    subscriptions.on(StudentFailed, record_failures)

    subscriptions.on(EnrolmentsRestored, record_taken_back)
    subscriptions.on(PrognosesRestored, record_taken_back)
    subscriptions.on(AccountRestored, note_accounts, record_taken_back)
    subscriptions.on(StudentRestored, record_taken_back)

    subscriptions.on(StudentListed, note_presence)
    subscriptions.on(PersonChanged, note_people)

    # What the portal itself says, heard like anybody's: for the webhooks.
    subscriptions.on(DepartureRequested, write_deliveries)
    subscriptions.on(DepartureRefused, write_deliveries)
    subscriptions.on(DepartureCompleted, write_deliveries)
    subscriptions.on(DepartureUndone, write_deliveries)
    subscriptions.on(DepartureCancelled, write_deliveries)
    return subscriptions
