"""One stack, one folder: everything a stack keeps lies in it, and nothing of it lies anywhere else."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[3]
LOCAL = CHECKOUT / ".local"


class CannotStart(Exception):
    """What the terminal says, in one clear message, when a stack cannot come up."""


@dataclass(frozen=True)
class Folder:
    root: Path

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    def prepare(self) -> None:
        """Make the folder; others may pass through it (PostgreSQL under another uid) but not look around."""
        if " " in str(self.root):
            raise CannotStart(f"RabbitMQ's own scripts cannot live in a path with a space: {self.root}")
        for path in (self.root, self.logs):
            try:
                path.mkdir(parents=True, exist_ok=True)
                path.chmod(0o711)
            except PermissionError as error:
                raise CannotStart(
                    f"{path} is not ours to write: was it made by another user? Remove it and try again."
                ) from error

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def rotate_logs(self) -> None:
        """Each start begins with empty logs and keeps those of the start before it."""
        for log in self.logs.glob("*.log"):
            # The supervisor's own is being written already, and was rotated by who started it.
            if not log.name.endswith(".1.log") and log.stem != "supervisor" and log.stat().st_size:
                log.rename(log.with_suffix(".1.log"))

    def read(self, name: str) -> dict[str, Any]:
        """What a json file of the folder holds; empty when it is not there."""
        try:
            found = json.loads((self.root / name).read_text())
        except FileNotFoundError:
            return {}
        return found if isinstance(found, dict) else {}

    def write(self, name: str, content: dict[str, Any]) -> None:
        replace(self.root / name, content)


def replace(path: Path, content: dict[str, Any]) -> None:
    """Write a private json file so that a reader sees either the old one or the new one, whole."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(content, file, indent=2)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    beside.rename(path)
