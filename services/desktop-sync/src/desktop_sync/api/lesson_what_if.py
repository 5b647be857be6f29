"""What if a lesson stood in another slot: who clashes then, and how each gets out."""

from fastapi import APIRouter, Response

from desktop_sync.api.access import Reader, Work
from desktop_sync.api.lesson_what_if_shown import (
    ShownMeeting,
    ShownWayOut,
    ShownWhatIf,
    SlotInput,
    TouchedStudent,
)
from desktop_sync.api.option_rows import moves, told_home
from desktop_sync.api.options_shown import ShownHour, ShownLessonGroup
from desktop_sync.api.students import shown
from desktop_sync.features.lesson_what_if import WhatIf, what_if
from desktop_sync.models.lesson_group import LessonGroupId
from desktop_sync.options.lesson_move import LessonMove, Meeting, Touched
from desktop_sync.options.option import Option
from desktop_sync.options.timetable import Department, Student
from desktop_sync.repositories.rows import Found
from shared.contracts.ids import ProjectId, StudentCode
from shared.contracts.rights import Permission
from shared.runtime.input import PathId

router = APIRouter(prefix="/projects/{project_id}/lessons/{lesson_id}/what-if", tags=["options"])


@router.post("")
async def ask_what_if(  # noqa: PLR0913, PLR0917 - which lesson, and where it would go
    caller: Reader, uow: Work, project_id: PathId, lesson_id: PathId, body: SlotInput, response: Response
) -> ShownWhatIf:
    """For each student of the group what changes if this lesson moves to a slot, or gets its first.

    Changes nothing.
    """
    scope = caller.scope(Permission.READ_DESKTOP)
    answer = await what_if(uow, ProjectId(project_id), lesson_id, body.slot, scope)
    response.headers["ETag"] = f'"{answer.revision}"'
    touched = [one for move in answer.moves for one in move.students]
    idle = [one.idle_then - one.idle_now for one in touched]
    return ShownWhatIf(
        revision=answer.revision,
        lesson=answer.lesson.id,
        group=ShownLessonGroup(id=answer.lesson.group_id, code=answer.lesson.code),
        subject=answer.lesson.subject_code,
        now=None if answer.now is None else ShownHour.model_validate(answer.now, from_attributes=True),
        then=ShownHour.model_validate(answer.then, from_attributes=True),
        size=answer.lesson.size,
        elsewhere=answer.elsewhere,
        clashing=sum(bool(one.gains) for one in touched),
        without_way_out=sum(bool(one.gains) and one.way_out is None for one in touched),
        relieved=sum(bool(one.loses) for one in touched),
        gaps_gained=sum(more for more in idle if more > 0),
        gaps_lost=-sum(less for less in idle if less < 0),
        students=_students(answer),
    )


def _students(answer: WhatIf) -> list[TouchedStudent]:
    """Who clashes anew first, of them who has no way out; then by name."""
    of = {StudentCode(one.student): (move, one) for move in answer.moves for one in move.students}
    told = [_student(row, *of[code]) for code, row in answer.people.items()]
    return sorted(told, key=lambda one: (not one.gains, one.way_out is not None))


def _student(row: Found, move: LessonMove, one: Touched) -> TouchedStudent:
    department = move.department
    return TouchedStudent(
        **shown(row),
        clashes_now=one.clashes_now,
        clashes=one.clashes_then,
        gains=[_meeting(department, meeting) for meeting in one.gains],
        loses=[_meeting(department, meeting) for meeting in one.loses],
        gaps_now=one.idle_now,
        gaps=one.idle_then,
        way_out=one.way_out and _way_out(department, department.students[one.student], one.way_out),
    )


def _meeting(department: Department, meeting: Meeting) -> ShownMeeting:
    group = department.groups[meeting.group]
    return ShownMeeting(
        group=ShownLessonGroup(id=LessonGroupId(group.id), code=group.code),
        subject=group.subject,
        hours=[ShownHour.model_validate(hour, from_attributes=True) for hour in meeting.hours],
    )


def _way_out(department: Department, student: Student, option: Option) -> ShownWayOut:
    return ShownWayOut.model_validate(
        {
            "home_class": told_home(department, student.home_class, option.home_class),
            "moves": list(moves(department, student.groups, option.groups)),
            "clashes": option.clashes,
            "changes": option.changes,
            "gaps": option.idle,
        }
    )
