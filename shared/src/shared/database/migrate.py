"""Migrations: `python -m <service> migrate`, repeatable. Each service keeps its own, in its own database."""

import asyncio
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, pool
from sqlalchemy.ext.asyncio import create_async_engine

from shared.database.engine import async_url
from shared.database.provision import grant, provision
from shared.settings import AdminSettings, DatabaseSettings


def migrate(settings: DatabaseSettings, migrations: Path) -> None:
    """Provision if an administrator is given, upgrade as the owner, grant to the app role."""
    admin = AdminSettings().database_url
    if settings.owner_database_url is None:
        raise SystemExit("migrate needs the owner's database URL (docs/decisions/0001)")
    owner, app = settings.owner_database_url.get_secret_value(), settings.database_url.get_secret_value()
    asyncio.run(bring_up_to_date(admin.get_secret_value() if admin else None, owner, app, migrations))


async def bring_up_to_date(admin: str | None, owner: str, app: str, migrations: Path) -> None:
    """The job itself, on URLs; without `admin` the database and its roles must be there."""
    if admin:
        await provision(admin, owner, app)
    engine = create_async_engine(async_url(owner), poolclass=pool.NullPool)
    async with engine.begin() as connection:
        await connection.run_sync(_upgrade, migrations)
    await engine.dispose()
    await grant(owner, app)


def _upgrade(connection: Connection, migrations: Path) -> None:
    command.upgrade(alembic_config(migrations, connection), "head")


def alembic_config(migrations: Path, connection: Connection) -> Config:
    """Alembic without an ini file: the connection is handed over."""
    config = Config()
    config.set_main_option("script_location", str(migrations))
    config.attributes["connection"] = connection
    return config
