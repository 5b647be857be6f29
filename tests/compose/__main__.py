"""`make test-compose`: with the docker that answers; where none does, with one of our own."""

import subprocess
import sys

from tests.compose import private
from tests.compose.composed import ROOT, docker_answers

TESTS = (sys.executable, "-m", "pytest", "tests/compose")


def main(*arguments: str) -> int:
    tests = (*TESTS, *arguments)
    if docker_answers():
        return subprocess.call(tests, cwd=ROOT)
    try:
        return private.run(tests)
    except private.CannotRun as reason:
        sys.stderr.write(f"make test-compose: {reason}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
