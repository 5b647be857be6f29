from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import BigInteger, Text, delete, func, literal, select, text
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncSession

from desktop_sync.models import (
    CopyDepartment,
    CopySubject,
    HomeClass,
    Lesson,
    LessonGroup,
    LessonGroupDepartment,
    Placement,
    Slot,
    Student,
    Subject,
)
from desktop_sync.models.imported_branch import ImportedBranch
from desktop_sync.models.lesson_group import LessonGroupId
from desktop_sync.repositories import timetable_rows as rows_of
from desktop_sync.repositories.rows import Tally, bring, delete_rows, replace
from desktop_sync.repositories.unused import remove_groups, remove_home_classes, remove_slots
from shared.contracts.ids import ProjectId, StudentCode
from shared.database.among import among
from shared.database.set_based import insert_rows, table_of
from shared.runtime.access import Scope
from shared.runtime.paging import Keyset


class Timetables:
    """The timetable of a branch in a project: groups, lessons, students and their placements."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def slots(self, keyset: Keyset, project: ProjectId, scope: Scope) -> Sequence[Slot]:
        """The slots of the branches of the scope."""
        query = select(Slot).where(Slot.project_id == project, scope.covers(Slot.branch_id))
        return (await self._session.scalars(keyset.apply(query))).all()

    async def elsewhere(self, imported: ImportedBranch) -> list[StudentCode]:
        """Students of the import who are in another branch of the project."""
        query = select(Student.code).where(
            Student.project_id == imported.project.id,
            Student.branch_id != imported.branch,
            among(Student.code, imported.student_codes),
        )
        return list(await self._session.scalars(query.order_by(Student.code)))

    async def bring(self, imported: ImportedBranch) -> Tally:
        """The timetable and the students of the file; students it does not name stay as they are."""
        session = self._session
        tally = (
            await bring(session, Subject, list(rows_of.subjects(imported)))
            + await bring(session, HomeClass, list(rows_of.home_classes(imported)))
            + await bring(session, LessonGroup, list(rows_of.groups(imported)), *rows_of.GROUP_KEY)
            + await bring(session, Slot, list(rows_of.slots(imported)), *rows_of.SLOT_KEY)
            + await bring(session, Student, list(rows_of.students(imported)))
        )
        # The checks of foreign keys keep the plan of when a table was small: 2,000 students took 8 s, not 3.
        await session.execute(text("DISCARD PLANS"))
        groups = await self._group_ids(imported)
        placements = list(rows_of.placements(imported, groups))
        departments = list(rows_of.departments(imported, groups))
        return (
            tally
            + await replace(
                session,
                Placement,
                placements,
                (Placement.project_id == imported.project.id)
                & among(Placement.student_code, imported.student_codes),
            )
            + await replace(
                session,
                LessonGroupDepartment,
                departments,
                among(LessonGroupDepartment.lesson_group_id, groups.values()),
            )
            + await self._bring_lessons(imported, groups)
            + await self._remove_unused(imported)
        )

    async def add_subjects(self, project: ProjectId, codes: Collection[str]) -> None:
        """Subjects the project does not have yet, named as the copy of the portal names them."""
        wanted = func.unnest(literal(sorted(codes), ARRAY(Text))).column_valued("wanted")
        named = (
            select(func.min(CopySubject.name))
            .join(CopyDepartment, CopyDepartment.id == CopySubject.department_id)
            .where(CopyDepartment.project_id == project, CopySubject.code == wanted)
            .scalar_subquery()
        )
        rows = select(literal(project, BigInteger), wanted, func.coalesce(named, wanted))
        statement = insert(Subject).from_select(["project_id", "code", "name"], rows)
        await self._session.execute(statement.on_conflict_do_nothing())

    async def _group_ids(self, imported: ImportedBranch) -> Mapping[str, LessonGroupId]:
        query = select(LessonGroup.code, LessonGroup.id).where(
            LessonGroup.project_id == imported.project.id,
            LessonGroup.branch_id == imported.branch,
            among(LessonGroup.code, (group.code for group in imported.groups)),
        )
        return {row.code: row.id for row in await self._session.execute(query)}

    async def _slot_ids(self, imported: ImportedBranch) -> list[int]:
        """The id of each slot, in the order of the import."""
        query = select(Slot).where(Slot.project_id == imported.project.id, Slot.branch_id == imported.branch)
        known = {(slot.week, slot.day, slot.period): slot.id for slot in await self._session.scalars(query)}
        return [known[slot.week, slot.day, slot.period] for slot in imported.slots]

    async def _bring_lessons(self, imported: ImportedBranch, groups: Mapping[str, LessonGroupId]) -> Tally:
        """Lessons have no key of their own: a group whose slots differ gets all its lessons anew."""
        slots = await self._slot_ids(imported)
        present: defaultdict[LessonGroupId, Counter[int | None]] = defaultdict(Counter)
        query = select(Lesson.lesson_group_id, Lesson.slot_id).where(
            among(Lesson.lesson_group_id, groups.values())
        )
        for group, slot in await self._session.execute(query):
            present[group][slot] += 1
        wanted = {
            groups[group.code]: Counter(None if at is None else slots[at] for at in group.lessons)
            for group in imported.groups
        }
        changed = [group for group, lessons in wanted.items() if lessons != present[group]]
        unchanged = sum(wanted[group].total() for group in wanted.keys() - set(changed))
        if not changed:
            return Tally(unchanged=unchanged)
        removed = await delete_rows(
            self._session, delete(Lesson).where(among(Lesson.lesson_group_id, changed))
        )
        rows = [
            {"lesson_group_id": group, "slot_id": slot}
            for group in changed
            for slot in wanted[group].elements()
        ]
        await insert_rows(self._session, table_of(Lesson), rows)
        return Tally(created=len(rows), removed=removed, unchanged=unchanged)

    async def _remove_unused(self, imported: ImportedBranch) -> Tally:
        """Groups, slots and home classes that the file no longer names and nobody uses."""
        here = imported.project.id, imported.branch
        return Tally(
            removed=await remove_groups(self._session, *here, {group.code for group in imported.groups})
            + await remove_slots(self._session, *here, set(await self._slot_ids(imported)))
            + await remove_home_classes(self._session, *here, {c.id for c in imported.home_classes})
        )
