"""The database of users."""

from shared.database import base


class Base(base.Base):
    """What each table of users is declared on."""

    __abstract__ = True
    metadata = base.new_metadata()
