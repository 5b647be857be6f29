"""The images where no registry is reached: a base by debootstrap, and on it all the others.

`python -m tests.compose.images`, within tests/compose/private.py. Docker keeps what it built: the next time
takes seconds.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.compose.composed import COMPOSE, ROOT, compose

BASE = "doorstroom-test-base:bookworm"
FOLDER = ROOT / ".local" / "compose" / "base"
AUTHORITIES = Path("usr/local/share/ca-certificates")
# What the commands of tests/compose/composed.py then work with.
ENVIRONMENT = {
    "BASE_IMAGE": BASE,
    "COMPOSE_FILE": os.pathsep.join(map(str, (COMPOSE, ROOT / "tests/compose/compose.test.yml"))),
    "DOCKER_BUILDKIT": "0",
}


def make_base() -> None:
    """Once: a Debian that knows the way out as this machine does, by its certificates and proxies."""
    if subprocess.run(["docker", "image", "inspect", BASE], capture_output=True, check=False).returncode == 0:
        return
    shutil.rmtree(FOLDER, ignore_errors=True)
    include = "--include=ca-certificates,python3-venv"
    _run("debootstrap", "--variant=minbase", include, "bookworm", str(FOLDER))
    if ("/" / AUTHORITIES).exists():
        shutil.copytree("/" / AUTHORITIES, FOLDER / AUTHORITIES, dirs_exist_ok=True)
        _run("chroot", str(FOLDER), "update-ca-certificates")
    told = subprocess.run(["apt-config", "dump", "Acquire"], capture_output=True, check=True).stdout
    (FOLDER / "etc/apt/apt.conf.d/99machine").write_bytes(told)
    starts_nothing = FOLDER / "usr/sbin/policy-rc.d"
    starts_nothing.write_text("#!/bin/sh\nexit 101\n")
    starts_nothing.chmod(0o755)
    with subprocess.Popen(
        ["tar", "--directory", str(FOLDER), "--create", "."], stdout=subprocess.PIPE
    ) as whole:
        subprocess.run(["docker", "import", "-", BASE], stdin=whole.stdout, check=True)
    shutil.rmtree(FOLDER)


def _run(*command: str) -> None:
    sys.stdout.write(f"  {' '.join(command)}\n")
    sys.stdout.flush()
    subprocess.run(["nice", *command], stdout=subprocess.DEVNULL, check=True)


if __name__ == "__main__":
    make_base()
    compose("--progress", "plain", "build")
    _run("docker", "image", "prune", "--force", "--filter", "until=24h")
