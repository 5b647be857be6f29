"""What `make up`, `down`, `reset` and `demo` do with the stack of this checkout."""

import asyncio
import json
import os
import shutil
import signal
import time

from local_stack import demo, stack_file
from local_stack.credentials import kept_credentials
from local_stack.folder import LOCAL, CannotStart, Folder, replace
from local_stack.leftovers import end_leftovers
from local_stack.preparation import FIRST_MANAGER
from local_stack.running import is_running, note, supervising, supervisor
from local_stack.stack import Options, Stack
from local_stack.terminal import say

FOLDER = Folder(LOCAL / "up")
STACK_FILE = LOCAL / "stack.json"


def up(*, with_demo: bool, detached: bool) -> int:
    """Until Ctrl-C or `make down`. Raises AlreadyRunning, CannotStart."""
    with supervising(FOLDER):
        return asyncio.run(_supervise(with_demo=with_demo, detached=detached))


async def _supervise(*, with_demo: bool, detached: bool) -> int:
    began = time.monotonic()
    port = os.environ.get("DOORSTROOM_PORT", "")
    if port and not port.isdecimal():
        raise CannotStart(f"DOORSTROOM_PORT={port} is not a port")
    options = Options(
        demo=with_demo, gateway_port=int(port) if port else None, stack_file=STACK_FILE, say=say
    )
    told_to_stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, told_to_stop.set)
    stack = Stack(FOLDER.root, options)
    starting, stopping = asyncio.create_task(stack.start()), asyncio.create_task(told_to_stop.wait())
    await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
    if stopping.done():
        starting.cancel()
    try:
        await starting
    except CannotStart as reason:
        note(FOLDER, "failed", str(reason))
        raise
    except asyncio.CancelledError:
        say("  stopped")
        note(FOLDER, "stopped")
        return 1
    say(f"  {'all ready':<44} {time.monotonic() - began:5.1f} s")
    if not detached:
        say(stack_file.table(stack.description) + "\n  Ctrl-C stops everything; its data is kept.")
    note(FOLDER, "ready")
    await stopping
    say("  stopping")
    await stack.stop()
    note(FOLDER, "stopped")
    say("  stopped")
    return 0


def down() -> int:
    """Stop a detached one in order; and whatever a lost one left."""
    process = supervisor(FOLDER) if is_running(FOLDER) else None
    if process:
        say(f"  stopping (pid {process.pid})")
        process.terminate()
        deadline = time.monotonic() + 60
        while is_running(FOLDER) and time.monotonic() < deadline:
            time.sleep(0.1)
        if is_running(FOLDER):
            process.kill()
    if left := asyncio.run(end_leftovers(FOLDER.root, working_in=FOLDER.root / "postgres" / "cluster")):
        say(f"  ended {len(left)} processes that a lost run had left")
    STACK_FILE.unlink(missing_ok=True)
    say("  stopped; the data is kept" if process else "  nothing is running")
    return 0


def reset() -> int:
    """Stop, and wipe what it kept: data, logs, ports and passwords. The installed software stays."""
    down()
    try:
        shutil.rmtree(FOLDER.root)
    except FileNotFoundError:
        pass
    except PermissionError as error:
        raise CannotStart(f"{FOLDER.root} was made by another user: {error}") from error
    say(f"  wiped {FOLDER.root}")
    return 0


def load_demo() -> int:
    """Load the demo school into the running stack, also when it was loaded before."""
    if not is_running(FOLDER) or not STACK_FILE.exists():
        raise CannotStart("nothing is running: `make up` first (it loads the demo school too)")
    stack = json.loads(STACK_FILE.read_text())
    passwords = kept_credentials(FOLDER)
    logins = asyncio.run(demo.load(FOLDER, stack["gateway"], FIRST_MANAGER, passwords))
    # The processes may have been started again meanwhile: the supervisor writes those.
    stack = json.loads(STACK_FILE.read_text())
    stack["logins"] |= logins
    replace(STACK_FILE, stack)
    say(stack_file.table(stack))
    return 0
