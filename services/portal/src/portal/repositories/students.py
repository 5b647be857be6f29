"""Students: locked in the order of their codes, so that two batches never wait for each other."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Text, and_, func, literal, or_, select, true, union, update
from sqlalchemy.ext.asyncio import AsyncSession

from portal.models.student import Enrolment, Person, Student
from shared.contracts.ids import BranchId, DepartmentId, ProjectId, SchoolId, StudentCode
from shared.database.among import among
from shared.database.set_based import inserting, table_of
from shared.errors import NotFound
from shared.person_names import search_words
from shared.runtime.access import Scope
from shared.runtime.paging import PersonKeyset

SORT_KEY = func.coalesce(Person.sort_key, literal("", Text(collation="C"))).label("sort_order")
"""A student whose names have not arrived yet comes first."""


class Students:
    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def lock(self, codes: Collection[StudentCode]) -> dict[StudentCode, Student]:
        """The known students among these codes, locked for this transaction."""
        query = select(Student).where(among(Student.code, codes)).order_by(Student.code)
        found = await self._session.scalars(query.with_for_update(key_share=True))
        return {student.code: student for student in found}

    async def known(self, codes: Collection[StudentCode]) -> dict[StudentCode, Student]:
        """The known students among these codes."""
        found = await self._session.scalars(select(Student).where(among(Student.code, codes)))
        return {student.code: student for student in found}

    async def lock_present(
        self, codes: Collection[StudentCode], scope: Scope, school_year: int
    ) -> dict[StudentCode, Student]:
        """Those that are at one of the caller's branches now; a prognosis there is not enough to act on."""
        at_a_branch = _visible(scope, Enrolment.school_year == school_year)
        query = select(Student).where(among(Student.code, codes), at_a_branch).order_by(Student.code)
        found = await self._session.scalars(query.with_for_update(key_share=True))
        return {student.code: student for student in found}

    async def get(self, code: StudentCode, scope: Scope) -> Student:
        """One student. Raises NotFound."""
        query = select(Student).where(Student.code == code, _visible(scope))
        student = await self._session.scalar(query)
        if student is None:
            raise NotFound
        return student

    async def is_visible(self, code: StudentCode, scope: Scope) -> bool:
        """Whether the caller may see him; a leaver is seen by the office of his last branch."""
        query = select(Student.code).where(Student.code == code, _visible(scope))
        return await self._session.scalar(query) is not None

    async def ensure(self, codes: Collection[StudentCode], school: SchoolId, branch: BranchId) -> None:
        """Note students the portal has not seen; two imports may bring the same one at once."""
        await self.ensure_each(dict.fromkeys(codes, (school, branch)))

    async def ensure_each(self, places: Mapping[StudentCode, tuple[SchoolId, BranchId]]) -> None:
        """The same, each at his own school and branch."""
        rows = [
            {"code": code, "version": 0, "school_id": school, "branch_id": branch}
            for code, (school, branch) in sorted(places.items())
        ]
        if rows:
            await self._session.execute(inserting(table_of(Student), rows).on_conflict_do_nothing())

    async def branches_of(self, codes: Collection[StudentCode]) -> dict[StudentCode, set[BranchId]]:
        """Whose offices may see each: his own branch, and those where he is or was enrolled."""
        own = select(Student.code, Student.branch_id).where(among(Student.code, codes))
        guest = select(Enrolment.student_code, Enrolment.branch_id)
        both = union(own, guest.where(among(Enrolment.student_code, codes)))
        branches: dict[StudentCode, set[BranchId]] = {}
        for code, branch in await self._session.execute(both):
            branches.setdefault(code, set()).add(branch)
        return branches

    async def raise_versions(self, codes: Collection[StudentCode]) -> dict[StudentCode, int]:
        """One version further for each of these students; returns the new versions."""
        raised = await self._session.execute(
            update(Student)
            .where(among(Student.code, codes))
            .values(version=Student.version + 1)
            .returning(Student.code, Student.version)
            .execution_options(synchronize_session=False)
        )
        return dict(raised.all())

    async def search(  # noqa: PLR0913 - the filters of the list
        self,
        scope: Scope,
        keyset: PersonKeyset,
        *,
        project: ProjectId | None,
        branch: BranchId | None,
        department: DepartmentId | None,
        words: str,
    ) -> Sequence[Row[*tuple[Any, ...]]]:
        """Students with their names; with a filter on a project's part only those enrolled there."""
        query = select(
            Student.code, Student.branch_id, Student.school_id, Student.version, Person, SORT_KEY
        ).outerjoin(Person, Person.user == Student.code)
        query = query.where(_visible(scope))
        if project is not None or branch is not None or department is not None:
            wanted = [
                column == value
                for column, value in (
                    (Enrolment.project_id, project),
                    (Enrolment.branch_id, branch),
                    (Enrolment.department_id, department),
                )
                if value is not None
            ]
            query = query.where(
                select(Enrolment.id).where(and_(Enrolment.student_code == Student.code, *wanted)).exists()
            )
        for word in search_words(words):
            query = query.where(Person.search_key.contains(word, autoescape=True))
        names = select(SORT_KEY).select_from(Student).outerjoin(Person, Person.user == Student.code)
        return (await self._session.execute(keyset.apply_from(query, names))).all()


def _visible(scope: Scope, *enrolled: ColumnElement[bool]) -> ColumnElement[bool]:
    """Students of the caller's branches, guests `enrolled` there included, and the caller himself."""
    if scope.everything:
        return true()
    guest = (
        select(Enrolment.id)
        .where(Enrolment.student_code == Student.code, scope.covers(Enrolment.branch_id), *enrolled)
        .exists()
    )
    return or_(scope.covers(Student.branch_id, Student.code), guest)
