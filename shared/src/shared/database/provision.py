"""Makes a service's database and its two roles: the owner (migrations) and the app role (DML only)."""

import asyncpg
from sqlalchemy import URL, make_url


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


async def provision(admin_url: str, owner_url: str, app_url: str) -> None:
    """Create what is missing and set the passwords of the URLs, as the server's administrator."""
    owner, app = make_url(owner_url), make_url(app_url)
    connection = await asyncpg.connect(_plain(make_url(admin_url)))
    try:
        for role in (owner, app):
            await _ensure_role(connection, role)
        database = _identifier(owner.database or "")
        exists = await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", owner.database)
        if not exists:
            # A managed server's administrator is no superuser: he must belong to the owner to give it away.
            await connection.execute(f"GRANT {_identifier(owner.username or '')} TO CURRENT_USER")
            await connection.execute(f"CREATE DATABASE {database} OWNER {_identifier(owner.username or '')}")
        await connection.execute(f"REVOKE ALL ON DATABASE {database} FROM PUBLIC")
        await connection.execute(f"GRANT CONNECT ON DATABASE {database} TO {_identifier(app.username or '')}")
    finally:
        await connection.close()


async def grant(owner_url: str, app_url: str) -> None:
    """After migrating: the app role may read and write rows, and of the audit only add and read."""
    app = _identifier(make_url(app_url).username or "")
    connection = await asyncpg.connect(_plain(make_url(owner_url)))
    try:
        async with connection.transaction():
            await connection.execute(f"GRANT USAGE ON SCHEMA public TO {app}")
            await connection.execute(
                f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {app}"
            )
            await connection.execute(f"REVOKE UPDATE, DELETE ON audit FROM {app}")
            await connection.execute(f"REVOKE ALL ON alembic_version FROM {app}")
            await connection.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {app}")
    finally:
        await connection.close()


async def _ensure_role(connection: asyncpg.Connection, role: URL) -> None:
    name, password = _identifier(role.username or ""), _literal(str(role.password or ""))
    exists = await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role.username)
    verb = "ALTER" if exists else "CREATE"
    await connection.execute(f"{verb} ROLE {name} LOGIN PASSWORD {password}")


def _plain(url: URL) -> str:
    """Asyncpg knows no driver names and wants a database."""
    return url.set(drivername="postgresql", database=url.database or "postgres").render_as_string(
        hide_password=False
    )
