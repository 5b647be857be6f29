"""Prognosis cleanup: the step that people forget.

The handbook: do not forget the prognosis, the enrolment for next school year's project: delete it too.
"""

from collections.abc import Sequence

from portal.features.enrolment_removal import remove_for_departures
from portal.unit_of_work import PortalUnitOfWork
from shared.contracts.commands import RemovePrognoses
from shared.contracts.facts import PrognosesRemoved
from shared.contracts.values import EnrolmentKind


async def remove_prognoses(uow: PortalUnitOfWork, commands: Sequence[RemovePrognoses]) -> None:
    """Remove the departures' enrolments of later school years, and remember them."""
    for command, work in await remove_for_departures(uow, commands, EnrolmentKind.PROGNOSIS):
        uow.publish(
            PrognosesRemoved(
                departure=command.departure,
                epoch=command.epoch,
                student=command.student,
                at=work.at,
                removed=work.removed,
            ),
            because=command,
        )
