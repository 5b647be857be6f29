"""The commands of a departure's steps: to remove, or, when it is being taken back, to restore."""

from collections.abc import Collection

from portal.models.departure import Departure
from shared.contracts.commands import (
    ArchiveAccount,
    DeleteStudent,
    RemoveEnrolments,
    RemovePrognoses,
    RestoreAccount,
    RestoreEnrolments,
    RestorePrognoses,
    RestoreStudent,
    StepCommand,
)
from shared.contracts.values import PrognosisPolicy, Step

_REMOVE: dict[Step, type[StepCommand]] = {
    Step.ENROLMENTS: RemoveEnrolments,
    Step.PROGNOSES: RemovePrognoses,
    Step.ACCOUNT: ArchiveAccount,
    Step.DESKTOP: DeleteStudent,
}
_RESTORE: dict[Step, type[StepCommand]] = {
    Step.ENROLMENTS: RestoreEnrolments,
    Step.PROGNOSES: RestorePrognoses,
    Step.ACCOUNT: RestoreAccount,
    Step.DESKTOP: RestoreStudent,
}


def commands_of(departure: Departure, steps: Collection[Step]) -> list[StepCommand]:
    """What to send for these steps now; each command takes of `told` what its contract names."""
    told = {
        "departure": departure.id,
        "epoch": departure.epoch,
        "student": departure.student_code,
        "school": departure.school_id,
        "school_year": departure.school_year,
        "history_before": departure.history_before,
        "keep_later": departure.prognoses is PrognosisPolicy.KEEP,
        "leaves_on": departure.leaves_on,
        "reason": departure.reason,
        "guardians": departure.guardians,
        "requested_by": departure.asked_by,
    }
    kinds = _RESTORE if departure.is_taking_back else _REMOVE
    return [kinds[step].model_validate(told) for step in steps]
