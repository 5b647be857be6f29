"""The declarative base of the portal's database."""

from shared.database.base import Base, new_metadata


class PortalBase(Base):
    __abstract__ = True
    metadata = new_metadata()
