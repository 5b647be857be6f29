"""A folder of its own for each run of the tests: several may run at once from one checkout."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2] / ".local" / "test"
MOST_RUNS = 16


@contextmanager
def own_folder() -> Iterator[Path]:
    """The first folder nobody uses; it is kept, so that what a lost run left there can be ended."""
    ROOT.mkdir(parents=True, exist_ok=True)
    for number in range(MOST_RUNS):
        with (ROOT / f"run-{number}.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            yield ROOT / f"run-{number}"
            return
    raise RuntimeError(f"{MOST_RUNS} test runs at once from one checkout")
