"""The subjects, and what each department teaches per class and in how many lessons a week."""

SUBJECT_NAMES = {
    "netl": "Nederlands", "entl": "Engels", "dutl": "Duits", "fatl": "Frans", "spaa": "Spaans",
    "wisk": "Wiskunde", "wisA": "Wiskunde A", "wisB": "Wiskunde B", "nask": "Natuur- en scheikunde",
    "nsk1": "Natuurkunde (nask 1)", "nsk2": "Scheikunde (nask 2)", "nat": "Natuurkunde", "schk": "Scheikunde",
    "biol": "Biologie", "inf": "Informatica", "econ": "Economie", "beco": "Bedrijfseconomie",
    "gesc": "Geschiedenis", "ak": "Aardrijkskunde", "maw": "Maatschappijwetenschappen",
    "maat": "Maatschappijleer", "kubv": "Beeldende vorming", "mu": "Muziek", "tech": "Techniek",
    "ckv": "Culturele en kunstzinnige vorming", "lo": "Lichamelijke opvoeding",
    "pws": "Profielwerkstuk", "ment": "Mentoruur",
}  # fmt: skip

_YEAR_1 = {"netl": 4, "entl": 3, "wisk": 4, "biol": 2, "gesc": 2, "ak": 2, "fatl": 3, "kubv": 2} | {
    "mu": 1, "tech": 2, "lo": 3, "ment": 1,
}  # fmt: skip
_YEAR_2 = {"netl": 4, "entl": 3, "wisk": 3, "biol": 2, "gesc": 2, "ak": 2, "fatl": 2, "dutl": 3} | {
    "nask": 2, "kubv": 2, "lo": 2, "ment": 1,
}  # fmt: skip
_YEAR_3 = {"netl": 3, "entl": 3, "wisk": 3, "biol": 2, "gesc": 2, "ak": 2, "fatl": 2, "dutl": 2} | {
    "nat": 2, "schk": 2, "econ": 2, "kubv": 2, "lo": 2, "ment": 1,
}  # fmt: skip

CLASS_LESSONS = {
    "B1": _YEAR_1,
    "M1": _YEAR_1,
    "H2": _YEAR_2,
    "V2": _YEAR_2,
    "M2": _YEAR_2,
    "H3": _YEAR_3,
    "V3": _YEAR_3,
    "M3": {"netl": 4, "entl": 4, "lo": 3, "maat": 2, "ckv": 2, "ment": 1},
    "M4": {"netl": 4, "entl": 3, "lo": 2, "pws": 1, "ment": 1},
    "H4": {"netl": 3, "entl": 3, "lo": 2, "maat": 2, "ckv": 1, "ment": 1},
    "H5": {"netl": 3, "entl": 3, "lo": 1, "pws": 1, "ment": 1},
    "V4": {"netl": 3, "entl": 3, "lo": 2, "maat": 2, "ment": 1},
    "V5": {"netl": 3, "entl": 3, "lo": 1, "ckv": 1, "ment": 1},
    "V6": {"netl": 3, "entl": 3, "pws": 1, "ment": 1},
}
"""Taught to the home class as a whole: its groups are bound to the class."""
