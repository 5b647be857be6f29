"""Students of a project beside their enrolments in the copy: who is otherwise there, and in what."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Subquery,
    Text,
    and_,
    exists,
    func,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from desktop_sync.models import (
    CopyChoice,
    CopyDepartment,
    CopyGroup,
    HomeClass,
    LessonGroup,
    Person,
    Placement,
    Student,
)
from desktop_sync.repositories.fitting import fitting_enrolments
from desktop_sync.repositories.rows import Found
from shared.contracts.ids import DepartmentId, ProjectId, StudentCode
from shared.contracts.values import Authority
from shared.database.among import among
from shared.person_names import search_words
from shared.runtime.access import Scope
from shared.runtime.paging import PersonKeyset


class Difference(StrEnum):
    """In what the project differs from the copy of the portal."""

    LEFT = "left"
    """He is in the project, and no longer in the copy."""
    NEW = "new"
    """He is in the copy, and not in the project."""
    DEPARTMENT = "department"
    """The copy has him in another department, and in his own not at all."""
    HOME_CLASS = "home_class"
    """The portal leads, and has him in another home class."""
    CHOICE_PACKAGE = "choice_package"
    """The copy's package is not what he has beside the subjects that come with his class."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Students of one department, on one side or the other; parts of names and codes."""

    department: DepartmentId | None = None
    search: str = ""


