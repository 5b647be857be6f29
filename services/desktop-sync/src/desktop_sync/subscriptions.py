"""All that the desktop listens to."""

from desktop_sync.features.departure import delete_students, restore_students
from desktop_sync.features.ghost_clearing import clear_students
from desktop_sync.features.person_copy import note_people
from desktop_sync.unit_of_work import DesktopUnitOfWork
from shared.contracts.commands import ClearStudent, DeleteStudent, RestoreStudent
from shared.contracts.facts import AccountArchived, AccountRestored, PersonChanged, StudentFailed
from shared.contracts.values import Party
from shared.messaging.subscriptions import Subscriptions
from shared.runtime.revocation import note_accounts

SUBSCRIPTIONS: Subscriptions[DesktopUnitOfWork] = Subscriptions(Party.DESKTOP)

SUBSCRIPTIONS.on(DeleteStudent, delete_students, given_up=StudentFailed.of)
SUBSCRIPTIONS.on(RestoreStudent, restore_students, given_up=StudentFailed.of)
SUBSCRIPTIONS.on(ClearStudent, clear_students)
SUBSCRIPTIONS.on(PersonChanged, note_people)
SUBSCRIPTIONS.on(AccountArchived, note_accounts)
SUBSCRIPTIONS.on(AccountRestored, note_accounts)
