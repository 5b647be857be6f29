from pathlib import Path

from desktop_sync.app import create_app
from desktop_sync.settings import DesktopSettings
from shared.runtime.process import run

if __name__ == "__main__":
    run("desktop_sync", DesktopSettings, create_app, Path(__file__).parent / "migrations")
