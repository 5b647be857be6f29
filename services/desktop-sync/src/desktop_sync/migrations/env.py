from desktop_sync.models import Base
from shared.database.migrations_env import run_migrations
from shared.messaging import tables
from shared.runtime import revocation

run_migrations(tables.metadata, revocation.metadata, Base.metadata)
