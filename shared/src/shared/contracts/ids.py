"""Ids that cross services. Things of the portal are bigint, departures are UUIDv7, people are codes."""

from typing import Annotated, NewType
from uuid import UUID

from pydantic import Field

StudentCode = NewType("StudentCode", str)
UserCode = NewType("UserCode", str)
SchoolId = NewType("SchoolId", int)
BranchId = NewType("BranchId", int)
ProjectId = NewType("ProjectId", int)
DepartmentId = NewType("DepartmentId", int)
GroupId = NewType("GroupId", int)
SubjectId = NewType("SubjectId", int)
EnrolmentId = NewType("EnrolmentId", int)
DepartureId = NewType("DepartureId", UUID)

STUDENT_CODE_PATTERN = r"^[0-9]{1,20}$"

AStudentCode = Annotated[StudentCode, Field(pattern=STUDENT_CODE_PATTERN)]
"""A leerlingnummer as input: digits only, unique in the whole portal (domain.md "Structure")."""
