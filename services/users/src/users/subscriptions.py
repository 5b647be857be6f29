"""What users listens to: the whole inbound surface over RabbitMQ."""

from shared.contracts.changes import ReopenAccount
from shared.contracts.commands import ArchiveAccount, RestoreAccount
from shared.contracts.copies import RepublishPeople
from shared.contracts.facts import AccountFailed, DepartureCompleted, DepartureUndone, StudentPlaced
from shared.contracts.values import Party
from shared.messaging.subscriptions import Subscriptions
from users.features.archival import reopen_accounts
from users.features.departure import archive_accounts, restore_accounts
from users.features.departure_notices import notice_departures, take_back_notices
from users.features.placement_copy import copy_placements
from users.features.refresh import people_failed, republish_people
from users.unit_of_work import UsersUnitOfWork

subscriptions: Subscriptions[UsersUnitOfWork] = Subscriptions(Party.USERS)

subscriptions.on(ArchiveAccount, archive_accounts, given_up=AccountFailed.of)
subscriptions.on(RestoreAccount, restore_accounts, given_up=AccountFailed.of)
subscriptions.on(ReopenAccount, reopen_accounts)
subscriptions.on(RepublishPeople, republish_people, given_up=people_failed)
subscriptions.on(StudentPlaced, copy_placements)
subscriptions.on(DepartureCompleted, notice_departures)
subscriptions.on(DepartureUndone, take_back_notices)
