"""`python -m portal serve | migrate`."""

from pathlib import Path

from portal.app import create_app
from portal.settings import PortalSettings
from shared.runtime.process import run

if __name__ == "__main__":
    run("portal", PortalSettings, create_app, Path(__file__).parent / "migrations")
