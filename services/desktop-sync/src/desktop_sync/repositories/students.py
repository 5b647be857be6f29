from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Select, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from desktop_sync.models import CopyEnrolment, HomeClass, LessonGroup, Person, Placement, Student
from desktop_sync.models.memory import Memory
from desktop_sync.models.restoration import Room
from desktop_sync.repositories.removal import InProject, take_out
from desktop_sync.repositories.restoration import Returning, put_back, room_for
from desktop_sync.repositories.rows import Found
from shared.contracts.ids import DepartmentId, ProjectId, StudentCode
from shared.database.among import among
from shared.database.set_based import as_rows, table_of
from shared.errors import NotFound
from shared.person_names import search_words
from shared.runtime.access import Scope
from shared.runtime.paging import PersonKeyset

__all__ = ["BY_NAME", "InProject", "Students", "listed", "sort_keys_in"]

# Somebody whose name has not arrived yet stands first, so that he is seen.
_SORT_KEY = func.coalesce(Person.sort_key, "")
BY_NAME = (_SORT_KEY, Student.code)
_NAME = (Person.given_name, Person.prefix, Person.family_name)
_ADDRESS = (Person.street, Person.house_number, Person.postal_code, Person.city, Person.country)


class Students:
    """Students in projects, and their placements."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def page(  # noqa: PLR0913 - the filters of the list
        self,
        keyset: PersonKeyset,
        project: ProjectId,
        scope: Scope,
        *,
        department: DepartmentId | None = None,
        search: str = "",
        codes: Collection[StudentCode] | None = None,
    ) -> Sequence[Found]:
        """Students with name and home class, no address; `search` finds parts of names and codes."""
        query = listed(project, scope)
        if codes is not None:
            query = query.where(among(Student.code, codes))
        if department is not None:
            query = query.where(Student.department_id == department)
        for word in search_words(search):
            found = func.coalesce(Person.search_key, Student.code)
            query = query.where(found.contains(word, autoescape=True))
        return (await self._session.execute(keyset.apply_from(query, sort_keys_in(project)))).all()

    async def shown_of(
        self, project: ProjectId, codes: Collection[StudentCode], scope: Scope
    ) -> dict[StudentCode, Found]:
        """These as a list shows them, by code; in its order."""
        query = listed(project, scope).where(among(Student.code, codes)).order_by(*BY_NAME)
        return {row.code: row for row in await self._session.execute(query)}

    async def card(self, project: ProjectId, code: StudentCode, scope: Scope) -> Found:
        """One student with his address. Raises NotFound."""
        query = listed(project, scope).where(Student.code == code).add_columns(*_ADDRESS)
        found = (await self._session.execute(query)).one_or_none()
        if found is None:
            raise NotFound
        return found

    async def get(self, project: ProjectId, code: StudentCode, scope: Scope) -> Student:
        """Raises NotFound."""
        query = select(Student).where(
            Student.project_id == project, Student.code == code, scope.covers(Student.branch_id)
        )
        found = await self._session.scalar(query)
        if found is None:
            raise NotFound
        return found

    async def present(self, places: Collection[InProject]) -> set[InProject]:
        """Where of these places the student is."""
        if not places:
            return set()
        asked = as_rows(table_of(Placement), [{"project_id": p, "student_code": s} for p, s in places])
        query = select(Student.project_id, Student.code).where(
            Student.project_id == asked.c.project_id, Student.code == asked.c.student_code
        )
        return {(row.project_id, row.code) for row in await self._session.execute(query)}

    async def is_enrolled(self, project: ProjectId, code: StudentCode) -> bool:
        """Whether the copy of the portal has him in this project."""
        enrolment = exists().where(CopyEnrolment.project_id == project, CopyEnrolment.student_code == code)
        return bool(await self._session.scalar(select(enrolment)))

    async def placements_of(
        self, codes: Collection[StudentCode], projects: Collection[ProjectId]
    ) -> Sequence[Found]:
        """Their subjects in these projects, each with its lesson group if there is one."""
        query = (
            select(
                Placement.student_code,
                Placement.project_id,
                Placement.subject_code,
                Placement.lesson_group_id,
                LessonGroup.code.label("group_code"),
            )
            .outerjoin(LessonGroup, LessonGroup.id == Placement.lesson_group_id)
            .where(among(Placement.student_code, codes), among(Placement.project_id, projects))
            .order_by(Placement.project_id, Placement.subject_code)
        )
        return (await self._session.execute(query)).all()

    async def take_out(self, leaving: Collection[InProject]) -> dict[InProject, Memory]:
        """Delete students from projects and from the copy; what each had there."""
        return await take_out(self._session, leaving)

    async def room_for(self, projects: Collection[ProjectId], returning: Sequence[Returning]) -> Room:
        """What stands now of all that those who return had, for as long as the projects are locked."""
        return await room_for(self._session, projects, returning)

    async def put_back(self, returning: Sequence[Returning]) -> None:
        """Insert students with what they had, as far as there is room for it."""
        await put_back(self._session, returning)


def sort_keys_in(project: ProjectId) -> Select[str]:
    """By what the students of a project are sorted."""
    names = select(_SORT_KEY).select_from(Student).outerjoin(Person, Person.code == Student.code)
    return names.where(Student.project_id == project)


def listed(project: ProjectId, scope: Scope) -> Select[*tuple[Any, ...]]:
    """Students of a project with name and home class."""
    return (
        select(
            Student.code,
            Student.branch_id,
            Student.department_id,
            Student.home_class_id,
            HomeClass.code.label("home_class_code"),
            *_NAME,
            _SORT_KEY.label("sort_key"),
        )
        .outerjoin(Person, Person.code == Student.code)
        .outerjoin(HomeClass, HomeClass.id == Student.home_class_id)
        .where(Student.project_id == project, scope.covers(Student.branch_id))
    )
