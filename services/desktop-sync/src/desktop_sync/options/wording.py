"""The words in which the reason for *no* is told."""

from typing import Literal

Language = Literal["nl", "en"]

DAYS = {
    "nl": ("ma", "di", "wo", "do", "vr", "za", "zo"),
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
}
WORDS = {
    "nl": {
        "and": "{} en {}",
        "or": "{} of {}",
        "hour": "{day} {period}",
        "hour_of_week": "{day} {period} (week {week})",
        "more_hours": "nog {} andere uren",
        "full": "{code} ({size} van {most})",
        "nothing_else": "Er past niets anders dan hoe het nu is.",
        "no_class": "Er is hier geen klas voor deze leerling.",
        "portal_leads": "In klas {classes} past het, maar over de stamklas gaat het portaal.",
        "class_full": "Klas {code} is vol ({size} van {most}).",
        "classes_full": "De klassen {classes} zijn vol.",
        "no_group_in": "Klas {classes} heeft geen groep voor {subjects}.",
        "no_group": "Er is geen groep voor {subjects}.",
        "no_group_anywhere": "Geen van deze klassen heeft een groep voor {subjects}: {classes}.",
        "no_group_together": "Geen klas heeft groepen voor {subjects} samen.",
        "set_aside": "Voor {subjects} blijft geen groep over: {groups} doet niet mee.",
        "sets_aside": "Voor {subjects} blijft geen groep over: {groups} doen niet mee.",
        "group_full": "Groep {code} van {subjects} is vol ({size} van {most}).",
        "groups_full": "De groepen {groups} van {subjects} zijn vol.",
        "full_together": "{subjects} kunnen alleen samen als er plaats komt in een volle groep: {groups}.",
        "blocked": "{subjects} kan niet: elke groep heeft les in een uur dat geblokkeerd is ({hours}).",
        "meet": "{subjects} kunnen niet samen: de lessen vallen tegelijk op {hours}.",
        "meet_always": "{subjects} kunnen niet samen: in elke combinatie van groepen vallen lessen tegelijk,"
        " op {hours}.",
    },
    "en": {
        "and": "{} and {}",
        "or": "{} or {}",
        "hour": "{day} {period}",
        "hour_of_week": "{day} {period} (week {week})",
        "more_hours": "{} other hours",
        "full": "{code} ({size} of {most})",
        "nothing_else": "Nothing fits but the present placement.",
        "no_class": "There is no class here for this student.",
        "portal_leads": "Class {classes} would do, but the portal decides about home classes.",
        "class_full": "Class {code} is full ({size} of {most}).",
        "classes_full": "Classes {classes} are full.",
        "no_group_in": "Class {classes} has no group for {subjects}.",
        "no_group": "There is no group for {subjects}.",
        "no_group_anywhere": "None of these classes has a group for {subjects}: {classes}.",
        "no_group_together": "No class has groups for {subjects} together.",
        "set_aside": "No group is left for {subjects}: {groups} is set aside.",
        "sets_aside": "No group is left for {subjects}: {groups} are set aside.",
        "group_full": "Group {code} of {subjects} is full ({size} of {most}).",
        "groups_full": "Groups {groups} of {subjects} are full.",
        "full_together": "{subjects} only go together if there is a seat in a full group: {groups}.",
        "blocked": "{subjects} is not possible: each group has a lesson in a blocked hour ({hours}).",
        "meet": "{subjects} cannot go together: their lessons are at the same time on {hours}.",
        "meet_always": "{subjects} cannot go together: in every combination of groups lessons are at the same"
        " time, on {hours}.",
    },
}
