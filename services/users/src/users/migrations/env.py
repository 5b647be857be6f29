from shared.database.migrations_env import run_migrations
from shared.messaging import tables
from users.models import Base

run_migrations(tables.metadata, Base.metadata)
