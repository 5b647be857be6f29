"""Departures, their steps, and the portal's own work for them."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, literal, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from portal.models.departure import ONE_OPEN, Departure
from portal.models.departure_step import DepartureStep
from portal.models.departure_work import DepartureWork
from shared.contracts.ids import DepartureId, StudentCode
from shared.contracts.values import DepartureState, Step, StepState
from shared.database.among import among
from shared.database.set_based import inserting, table_of
from shared.errors import NotFound, TryLater
from shared.runtime.access import Scope
from shared.runtime.paging import Keyset


class Departures:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    def add(self, departures: Sequence[Departure]) -> None:
        self._session.add_all(departures)

    async def flush(self) -> None:
        """Write what is new or changed.

        Raises TryLater when another departure of a student was opened, or taken back, at that moment: no lock
        of one holds up the other, since results lock departures first and commands students.
        """
        try:
            await self._session.flush()
        except IntegrityError as error:
            if ONE_OPEN not in str(error.orig):
                raise
            raise TryLater("Another departure of this student was faster") from error

    async def lock(self, ids: Collection[DepartureId]) -> dict[DepartureId, Departure]:
        """These departures with their steps, locked in one order."""
        found = await self._session.scalars(
            select(Departure)
            .where(among(Departure.id, ids))
            .order_by(Departure.id)
            .options(selectinload(Departure.steps))
            .with_for_update()
        )
        return {departure.id: departure for departure in found}

    async def lock_one(self, departure_id: DepartureId, scope: Scope) -> Departure:
        """One departure with its steps, locked. Raises NotFound."""
        query = select(Departure).where(Departure.id == departure_id, scope.covers(Departure.branch_id))
        query = query.options(selectinload(Departure.steps)).with_for_update()
        departure = await self._session.scalar(query)
        if departure is None:
            raise NotFound
        return departure

    async def lock_within(
        self, scope: Scope, *, batch: UUID | None, ids: Collection[DepartureId]
    ) -> Sequence[Departure]:
        """Of a batch, or of these ids, what the caller may see; with steps, locked in one order."""
        wanted = among(Departure.id, ids) if batch is None else Departure.batch == batch
        query = select(Departure).where(wanted, scope.covers(Departure.branch_id)).order_by(Departure.id)
        query = query.options(selectinload(Departure.steps)).with_for_update()
        return (await self._session.scalars(query)).all()

    async def lock_due(self, now: datetime, limit: int) -> Sequence[Departure]:
        """Planned departures whose time has come; replicas pass over each other's."""
        query = (
            select(Departure)
            .where(Departure.state == DepartureState.SCHEDULED, Departure.due_at <= now)
            .order_by(Departure.id)
            .limit(limit)
            .options(selectinload(Departure.steps))
        )
        return (await self._session.scalars(query.with_for_update(skip_locked=True))).all()

    async def lock_unanswered(self, now: datetime, after: timedelta, limit: int) -> Sequence[Departure]:
        """Departures with a step that is late (DepartureStep.is_late); replicas pass over each other's."""
        waited = func.greatest(after, DepartureStep.sent_at - DepartureStep.at)
        waiting = select(DepartureStep.departure_id).where(
            DepartureStep.state == StepState.SENT, DepartureStep.sent_at < literal(now) - waited
        )
        query = (
            select(Departure)
            .where(Departure.id.in_(waiting))
            .order_by(Departure.id)
            .limit(limit)
            .options(selectinload(Departure.steps))
        )
        return (await self._session.scalars(query.with_for_update(skip_locked=True))).all()

    async def of_students(self, students: Collection[StudentCode]) -> dict[StudentCode, list[Departure]]:
        """All departures of each student, the newest first; at most one of them is open."""
        query = select(Departure).where(among(Departure.student_code, students)).order_by(Departure.id.desc())
        query = query.options(selectinload(Departure.steps))
        found: dict[StudentCode, list[Departure]] = {code: [] for code in students}
        for departure in await self._session.scalars(query):
            found[departure.student_code].append(departure)
        return found

    async def get(self, departure_id: DepartureId, scope: Scope) -> Departure:
        """One departure with its steps. Raises NotFound."""
        query = select(Departure).where(Departure.id == departure_id, scope.covers(Departure.branch_id))
        departure = await self._session.scalar(query.options(selectinload(Departure.steps)))
        if departure is None:
            raise NotFound
        return departure

    async def search(
        self,
        scope: Scope,
        keyset: Keyset,
        *,
        batch: UUID | None,
        state: DepartureState | None,
        student: StudentCode | None,
    ) -> Sequence[Departure]:
        """Departures in the order they were requested."""
        query = select(Departure).where(scope.covers(Departure.branch_id))
        for column, value in (
            (Departure.batch, batch),
            (Departure.state, state),
            (Departure.student_code, student),
        ):
            if value is not None:
                query = query.where(column == value)
        query = keyset.apply(query).options(selectinload(Departure.steps))
        return (await self._session.scalars(query)).all()

    async def versions(
        self, scope: Scope, *, batch: UUID | None = None, departure: DepartureId | None = None
    ) -> dict[DepartureId, tuple[int, DepartureState]]:
        """Version and state of a batch, or of one departure: what a listener compares."""
        wanted = Departure.batch == batch if departure is None else Departure.id == departure
        query = select(Departure.id, Departure.version, Departure.state).where(
            wanted, scope.covers(Departure.branch_id)
        )
        return {row.id: (row.version, row.state) for row in await self._session.execute(query)}

    async def with_steps(self, ids: Collection[DepartureId]) -> Sequence[Departure]:
        """These departures, in the order they were requested."""
        query = select(Departure).where(among(Departure.id, ids)).order_by(Departure.id)
        return (await self._session.scalars(query.options(selectinload(Departure.steps)))).all()

    async def work_of(self, ids: Collection[DepartureId], step: Step) -> dict[DepartureId, DepartureWork]:
        """What the portal did already for these departures' step."""
        found = await self._session.scalars(
            select(DepartureWork).where(among(DepartureWork.departure_id, ids), DepartureWork.step == step)
        )
        return {work.departure_id: work for work in found}

    async def remember(self, works: Sequence[DepartureWork]) -> None:
        """Keep what was done; work of a newer epoch replaces the older."""
        columns = ("departure_id", "step", "epoch", "at", "memory", "left_over")
        rows = [{name: getattr(work, name) for name in columns} for work in works]
        statement = inserting(table_of(DepartureWork), rows)
        await self._session.execute(
            statement.on_conflict_do_update(
                index_elements=["departure_id", "step"],
                set_={name: statement.excluded[name] for name in columns[2:]},
                where=DepartureWork.epoch < statement.excluded.epoch,
            )
        )
