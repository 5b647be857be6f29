from shared.database.base import Base as SharedBase
from shared.database.base import new_metadata


class Base(SharedBase):
    """All tables of the desktop itself."""

    __abstract__ = True
    metadata = new_metadata()
