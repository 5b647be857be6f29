"""`make up DETACH=1`: a supervisor that outlives whoever called, and the wait until it is ready."""

import json
import subprocess
import sys
import time

from local_stack import stack_file
from local_stack.commands import FOLDER, STACK_FILE
from local_stack.folder import CannotStart
from local_stack.program import tail
from local_stack.running import is_running, noted
from local_stack.terminal import say


def up_detached(*, with_demo: bool) -> int:
    """Back only when all is ready. Raises CannotStart with the reason why not."""
    if is_running(FOLDER):
        return join_running()
    FOLDER.prepare()
    log = FOLDER.log("supervisor")
    if log.exists():
        log.rename(log.with_suffix(".1.log"))
    command = [sys.executable, "-m", "local_stack", "up", "--daemon"]
    if not with_demo:
        command.append("--without-demo")
    with log.open("ab") as output:
        # A session of its own and none of our files: whoever called us may close his pipes and go.
        daemon = subprocess.Popen(
            command, cwd="/", stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    with log.open() as progress:
        try:
            while daemon.poll() is None and not _ready(daemon.pid):
                _relay(progress.read())
                time.sleep(0.1)
        except KeyboardInterrupt:
            daemon.terminate()
            daemon.wait()
        _relay(progress.read())
    if daemon.returncode is not None:
        if is_running(FOLDER):  # another `make up` was a moment faster
            return join_running()
        found = noted(FOLDER)
        reason = found.get("reason") if found.get("pid") == daemon.pid else ""
        raise CannotStart(reason or f"it ended ({daemon.returncode}); the end of {log}:\n{tail(log)}")
    return _show()


def join_running() -> int:
    """Somebody else's `make up`: say so, wait until it is ready, show where everything is."""
    say(f"  already running (pid {noted(FOLDER).get('pid')})")
    while not _ready(None):
        if not is_running(FOLDER):
            raise CannotStart(f"the other `make up` ended: {noted(FOLDER).get('reason') or 'it was stopped'}")
        time.sleep(0.2)
    return _show()


def _ready(pid: int | None) -> bool:
    found = noted(FOLDER)
    return found.get("phase") == "ready" and pid in (None, found.get("pid"))


def _relay(text: str) -> None:
    if text:
        sys.stdout.write(text)
        sys.stdout.flush()


def _show() -> int:
    say(
        stack_file.table(json.loads(STACK_FILE.read_text()))
        + "\n  `make down` stops everything; its data is kept."
    )
    return 0