class Sides:
    """One row a student: how he is in the project, and the enrolment of the copy that fits that best.

    Who has two enrolments on purpose is in his department with either of them.
    """

    def __init__(self, project: ProjectId) -> None:
        self._project = project
        self.both = _both(project)
        both = self.both.c
        self.code = both.code
        self.sort_key = func.coalesce(Person.sort_key, "")
        same = both.department_id == both.copy_department_id
        leads = exists().where(
            CopyDepartment.id == both.department_id,
            CopyDepartment.home_class_authority == Authority.PORTAL,
        )
        self.differs: Mapping[Difference, ColumnElement[bool]] = {
            Difference.LEFT: both.enrolment_id.is_(None),
            Difference.NEW: ~both.in_project,
            Difference.DEPARTMENT: both.department_id != both.copy_department_id,
            Difference.HOME_CLASS: same
            & leads
            & both.home_class_id.is_distinct_from(both.copy_home_class_id),
            Difference.CHOICE_PACKAGE: same & or_(self._missing().exists(), self._surplus().exists()),
        }

    def visible(self, scope: Scope) -> ColumnElement[bool]:
        """Of a branch of the scope, on one side or the other."""
        both = self.both.c
        return or_(scope.covers(both.branch_id), scope.covers(both.copy_branch_id))

    def within(self, scope: Scope) -> ColumnElement[bool]:
        """Of branches of the scope on both sides: who goes to another branch is for who has both."""
        return and_(
            *(
                or_(branch.is_(None), scope.covers(branch))
                for branch in (self.both.c.branch_id, self.both.c.copy_branch_id)
            )
        )

    def of(self, wanted: Filter) -> ColumnElement[bool]:
        """The condition of a filter; the person is joined."""
        both = self.both.c
        conditions = [
            func.coalesce(Person.search_key, self.code).contains(word, autoescape=True)
            for word in search_words(wanted.search)
        ]
        if wanted.department is not None:
            conditions.append(
                or_(
                    both.department_id == wanted.department,
                    both.copy_department_id == wanted.department,
                )
            )
        return and_(True, *conditions)

    def counted(self) -> Select[*tuple[Any, ...]]:
        """How many differ, by kind."""
        counts = (func.count().filter(differs).label(kind) for kind, differs in self.differs.items())
        return self._with_people(select(*counts))

    def listed(self, kind: Difference) -> Select[*tuple[Any, ...]]:
        """Those who differ in this, with names, and what each side has by id and code."""
        both = self.both.c
        mine, theirs = aliased(CopyDepartment), aliased(CopyDepartment)
        query = self._with_people(
            select(
                *both,
                Person.given_name,
                Person.prefix,
                Person.family_name,
                self.sort_key.label("sort_key"),
                mine.code.label("department_code"),
                theirs.code.label("copy_department_code"),
                theirs.home_class_authority.label("copy_authority"),
                HomeClass.code.label("home_class_code"),
                CopyGroup.code.label("copy_home_class_code"),
                *self._packages(kind),
            )
        )
        return (
            query.outerjoin(mine, mine.id == both.department_id)
            .outerjoin(theirs, theirs.id == both.copy_department_id)
            .outerjoin(HomeClass, HomeClass.id == both.home_class_id)
            .outerjoin(CopyGroup, CopyGroup.id == both.copy_home_class_id)
            .where(self.differs[kind])
        )

    def sort_keys(self) -> Select[str]:
        """By what they are sorted."""
        return self._with_people(select(self.sort_key))

    def _with_people(self, query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
        return query.select_from(self.both).outerjoin(Person, Person.code == self.code)

    def _packages(self, kind: Difference) -> list[ColumnElement[Any]]:
        if kind is not Difference.CHOICE_PACKAGE:
            return []
        return [
            func.array(query.scalar_subquery(), type_=ARRAY(Text)).label(name)
            for name, query in (("missing", self._missing()), ("surplus", self._surplus()))
        ]

    def _missing(self) -> Select[str]:
        """What he chose and does not have."""
        has = (
            exists()
            .where(
                Placement.project_id == self._project,
                Placement.student_code == self.code,
                Placement.subject_code == CopyChoice.subject_code,
            )
            .correlate_except(Placement)
        )
        query = select(CopyChoice.subject_code).where(
            CopyChoice.enrolment_id == self.both.c.enrolment_id, ~has
        )
        return query.order_by(CopyChoice.subject_code).correlate(self.both)

    def _surplus(self) -> Select[str]:
        """What he has, though it neither comes with a class nor was chosen.

        Without a class: what comes with any class of his department waits for one.
        """
        bound, his_class = aliased(LessonGroup), aliased(HomeClass)
        with_class = (
            exists()
            .where(
                bound.project_id == self._project,
                bound.home_class_id == his_class.id,
                bound.subject_code == Placement.subject_code,
                or_(
                    his_class.id == self.both.c.home_class_id,
                    self.both.c.home_class_id.is_(None)
                    & (his_class.department_id == self.both.c.department_id),
                ),
            )
            .correlate_except(bound, his_class)
        )
        chosen = (
            exists()
            .where(
                CopyChoice.enrolment_id == self.both.c.enrolment_id,
                CopyChoice.subject_code == Placement.subject_code,
            )
            .correlate_except(CopyChoice)
        )
        query = (
            select(Placement.subject_code)
            .outerjoin(LessonGroup, LessonGroup.id == Placement.lesson_group_id)
            .where(
                Placement.project_id == self._project,
                Placement.student_code == self.code,
                LessonGroup.home_class_id.is_(None),
                ~with_class,
                ~chosen,
            )
        )
        return query.order_by(Placement.subject_code).correlate(self.both)


def _both(project: ProjectId) -> Subquery:
    mine = select(Student).where(Student.project_id == project).subquery("mine")
    theirs = fitting_enrolments(project).subquery("theirs")
    return (
        select(
            func.coalesce(mine.c.code, theirs.c.student_code, type_=Text).label("code"),
            mine.c.code.is_not(None).label("in_project"),
            mine.c.branch_id,
            mine.c.department_id,
            mine.c.home_class_id,
            theirs.c.id.label("enrolment_id"),
            theirs.c.branch_id.label("copy_branch_id"),
            theirs.c.department_id.label("copy_department_id"),
            theirs.c.home_class_id.label("copy_home_class_id"),
        )
        .select_from(mine.join(theirs, mine.c.code == theirs.c.student_code, full=True))
        .subquery("both")
    )


class DataCheck:
    """Differences between the copy of the portal and a project."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def counts(self, sides: Sides, scope: Scope, wanted: Filter) -> dict[Difference, int]:
        """How many students differ, by kind; one statement."""
        query = sides.counted().where(sides.visible(scope), sides.of(wanted))
        row = (await self._session.execute(query)).one()
        return {kind: row._mapping[kind] for kind in Difference}  # noqa: SLF001 - that is its name

    async def page(
        self, keyset: PersonKeyset, sides: Sides, scope: Scope, kind: Difference, wanted: Filter
    ) -> Sequence[Found]:
        """Who they are, by name."""
        query = sides.listed(kind).where(sides.visible(scope), sides.of(wanted))
        return (await self._session.execute(keyset.apply_from(query, sides.sort_keys()))).all()

    async def differing(
        self,
        project: ProjectId,
        scope: Scope,
        kind: Difference,
        students: Collection[StudentCode] | None = None,
    ) -> Sequence[Found]:
        """Whom the caller may take over, by code; of these students, or of all."""
        sides = Sides(project)
        query = sides.listed(kind).where(sides.within(scope))
        if students is not None:
            query = query.where(among(sides.code, students))
        return (await self._session.execute(query.order_by(sides.code))).all()
