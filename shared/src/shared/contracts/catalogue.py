"""Every message of the house. Topic permissions, bindings and docs/messages.md are made from this list."""

from shared.contracts import commands, facts
from shared.contracts.message import Contracts

CONTRACTS = Contracts(
    [
        commands.RemoveEnrolments,
        commands.RemovePrognoses,
        commands.ArchiveAccount,
        commands.DeleteStudent,
        facts.EnrolmentsRemoved,
        facts.PrognosesRemoved,
        facts.AccountArchived,
        facts.AccountRestored,
        facts.StudentDeleted,
        facts.PersonChanged,
        facts.StudentPlaced,
        facts.DepartureRequested,
        facts.DepartureCompleted,
    ]
)
