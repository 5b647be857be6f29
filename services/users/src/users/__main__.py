"""`python -m users serve | migrate | keys --directory DIR | manager USERNAME`."""

import asyncio
import sys
from pathlib import Path

from shared.database.engine import create_engine
from shared.ids import new_id
from shared.messaging.unit_of_work import Origin
from shared.runtime.process import run
from users.app import create_app
from users.features.first_manager import appoint_first_manager
from users.settings import FirstManagerSettings, UsersSettings
from users.signing import write_keys
from users.unit_of_work import UsersUnitOfWork


async def appoint(settings: UsersSettings, username: str, password: str) -> None:
    """Appoint the first application manager; the running service sends what is said of him."""
    engine = create_engine(settings.database_url.get_secret_value(), size=1)
    origin = Origin(actor="command line", correlation_id=str(new_id()))
    async with UsersUnitOfWork.open(engine, origin) as uow:
        await appoint_first_manager(uow, username, password)
        await uow.commit()
    await engine.dispose()


def main() -> None:
    """Do what the command line says."""
    match sys.argv[1:]:
        case ["keys", "--directory", directory]:
            write_keys(Path(directory))
        case ["manager", username]:
            password = FirstManagerSettings().password.get_secret_value()
            asyncio.run(appoint(UsersSettings(), username, password))
        case ["serve"] | ["migrate"]:
            run("users", UsersSettings, create_app, Path(__file__).parent / "migrations")
        case _:
            raise SystemExit(f"usage: {' '.join(__doc__.split()).strip('`.')}")


if __name__ == "__main__":
    main()
