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
