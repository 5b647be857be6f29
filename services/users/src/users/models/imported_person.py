"""Who somebody is in a file that was imported: the same person gets the same code at each rerun."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from shared.contracts.ids import UserCode
from users.models.schema import Base


class ImportedPerson(Base):
    """`source` names the import ("NL-KP-05@2026"); one person may stand in several."""

    __tablename__ = "imported_person"

    source: Mapped[str] = mapped_column(primary_key=True)
    external_id: Mapped[str] = mapped_column(primary_key=True)
    user: Mapped[UserCode] = mapped_column(ForeignKey("user.code"), index=True)
