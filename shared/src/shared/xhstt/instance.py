"""One instance: its times, resources and events, and every reference between them."""

import re
from collections.abc import Collection, Iterator, Mapping
from xml.etree.ElementTree import Element

from shared.project_file.problems import Found, Place
from shared.xhstt.archive import Event, Instance, Resource, ResourceGroup, Time

INSTANCE: Place = ("Instance",)
MOST_HOURS = 200
_DIGITS = re.compile(r"[0-9]{1,3}")


def read_instance(element: Element, found: Found) -> Instance:
    """What is wrong is added to `found`, and left out."""
    reader = _Reader(element, found)
    days = reader.names("Times/TimeGroups/Day")
    weeks = reader.names("Times/TimeGroups/Week")
    times = [time for time in reader.times(days, weeks) if time is not None]
    if not times:
        found.add((*INSTANCE, "Times"), "no_times", "The instance has no times.")
    types = reader.names("Resources/ResourceTypes/ResourceType")
    groups = {group.id: group for group in reader.groups(types)}
    resources = {resource.id: resource for resource in reader.resources(types, groups)}
    courses = reader.names("Events/EventGroups/Course")
    starts = {time.id: at for at, time in enumerate(times)}
    events = {event.id: event for event in reader.events(starts, courses, resources, groups)}
    name = text_in(element, "MetaData/Name") or element.get("Id") or "XHSTT"
    return Instance(name, days, list(weeks), times, types, groups, resources, events)


def text_in(element: Element, path: str) -> str:
    """Its words, without the line breaks and indents of the file."""
    return " ".join((element.findtext(path) or "").split())


def hours(text: str) -> int | None:
    """A duration, or None."""
    count = int(text) if _DIGITS.fullmatch(text) else 0
    return count if 1 <= count <= MOST_HOURS else None


class _Reader:
    def __init__(self, instance: Element, found: Found) -> None:
        self._instance, self._found = instance, found

    def names(self, path: str) -> dict[str, str]:
        """Names by Id, in order."""
        return {key: text_in(element, "Name") or key for _, element, key in self._all(path)}

    def times(self, days: Mapping[str, str], weeks: Mapping[str, str]) -> Iterator[Time | None]:
        for place, element, key in self._all("Times/Time"):
            week = self._one(element, "Week", weeks, place)
            day = self._one(element, "Day", days, place, required=True)
            yield Time(key, day, week) if day is not None else None

    def groups(self, types: Mapping[str, str]) -> Iterator[ResourceGroup]:
        for place, element, key in self._all("Resources/ResourceGroups/ResourceGroup"):
            kind = self._one(element, "ResourceType", types, place, required=True)
            yield ResourceGroup(key, text_in(element, "Name") or key, kind or "")

    def resources(self, types: Mapping[str, str], groups: Mapping[str, ResourceGroup]) -> Iterator[Resource]:
        for place, element, key in self._all("Resources/Resource"):
            kind = self._one(element, "ResourceType", types, place, required=True)
            within = self._many(element, "ResourceGroups/ResourceGroup", groups, place)
            yield Resource(key, text_in(element, "Name") or key, kind or "", within)

    def events(
        self,
        starts: Mapping[str, int],
        courses: Mapping[str, str],
        resources: Mapping[str, Resource],
        groups: Mapping[str, ResourceGroup],
    ) -> Iterator[Event]:
        for place, element, key in self._all("Events/Event"):
            duration = hours(text_in(element, "Duration"))
            if duration is None:
                text = f"The duration is not a number from 1 to {MOST_HOURS}."
                self._found.add((*place, "Duration"), "bad_duration", text, key)
            time = self._one(element, "Time", starts, place)
            course = self._one(element, "Course", courses, place)
            yield Event(
                key,
                text_in(element, "Name") or key,
                courses[course] if course is not None else None,
                duration or 1,
                starts[time] if time is not None else None,
                self._many(element, "Resources/Resource", resources, place, roles=True),
                self._many(element, "ResourceGroups/ResourceGroup", groups, place),
            )

    def _all(self, path: str) -> Iterator[tuple[Place, Element, str]]:
        seen: set[str] = set()
        for at, element in enumerate(self._instance.iterfind(path)):
            place, key = (*INSTANCE, *path.split("/"), at), element.get("Id", "")
            if not key:
                self._found.add(place, "no_id", "There is no Id.")
            elif key in seen:
                self._found.add(place, "duplicate_id", "Another one has the same Id.", key)
            else:
                seen.add(key)
                yield place, element, key

    def _one(
        self, element: Element, tag: str, known: Collection[str], place: Place, *, required: bool = False
    ) -> str | None:
        child = element.find(tag)
        if child is None:
            if required:
                self._found.add(place, "missing", f"There is no {tag}.", element.get("Id"))
            return None
        return self._known(child, known, (*place, tag), element)

    def _many(
        self, element: Element, path: str, known: Collection[str], place: Place, *, roles: bool = False
    ) -> list[str]:
        """With `roles`, one without a reference is a role that solutions fill."""
        children = enumerate(element.iterfind(path))
        found = (
            self._known(child, known, (*place, *path.split("/"), at), element)
            for at, child in children
            if not (roles and "Reference" not in child.attrib)
        )
        return list(dict.fromkeys(key for key in found if key is not None))

    def _known(self, child: Element, known: Collection[str], place: Place, owner: Element) -> str | None:
        key = child.get("Reference", "")
        if key in known:
            return key
        if key:
            code, text = "unknown_reference", f"There is no such {child.tag}."
        else:
            code, text = "no_reference", "It has no Reference."
        self._found.add(place, code, text, owner.get("Id"))
        return None
