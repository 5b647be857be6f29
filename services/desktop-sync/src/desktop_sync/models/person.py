from typing import Self

from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column

from desktop_sync.models.base import Base
from shared import person_names
from shared.contracts.facts import PersonChanged
from shared.contracts.ids import StudentCode


class Person(Base):
    """Name and address of a student: a copy, led by users, that nothing here can edit."""

    __tablename__ = "person"

    code: Mapped[StudentCode] = mapped_column(primary_key=True)
    version: Mapped[int]
    given_name: Mapped[str]
    prefix: Mapped[str]
    family_name: Mapped[str]
    street: Mapped[str | None]
    house_number: Mapped[str | None]
    postal_code: Mapped[str | None]
    city: Mapped[str | None]
    country: Mapped[str | None]
    sort_key: Mapped[str] = mapped_column(Text(collation="C"))
    search_key: Mapped[str] = mapped_column(Text(collation="C"))

    @classmethod
    def as_told(cls, fact: PersonChanged) -> Self:
        """The person as users says he is now."""
        name = (fact.given_name, fact.prefix, fact.family_name)
        return cls(
            code=StudentCode(fact.user),
            version=fact.version,
            given_name=fact.given_name,
            prefix=fact.prefix,
            family_name=fact.family_name,
            street=fact.street,
            house_number=fact.house_number,
            postal_code=fact.postal_code,
            city=fact.city,
            country=fact.country,
            sort_key=person_names.sort_key(*name),
            search_key=person_names.search_key(*name, fact.user),
        )
