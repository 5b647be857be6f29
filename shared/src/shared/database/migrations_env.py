"""What each service's `migrations/env.py` runs: Alembic on the connection it is handed."""

from alembic import context
from sqlalchemy import MetaData


def run_migrations(*metadata: MetaData) -> None:
    """Run the migrations; `metadata` is what autogenerate and `alembic check` compare with."""
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=list(metadata),
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()
