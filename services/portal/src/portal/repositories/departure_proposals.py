"""Departures that are proposed."""

from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from portal.models.departure_proposal import STANDING, DepartureProposal, ProposalState
from shared.contracts.ids import BranchId
from shared.database.among import among
from shared.runtime.access import Scope
from shared.runtime.paging import Keyset


class DepartureProposals:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    def add(self, proposals: Iterable[DepartureProposal]) -> None:
        self._session.add_all(proposals)

    async def standing(self, branch: BranchId, source: str) -> Sequence[DepartureProposal]:
        """Those of a source that are open or dismissed, locked in one order."""
        query = select(DepartureProposal).where(
            DepartureProposal.branch_id == branch,
            DepartureProposal.source == source,
            DepartureProposal.state.in_(STANDING),
        )
        return (await self._session.scalars(query.order_by(DepartureProposal.id).with_for_update())).all()

    async def lock(self, ids: Collection[UUID], scope: Scope) -> Sequence[DepartureProposal]:
        """Those of these that the caller may see, locked in one order."""
        query = select(DepartureProposal).where(
            among(DepartureProposal.id, ids), scope.covers(DepartureProposal.branch_id)
        )
        return (await self._session.scalars(query.order_by(DepartureProposal.id).with_for_update())).all()

    async def search(
        self, scope: Scope, keyset: Keyset, *, state: ProposalState | None, source: str | None
    ) -> Sequence[DepartureProposal]:
        """In the order they were made."""
        query = select(DepartureProposal).where(scope.covers(DepartureProposal.branch_id))
        if state is not None:
            query = query.where(DepartureProposal.state == state)
        if source is not None:
            query = query.where(DepartureProposal.source == source)
        return (await self._session.scalars(keyset.apply(query))).all()
