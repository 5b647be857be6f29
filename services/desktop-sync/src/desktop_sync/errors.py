"""What the desktop says no to."""

from shared.errors import InvalidInput, Refusal


class StillEnrolled(Refusal):
    """The portal has him in this project, as of the copy: he must leave there first."""

    code = "still_enrolled"
    title = "The student is still enrolled in the portal"


class ProjectDiffers(Refusal):
    """The portal's project of this id was another school's or another year's when it was first imported."""

    code = "project_differs"
    title = "This project belongs to another school or school year"


class InAnotherBranch(Refusal):
    """Students of the import who are in another branch of the same project: an import moves nobody."""

    code = "in_another_branch"
    title = "Some students are in another branch of this project"


class ImportContradictsItself(InvalidInput):
    """The import speaks of something it does not contain, or says the same thing twice."""

    code = "import_contradicts_itself"
    title = "The import contradicts itself"


class PortalIsLeading(Refusal):
    """The portal leads the home classes of this department, and all names and addresses: change it there."""

    code = "portal_is_leading"
    title = "This is changed in the portal"


class DesktopIsLeading(Refusal):
    """The desktop leads the home classes of these departments: nothing comes down."""

    code = "desktop_is_leading"
    title = "The home classes of these departments are led by the desktop"


class RevisionMoved(Refusal):
    """The project changed since the caller saw it: look at the differences again, then confirm."""

    code = "revision_moved"
    title = "The project has changed since you saw it"


class CopyMoved(Refusal):
    """The copy was refreshed since the caller saw it: look at the differences again, then confirm."""

    code = "copy_moved"
    title = "The copy of the portal has been refreshed since you saw it"


class UnknownDepartments(InvalidInput):
    """Departments that the project does not have in the caller's branches."""

    code = "unknown_departments"
    title = "Some departments are not known here"


class UploadRunning(Refusal):
    """Another upload of this project is on its way."""

    code = "upload_running"
    title = "An upload of this project is running"


class NothingToChoose(InvalidInput):
    """A choice for students of whom no upload said that they changed in the portal."""

    code = "nothing_to_choose"
    title = "For some students there is nothing to choose"


class DepartureRunning(Refusal):
    """The student waits in the data check to go, because he departs."""

    code = "departure_running"
    title = "The student departs"


class PlacementsClash(Refusal):
    """Two lesson groups of the student would be at once; with a reason it is accepted."""

    code = "placements_clash"
    title = "The student would have two lessons at once"


class PlacementsRefused(InvalidInput):
    """Groups or a class that are not for this student, or a subject that is not his, by their place."""

    code = "placements_refused"
    title = "These placements are not for this student"


class GroupFull(Refusal):
    """The lesson group has reached its hard maximum."""

    code = "group_full"
    title = "This lesson group is full"


class ClassFull(Refusal):
    """The home class has reached its hard maximum."""

    code = "class_full"
    title = "This home class is full"


class UnknownInQuestion(InvalidInput):
    """A class, subject, lesson group or slot that the student's department does not have, by parameter."""

    code = "unknown_in_question"
    title = "Something that was asked about is not known here"


class RowUnreadable(InvalidInput):
    """What was named is the id of no row of an answer about options."""

    code = "row_unreadable"
    title = "This is no row of the options"


class RowNotAllowed(Refusal):
    """In the timetable as it is the student cannot be placed so; `why` names what is in the way."""

    code = "row_not_allowed"
    title = "The student cannot be placed like this"


class AnotherPackage(RowNotAllowed):
    """The row is of other subjects than the student has: these are changed in the portal."""

    code = "another_package"
    title = "The student does not have these subjects"


class NothingToUndo(Refusal):
    """No step of this project, of those the caller sees, is left to take back."""

    code = "nothing_to_undo"
    title = "There is nothing to undo"


class AlreadyUndone(Refusal):
    """The step was taken back before."""

    code = "already_undone"
    title = "This step has been undone"


class Overtaken(Refusal):
    """Students stand otherwise than the step left them, or what they would return to is no more."""

    code = "overtaken"
    title = "Something has changed since this step"


class UnknownSlot(InvalidInput):
    """A slot that the timetable of the lesson's branch does not have."""

    code = "unknown_slot"
    title = "This slot is not known here"
