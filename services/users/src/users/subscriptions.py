"""What users listens to: the whole inbound surface over RabbitMQ."""

from shared.contracts.commands import ArchiveAccount, RestoreAccount
from shared.contracts.facts import AccountFailed, DepartureCompleted, DepartureUndone, StudentPlaced
from shared.contracts.values import Party
from shared.messaging.subscriptions import Subscriptions
from users.features.departure import archive_accounts, restore_accounts
from users.features.departure_notices import notice_departures, take_back_notices
from users.features.placement_copy import copy_placements
from users.unit_of_work import UsersUnitOfWork

subscriptions: Subscriptions[UsersUnitOfWork] = Subscriptions(Party.USERS)

subscriptions.on(ArchiveAccount, archive_accounts, given_up=AccountFailed.of)
subscriptions.on(RestoreAccount, restore_accounts, given_up=AccountFailed.of)
subscriptions.on(StudentPlaced, copy_placements)
subscriptions.on(DepartureCompleted, notice_departures)
subscriptions.on(DepartureUndone, take_back_notices)
