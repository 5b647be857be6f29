"""Who may do what (domain.md "Roles"). Each route and each command declares exactly one Permission."""

from enum import StrEnum


class Role(StrEnum):
    APPLICATION_MANAGER = "application_manager"
    STUDENT_OFFICE = "student_office"
    TIMETABLER = "timetabler"
    TEAM_LEADER = "team_leader"
    MENTOR = "mentor"
    DEAN = "dean"
    STUDENT = "student"
    GUARDIAN = "guardian"


class Permission(StrEnum):
    READ_STRUCTURE = "read_structure"
    READ_STUDENTS = "read_students"
    READ_OWN = "read_own"
    READ_PEOPLE = "read_people"
    READ_ADDRESSES = "read_addresses"
    DEPART = "depart"
    CHANGE_ENROLMENTS = "change_enrolments"
    CHANGE_PLACEMENTS = "change_placements"
    """Department, and home class where the portal leads."""
    READ_PACKAGES = "read_packages"
    CHANGE_PACKAGES = "change_packages"
    CHANGE_STRUCTURE = "change_structure"
    CHANGE_PEOPLE = "change_people"
    """Name and address."""
    ARCHIVE_PEOPLE = "archive_people"
    READ_DESKTOP = "read_desktop"
    CHANGE_DESKTOP = "change_desktop"
    IMPORT_PROJECTS = "import_projects"
    OPERATE = "operate"


_EVERYONE_AT_WORK = {Permission.READ_STRUCTURE, Permission.READ_OWN}

ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.APPLICATION_MANAGER: frozenset(Permission) - {Permission.CHANGE_DESKTOP},
    Role.STUDENT_OFFICE: frozenset(
        _EVERYONE_AT_WORK
        | {
            Permission.READ_STUDENTS,
            Permission.READ_PEOPLE,
            Permission.READ_ADDRESSES,
            Permission.DEPART,
            Permission.CHANGE_ENROLMENTS,
            Permission.CHANGE_PLACEMENTS,
            Permission.READ_PACKAGES,
            Permission.CHANGE_PEOPLE,
            Permission.ARCHIVE_PEOPLE,
            Permission.READ_DESKTOP,
        }
    ),
    Role.TIMETABLER: frozenset(
        _EVERYONE_AT_WORK
        | {
            Permission.READ_STUDENTS,
            Permission.READ_PEOPLE,
            Permission.CHANGE_ENROLMENTS,
            Permission.CHANGE_PLACEMENTS,
            Permission.READ_PACKAGES,
            Permission.CHANGE_PACKAGES,
            Permission.READ_DESKTOP,
            Permission.CHANGE_DESKTOP,
        }
    ),
    # These read the students of their own groups only, which is asked per group, not per branch: until the
    # groups of a teacher are known they read none.
    Role.TEAM_LEADER: frozenset(_EVERYONE_AT_WORK),
    Role.MENTOR: frozenset(_EVERYONE_AT_WORK),
    Role.DEAN: frozenset(_EVERYONE_AT_WORK | {Permission.READ_PACKAGES, Permission.CHANGE_PACKAGES}),
    Role.STUDENT: frozenset({Permission.READ_OWN}),
    Role.GUARDIAN: frozenset({Permission.READ_OWN}),
}
