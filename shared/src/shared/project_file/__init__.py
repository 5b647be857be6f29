"""The project file a school brings: its format, and reading it with every problem named at its place."""

from shared.project_file.format import (
    Department,
    Group,
    Guardian,
    HomeClass,
    Person,
    ProjectFile,
    Slot,
    Student,
    Subject,
    Week,
)
from shared.project_file.problems import Problem, ProjectFileProblems
from shared.project_file.reading import read_project_file
from shared.project_file.warnings import warnings_of

__all__ = [
    "Department",
    "Group",
    "Guardian",
    "HomeClass",
    "Person",
    "Problem",
    "ProjectFile",
    "ProjectFileProblems",
    "Slot",
    "Student",
    "Subject",
    "Week",
    "read_project_file",
    "warnings_of",
]
