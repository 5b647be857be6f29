"""What people forgot, each kind a query over students; judged as of a school year."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    DateTime,
    Select,
    Text,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from portal.models.departure import FINAL_STATES, Departure
from portal.models.desktop_presence import DesktopPresence
from portal.models.leftover import Leftover, LeftoverKind
from portal.models.student import Enrolment, Person, Student
from shared.contracts.ids import BranchId, StudentCode
from shared.contracts.values import UserKind
from shared.database.among import among
from shared.person_names import search_words
from shared.runtime.access import Scope
from shared.runtime.paging import Keyset
from shared.runtime.revocation import account

Query = Select[*tuple[Any, ...]]

_UNKNOWN_SINCE = null().cast(DateTime(timezone=True))
_NO_PROJECTS = literal([], ARRAY(BigInteger))


@dataclass(frozen=True, slots=True)
class Filters:
    """What of the list is asked for."""

    kind: LeftoverKind | None = None
    branch: BranchId | None = None
    words: str = ""


class Leftovers:
    def __init__(self, session: AsyncSession, school_year: int) -> None:
        self._session = session
        self._all = _leftovers(school_year)

    def keyset(self, limit: int, cursor: str | None) -> Keyset:
        """By student code: of one student all kinds stand together."""
        return Keyset(limit, cursor, self._all.c.student, self._all.c.kind, self._all.c.branch)

    async def page(
        self, keyset: Keyset, scope: Scope, filters: Filters
    ) -> Sequence[tuple[Leftover, Person | None]]:
        """With the name of each student."""
        query = self._seen(select(self._all, Person), scope, filters)
        if filters.kind is not None:
            query = query.where(self._all.c.kind == filters.kind)
        rows = await self._session.execute(keyset.apply(query))
        return [(_leftover(row), row.Person) for row in rows]

    async def counts(self, scope: Scope, filters: Filters) -> dict[LeftoverKind, int]:
        """How many there are of each kind, whatever kind is asked for."""
        query = self._seen(select(self._all.c.kind, func.count()), scope, filters)
        rows = await self._session.execute(query.group_by(self._all.c.kind))
        found: dict[str, int] = dict(rows.all())
        return {kind: found.get(kind, 0) for kind in LeftoverKind}

    async def of(self, students: Collection[StudentCode], scope: Scope) -> list[Leftover]:
        """All of these students."""
        query = self._seen(select(self._all), scope, Filters()).where(among(self._all.c.student, students))
        query = query.order_by(self._all.c.student, self._all.c.school, self._all.c.branch)
        return [_leftover(row) for row in await self._session.execute(query)]

    def _seen(self, query: Query, scope: Scope, filters: Filters) -> Query:
        """Those of the caller's branches; nobody with a departure that has not come to its end."""
        under_way = exists().where(
            Departure.student_code == self._all.c.student, Departure.state.not_in(FINAL_STATES)
        )
        query = query.select_from(self._all).outerjoin(Person, Person.user == self._all.c.student)
        query = query.where(~under_way, scope.covers(self._all.c.branch))
        if filters.branch is not None:
            query = query.where(self._all.c.branch == filters.branch)
        for word in search_words(filters.words):
            found = func.coalesce(Person.search_key, self._all.c.student)
            query = query.where(found.contains(word, autoescape=True))
        return query


def _leftovers(school_year: int) -> CTE:
    return union_all(
        _archived_but_enrolled(school_year),
        _prognosis_without_account(school_year),
        _account_without_enrolment(school_year),
        _ghost_in_desktop(school_year),
    ).cte("leftover")


def _archived_but_enrolled(school_year: int) -> Query:
    where = (Enrolment.student_code, Enrolment.school_id, Enrolment.branch_id, account.c.at)
    query = select(*_columns(LeftoverKind.ARCHIVED_BUT_ENROLLED, where, _NO_PROJECTS))
    query = query.join(account, account.c.user == Enrolment.student_code)
    query = query.where(account.c.archived, Enrolment.school_year == school_year, ~_kept())
    return query.group_by(*where)


def _prognosis_without_account(school_year: int) -> Query:
    where = (Enrolment.student_code, Enrolment.school_id, Enrolment.branch_id, account.c.at)
    now = aliased(Enrolment)
    enrolled = exists().where(now.student_code == Enrolment.student_code, now.school_year == school_year)
    query = select(*_columns(LeftoverKind.PROGNOSIS_WITHOUT_ACCOUNT, where, _NO_PROJECTS))
    query = query.outerjoin(account, account.c.user == Enrolment.student_code)
    query = query.outerjoin(Person, Person.user == Enrolment.student_code)
    query = query.where(Enrolment.school_year > school_year, ~enrolled, ~_kept())
    return query.where(or_(account.c.archived, Person.user.is_(None))).group_by(*where)


def _account_without_enrolment(school_year: int) -> Query:
    """Of those who were enrolled once: who never was is a newcomer, of no branch yet."""
    where = (Student.code, Student.school_id, Student.branch_id, _UNKNOWN_SINCE)
    live = exists().where(Enrolment.student_code == Student.code, Enrolment.school_year >= school_year)
    query = select(*_columns(LeftoverKind.ACCOUNT_WITHOUT_ENROLMENT, where, _NO_PROJECTS))
    query = query.join(Person, Person.user == Student.code)
    query = query.outerjoin(account, account.c.user == Student.code)
    return query.where(Person.kind == UserKind.STUDENT, account.c.archived.is_not(True), ~live)


def _ghost_in_desktop(school_year: int) -> Query:
    there = DesktopPresence
    where = (there.student_code, there.school_id, there.branch_id)
    enrolled = exists().where(
        Enrolment.student_code == there.student_code, Enrolment.project_id == there.project_id
    )
    projects = func.array_agg(aggregate_order_by(there.project_id, there.project_id))
    query = select(*_columns(LeftoverKind.GHOST_IN_DESKTOP, (*where, _UNKNOWN_SINCE), projects))
    query = query.join(Student, Student.code == there.student_code)
    return query.where(there.present, there.school_year >= school_year, ~enrolled).group_by(*where)


def _columns(kind: LeftoverKind, where: Sequence[Any], projects: Any) -> list[ColumnElement[Any]]:
    names = ("student", "school", "branch", "since")
    placed = [column.label(name) for column, name in zip(where, names, strict=True)]
    return [literal(kind, Text).label("kind"), *placed, projects.label("projects")]


def _kept() -> ColumnElement[bool]:
    """A departure left this enrolment there on purpose."""
    return exists().where(Departure.student_code == Enrolment.student_code, Departure.keeps_row(Enrolment))


def _leftover(row: Any) -> Leftover:
    return Leftover(
        kind=LeftoverKind(row.kind),
        student=row.student,
        school=row.school,
        branch=row.branch,
        since=row.since,
        projects=row.projects,
    )
