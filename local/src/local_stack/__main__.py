"""`python -m local_stack up|down|reset|demo`: what the Makefile calls."""

import argparse
import sys
from collections.abc import Callable
from functools import partial

from local_stack import commands
from local_stack.detached import join_running, up_detached
from local_stack.folder import CannotStart
from local_stack.running import AlreadyRunning


def main() -> int:
    parser = argparse.ArgumentParser(prog="local_stack", description=__doc__)
    parser.add_argument("command", choices=("up", "down", "reset", "demo"))
    parser.add_argument("--detach", action="store_true", help="up: leave it running, back when all is ready")
    parser.add_argument("--daemon", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--without-demo", action="store_true", help="up: without the demo school")
    asked = parser.parse_args()
    with_demo = not asked.without_demo
    run: dict[str, Callable[[], int]] = {
        "up": partial(commands.up, with_demo=with_demo, detached=asked.daemon),
        "down": commands.down,
        "reset": commands.reset,
        "demo": commands.load_demo,
    }
    if asked.detach:
        run["up"] = partial(up_detached, with_demo=with_demo)
    try:
        return run[asked.command]()
    except AlreadyRunning:
        return 1 if asked.daemon else join_running()
    except CannotStart as reason:
        # A daemon's reason is told by the one who waits for it.
        if not asked.daemon:
            sys.stderr.write(f"\nmake {asked.command}: {reason}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
