"""A docker of our own: as root, with Debian's packages, and nothing of it left behind.

It lives in namespaces of its own: its processes end with the first of them, its mounts, bridges and rules of
the firewall are seen by nobody else. To build, it needs the machine's network, and touches nothing there;
what is built is then run on a network where there is nobody else. Only images stay, in .local/compose.

`python -m tests.compose.private ON COMMAND …` is that first process.
"""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.compose import images
from tests.compose.composed import ROOT, docker_answers

FOLDER = ROOT / ".local" / "compose"
LOG = FOLDER / "dockerd.log"
PACKAGES = {"dockerd": "docker.io", "iptables": "iptables", "ip": "iproute2", "debootstrap": "debootstrap"}
MACHINES_NETWORK, OWN_NETWORK = "machines-network", "own-network"
UNSHARED = {MACHINES_NETWORK: (), OWN_NETWORK: ("--net",)}
TOUCHING = {
    MACHINES_NETWORK: ("--bridge=none", "--iptables=false", "--ip6tables=false", "--ip-forward=false"),
    OWN_NETWORK: (),
}
CGROUP = "doorstroom-test"
SECONDS_TO_START = 60


class CannotRun(Exception):
    """Why there is no docker here and none can be made."""


def run(tests: Sequence[str]) -> int:
    """Build the images, then run the tests; its exit status. Raises CannotRun."""
    _fetch_what_is_missing()
    signal.signal(signal.SIGINT, lambda *_: None)  # the tests hear it too, and stop what they started
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    build = (sys.executable, "-m", "tests.compose.images")
    with _alone() as lock:
        try:
            return _within(MACHINES_NETWORK, build, lock) or _within(OWN_NETWORK, tests, lock)
        finally:
            _remove_cgroups()


@contextmanager
def _alone() -> Iterator[int]:
    """What runs in the namespaces holds the lock too: two dockers on one folder would spoil it."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotRun("it runs already in this checkout") from None
        yield lock.fileno()


def _fetch_what_is_missing() -> None:
    missing = [package for program, package in PACKAGES.items() if not shutil.which(program)]
    if sys.platform != "linux" or os.geteuid() != 0:
        raise CannotRun("no docker answers here, and only root on Linux can start one of its own")
    if missing and not shutil.which("apt-get"):
        raise CannotRun(f"no docker answers here, and there is no apt-get to install {', '.join(missing)}")
    apt = ("apt-get", "--quiet=2")
    for command in (
        [(*apt, "update"), (*apt, "install", "--no-install-recommends", *missing)] if missing else ()
    ):
        if subprocess.call(command):
            raise CannotRun(f"could not install {', '.join(missing)}: {' '.join(command)} failed")


def _within(network: str, command: Sequence[str], lock: int) -> int:
    namespaces = ("--mount", "--pid", "--fork", "--kill-child", "--mount-proc", *UNSHARED[network])
    inside = (sys.executable, "-m", "tests.compose.private", network, *command)
    return subprocess.run(
        ["unshare", *namespaces, *inside],
        cwd=ROOT,
        env={**os.environ, **images.ENVIRONMENT},
        pass_fds=[lock],
        check=False,
    ).returncode


def _remove_cgroups() -> None:
    """These know no namespace of their own. What was killed leaves them in a moment; another run may stay."""
    deadline = time.monotonic() + 5
    while tops := list(Path("/sys/fs/cgroup").glob(f"**/{CGROUP}")):
        for folder in (folder for top in tops for folder in (*sorted(top.rglob("*/"), reverse=True), top)):
            with suppress(OSError):
                folder.rmdir()
        if time.monotonic() > deadline:
            return
        time.sleep(0.1)


def inside(network: str, command: Sequence[str]) -> int:
    """Start docker, run the command, stop docker."""
    signal.signal(signal.SIGINT, lambda *_: None)
    _hide_run()
    if network == OWN_NETWORK:
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    with _docker(TOUCHING[network]):
        return subprocess.call(command)


def _hide_run() -> None:
    """A /run of our own, for sockets and pids; the names of the network may be looked up in the machine's."""
    names = Path("/etc/resolv.conf").resolve()
    content = names.read_bytes() if names.exists() else b""
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
    if not names.exists():
        names.parent.mkdir(parents=True)
        names.write_bytes(content)


@contextmanager
def _docker(options: Sequence[str]) -> Iterator[None]:
    command = ["dockerd", f"--data-root={FOLDER / 'docker'}", f"--cgroup-parent={CGROUP}", *options]
    with LOG.open("wb") as log:
        # In a session of its own, so that Ctrl-C leaves it to the tests to stop their containers first.
        daemon = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    try:
        deadline = time.monotonic() + SECONDS_TO_START
        while not docker_answers():
            if daemon.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"make test-compose: dockerd does not start, see {LOG}")
            time.sleep(0.2)
        yield
    finally:
        daemon.terminate()
        daemon.wait()


if __name__ == "__main__":
    sys.exit(inside(sys.argv[1], sys.argv[2:]))
