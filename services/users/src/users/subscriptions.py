"""What users listens to: the whole inbound surface over RabbitMQ."""

from collections.abc import Sequence

from shared.contracts.changes import ChangePerson, RegisterPerson, ReopenAccount
from shared.contracts.commands import ArchiveAccount, RestoreAccount
from shared.contracts.copies import RepublishPeople
from shared.contracts.facts import AccountFailed, DepartureCompleted, DepartureUndone, StudentPlaced
from shared.contracts.message import Message
from shared.contracts.values import Party
from shared.messaging.subscriptions import Subscriptions
from users.features.archival import reopen_accounts
from users.features.departure import archive_accounts, restore_accounts
from users.features.departure_notices import notice_departures, take_back_notices
from users.features.person_answers import refuse_unreadable, refused_for_good
from users.features.person_change import change_by_message
from users.features.placement_copy import copy_placements
from users.features.refresh import people_failed, republish_people
from users.features.registering import register_by_message
from users.settings import UsersSettings
from users.unit_of_work import UsersUnitOfWork


def subscriptions_of(settings: UsersSettings) -> Subscriptions[UsersUnitOfWork]:
    """All of it; which programs may register and change people by queue is a setting."""
    subscriptions = Subscriptions[UsersUnitOfWork](Party.USERS)

    async def register(uow: UsersUnitOfWork, commands: Sequence[RegisterPerson]) -> None:
        await register_by_message(uow, commands, settings.known_automations)

    async def change(uow: UsersUnitOfWork, commands: Sequence[ChangePerson]) -> None:
        await change_by_message(uow, commands, settings.known_automations)

    async def refuse(uow: UsersUnitOfWork, messages: Sequence[Message]) -> None:
        await refuse_unreadable(uow, messages, settings.known_automations)

    subscriptions.on(RegisterPerson, register, unreadable=refuse, given_up=refused_for_good)
    subscriptions.on(ChangePerson, change, unreadable=refuse, given_up=refused_for_good)

    subscriptions.on(ArchiveAccount, archive_accounts, given_up=AccountFailed.of)
    subscriptions.on(RestoreAccount, restore_accounts, given_up=AccountFailed.of)
    subscriptions.on(ReopenAccount, reopen_accounts)

    subscriptions.on(RepublishPeople, republish_people, given_up=people_failed)
    subscriptions.on(StudentPlaced, copy_placements)
    subscriptions.on(DepartureCompleted, notice_departures)
    subscriptions.on(DepartureUndone, take_back_notices)
    return subscriptions
