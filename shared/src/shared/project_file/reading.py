"""Reading a project file: all of its problems at once, so that a school mends a file in one go."""

from shared.project_file.enrolments import check_enrolments
from shared.project_file.families import check_families
from shared.project_file.format import ProjectFile
from shared.project_file.json_text import parse
from shared.project_file.problems import Found, ProjectFileProblems
from shared.project_file.shape import check_shape
from shared.project_file.structure import check_structure, known_in
from shared.project_file.uniqueness import check_uniqueness


def read_project_file(raw: bytes) -> ProjectFile:
    """The file, or ProjectFileProblems with every problem and its place. The caller limits the size."""
    found = Found()
    document = parse(raw, found)
    file = check_shape(document, found)
    if not found.full:  # else what is wrong is still in the document
        check_uniqueness(document, found)
        known = known_in(document)
        check_structure(document, known, found)
        check_enrolments(document, known, found)
        check_families(document, found)
    if file is None or found.problems:
        raise ProjectFileProblems(found.problems, found.more)
    return file
