"""The command line of a service: `python -m portal serve | migrate`."""

import sys
from collections.abc import Callable
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from shared.database.migrate import migrate
from shared.logging import log_to_stdout
from shared.settings import PRODUCT, DatabaseSettings, ServiceSettings


def run(
    name: str, settings: Callable[[], ServiceSettings], create_app: Callable[..., FastAPI], migrations: Path
) -> None:
    """Do what the command line says."""
    match sys.argv[1:]:
        case ["serve"]:
            log_to_stdout(name)
            configured = settings()
            serve(create_app(configured), configured.host, configured.port)
        case ["migrate"]:
            migrate(DatabaseSettings(_env_prefix=f"{PRODUCT}{name.upper()}_"), migrations)
        case _:
            raise SystemExit(f"usage: python -m {name} serve | migrate")


def serve(app: FastAPI, host: str, port: int) -> None:
    """Serve until SIGTERM; then finish what is under way."""
    uvicorn.run(
        app,
        host=host,
        port=port,
        loop="uvloop",
        http="httptools",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=5,
        timeout_keep_alive=30,
    )
