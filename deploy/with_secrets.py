"""`python -m deploy.with_secrets COMMAND …`: tells the files to a command that reads only the environment."""

import os
import sys
from pathlib import Path


def told(folder: Path) -> dict[str, str]:
    """The settings that lie in this folder as files, by the names of the environment."""
    return {file.name.upper(): file.read_text().strip() for file in folder.glob("doorstroom_*")}


if __name__ == "__main__":
    files = told(Path(os.environ["DOORSTROOM_SECRETS_DIR"]))
    os.execvpe(sys.argv[1], sys.argv[1:], {**files, **os.environ})  # noqa: S606
