"""Every message of the house. Topic permissions, bindings and docs/messages.md are made from this list."""

from shared.contracts import commands, facts
from shared.contracts.message import Contracts

CONTRACTS = Contracts(
    [
        commands.RequestDeparture,
        commands.RemoveEnrolments,
        commands.RemovePrognoses,
        commands.ArchiveAccount,
        commands.DeleteStudent,
        commands.ClearStudent,
        commands.RestoreEnrolments,
        commands.RestorePrognoses,
        commands.RestoreAccount,
        commands.RestoreStudent,
        facts.EnrolmentsRemoved,
        facts.PrognosesRemoved,
        facts.AccountArchived,
        facts.AccountRestored,
        facts.StudentDeleted,
        facts.StudentAwaited,
        facts.StudentListed,
        facts.EnrolmentsFailed,
        facts.AccountFailed,
        facts.StudentFailed,
        facts.EnrolmentsRestored,
        facts.PrognosesRestored,
        facts.StudentRestored,
        facts.PersonChanged,
        facts.StudentPlaced,
        facts.DepartureRequested,
        facts.DepartureRefused,
        facts.DepartureCompleted,
        facts.DepartureUndone,
        facts.DepartureCancelled,
    ]
)
