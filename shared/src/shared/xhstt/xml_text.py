"""From bytes to the instances and solutions of an archive, one at a time, without trust in the XML.

Each is read and let go of before the next: archives repeat every event in each of many solutions.
"""

from typing import Protocol
from xml.etree.ElementTree import Element, TreeBuilder

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser, ParseError

from shared.project_file.problems import Found

ROOT = "HighSchoolTimetableArchive"
MOST_ELEMENTS = 1_000_000
MOST_DEPTH = 30


class Taking(Protocol):
    """What is done with the parts of an archive."""

    def instance(self, element: Element) -> None: ...
    def solution(self, element: Element, group: str) -> None: ...


class _NoArchive(Exception):
    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code, self.text = code, text


class _Archive:
    """Called by the parser for each tag and text; hands whole parts on and empties them."""

    def __init__(self, taking: Taking) -> None:
        self._taking = taking
        self._builder = TreeBuilder()
        self._depth = self._elements = 0
        self._group = ""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth, self._elements = self._depth + 1, self._elements + 1
        if self._elements == 1 and tag != ROOT:
            raise _NoArchive("not_xhstt", f"The file must hold one {ROOT}.")
        if self._depth > MOST_DEPTH:
            raise _NoArchive("nested_too_deep", "The XML is nested too deep.")
        if self._elements > MOST_ELEMENTS:
            raise _NoArchive("too_many_elements", f"More than {MOST_ELEMENTS} elements.")
        if tag == "SolutionGroup":
            self._group = attributes.get("Id", "")
        self._builder.start(tag, attributes)

    def data(self, text: str) -> None:
        self._builder.data(text)

    def end(self, tag: str) -> None:
        self._depth -= 1
        element = self._builder.end(tag)
        if tag == "Instance":
            self._taking.instance(element)
            element.clear()
        elif tag == "Solution":
            self._taking.solution(element, self._group)
            element.clear()

    def close(self) -> None:
        self._builder.close()


def read_archive(raw: bytes, taking: Taking, found: Found) -> None:
    """Raises ProjectFileProblems when the file is no archive."""
    try:
        _parse(raw, taking)
    except _NoArchive as no:
        found.add((), no.code, no.text)
    except DefusedXmlException:
        found.add((), "unsafe_xml", "A document type and entities are not allowed.")
    except ParseError as error:
        line, column = error.position
        found.add((), "not_xml", f"Not XML at line {line}, column {column + 1}.")
    except (ValueError, LookupError):
        found.add((), "not_xml", "Not XML: its encoding cannot be read.")
    found.stop_if_any()


def _parse(raw: bytes, taking: Taking) -> None:
    parser = DefusedXMLParser(target=_Archive(taking), forbid_dtd=True)
    parser.feed(raw)
    parser.close()
