"""The declarative base of each service and how ids, enums and times are stored."""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Enum, MetaData, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase

from shared.contracts import ids, values

NAMING = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def word(kind: type[StrEnum]) -> Enum:
    """A closed list of words as text: a new word needs no ALTER TYPE."""
    return Enum(kind, native_enum=False, length=32, values_callable=lambda words: [w.value for w in words])


TYPES: dict[Any, Any] = {
    str: Text(),
    datetime: DateTime(timezone=True),
    UUID: Uuid(),
    dict[str, Any]: JSONB(),
    ids.DepartureId: Uuid(),
    **{
        number: BigInteger()
        for number in (
            ids.SchoolId,
            ids.BranchId,
            ids.ProjectId,
            ids.DepartmentId,
            ids.GroupId,
            ids.SubjectId,
            ids.EnrolmentId,
        )
    },
    **{code: Text() for code in (ids.StudentCode, ids.UserCode)},
    **{
        words: word(words)
        for words in (
            values.DepartureState,
            values.Step,
            values.StepState,
            values.DepartureReason,
            values.PrognosisPolicy,
            values.GuardianPolicy,
            values.Authority,
            values.UserKind,
            values.Party,
            values.PackagePolicy,
            values.UploadResult,
            values.DeskAct,
        )
    },
}


class Base(DeclarativeBase):
    """Abstract: each service subclasses it with a MetaData of its own."""

    __abstract__ = True
    type_annotation_map: ClassVar[dict[Any, Any]] = TYPES


def new_metadata() -> MetaData:
    """Tables of one database, with constraints named so that migrations can speak of them."""
    return MetaData(naming_convention=NAMING)
