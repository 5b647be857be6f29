"""Converting an archive: each problem at its place, or a project file like any other."""

import json
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from shared.project_file import Problem, ProjectFile, read_project_file
from shared.project_file.problems import Found, plain
from shared.xhstt.archive import Instance, Solution
from shared.xhstt.classes import recognise
from shared.xhstt.document import Document
from shared.xhstt.groups import lesson_groups, students_of
from shared.xhstt.instance import INSTANCE, read_instance
from shared.xhstt.options import Options
from shared.xhstt.solutions import choose, read_solution
from shared.xhstt.xml_text import read_archive

_TWO_WEEKS = 2


@dataclass(frozen=True, slots=True)
class Converted:
    file: ProjectFile
    warnings: list[Problem]


def convert(raw: bytes, options: Options) -> Converted:
    """Raises ProjectFileProblems. The caller limits the size."""
    found = Found()
    if options.soft_max > options.hard_max:
        found.add((), "soft_max_above_hard_max", "soft_max is above hard_max.")
    parts = _Parts(options, found)
    read_archive(raw, parts, found)
    instance = parts.the_instance()
    classes = recognise(instance, options, found)
    attending = {event.id: students_of(event, classes) for event in instance.events.values()}
    solutions = [one for one in parts.solutions if one.instance == parts.taken]
    timetable = choose(solutions, options.solution, instance, attending, found)
    found.stop_if_any()
    assert timetable is not None  # noqa: S101 - for the type checker: else there was a problem
    document = Document(instance, classes, lesson_groups(instance, classes), options)
    # As text, so that it is judged and composed (NFC) as every other project file is.
    file = read_project_file(json.dumps(document.written(timetable.hours)).encode())
    warnings = Found()
    text = f"Taken: {timetable.unplaced} hours have no time, {timetable.clashes} clash for a student."
    warnings.add(("Solution", timetable.at), "solution_taken", text)
    document.warn(warnings)
    return Converted(file, warnings.problems)


@dataclass(slots=True)
class _Parts:
    """The instance that is asked for, and all solutions."""

    options: Options
    found: Found
    ids: list[str] = field(default_factory=list)
    taken: str = ""
    read: Instance | None = None
    solutions: list[Solution] = field(default_factory=list)

    def instance(self, element: Element) -> None:
        key = element.get("Id", "")
        self.ids.append(key)
        if self.read is None and self.options.instance in {None, key}:
            self.taken, self.read = key, read_instance(element, self.found)

    def solution(self, element: Element, group: str) -> None:
        self.solutions.append(read_solution(element, len(self.solutions), group))

    def the_instance(self) -> Instance:
        """Raises ProjectFileProblems."""
        if self.read is None:
            text = "There is no instance." if self.options.instance is None else "There is no such instance."
            self.found.add(("Instances",), "no_instance", text, self.options.instance)
        elif self.options.instance is None and len(self.ids) > 1:
            known = ", ".join(plain(key) or "?" for key in self.ids[:20])
            self.found.add(("Instances",), "several_instances", f"Say which instance: {known}.")
        elif len(self.read.weeks) > _TWO_WEEKS:
            text = "A cycle has at most two weeks."
            self.found.add((*INSTANCE, "Times"), "too_many_weeks", text)
        self.found.stop_if_any()
        assert self.read is not None  # noqa: S101 - for the type checker
        return self.read
