"""All that the desktop listens to."""

from desktop_sync.features.authority import note_authorities
from desktop_sync.features.departure import delete_students, restore_students
from desktop_sync.features.ghost_clearing import clear_students
from desktop_sync.features.person_copy import note_people
from desktop_sync.features.refresh import end_refreshes
from desktop_sync.features.refresh_answers import fail_refreshes, note_named_people, note_parts
from desktop_sync.features.upload import note_brought, note_failed
from desktop_sync.unit_of_work import DesktopUnitOfWork
from shared.contracts.changes import AuthorityChanged
from shared.contracts.commands import ClearStudent, DeleteStudent, RestoreStudent
from shared.contracts.copies import (
    PeopleFailed,
    PeopleRepublished,
    PlacementsBrought,
    PlacementsFailed,
    SnapshotFailed,
    SnapshotSent,
)
from shared.contracts.facts import AccountArchived, AccountRestored, PersonChanged, StudentFailed
from shared.contracts.values import Party
from shared.messaging.subscriptions import Subscriptions
from shared.runtime.revocation import note_accounts

SUBSCRIPTIONS: Subscriptions[DesktopUnitOfWork] = Subscriptions(Party.DESKTOP)

SUBSCRIPTIONS.on(DeleteStudent, delete_students, given_up=StudentFailed.of)
SUBSCRIPTIONS.on(RestoreStudent, restore_students, given_up=StudentFailed.of)
SUBSCRIPTIONS.on(ClearStudent, clear_students)
SUBSCRIPTIONS.on(PersonChanged, note_people, end_refreshes)
SUBSCRIPTIONS.on(AccountArchived, note_accounts)
SUBSCRIPTIONS.on(AccountRestored, note_accounts)

SUBSCRIPTIONS.on(SnapshotSent, note_parts)
SUBSCRIPTIONS.on(SnapshotFailed, fail_refreshes)
SUBSCRIPTIONS.on(PeopleRepublished, note_named_people)
SUBSCRIPTIONS.on(PeopleFailed, fail_refreshes)
SUBSCRIPTIONS.on(AuthorityChanged, note_authorities)

SUBSCRIPTIONS.on(PlacementsBrought, note_brought)
SUBSCRIPTIONS.on(PlacementsFailed, note_failed)
