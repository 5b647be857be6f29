import os
import subprocess
import sys

import pytest

from local_stack.leftovers import end_leftovers, marks

SLEEP = [sys.executable, "-c", "import time; print(flush=True); time.sleep(60)"]


@pytest.fixture
def asleep():
    started = []

    def start(**options):
        process = subprocess.Popen(SLEEP, stdout=subprocess.PIPE, **options)
        started.append(process)
        assert process.stdout
        process.stdout.readline()
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


async def test_only_what_this_stack_started_is_ended(tmp_path, asleep):
    ours = asleep(env=os.environ | marks(tmp_path, "portal"))
    other_program = asleep(env=os.environ | marks(tmp_path, "users"))
    other_stack = asleep(env=os.environ | marks(tmp_path / "other", "portal"))
    nobodys = asleep()
    assert await end_leftovers(tmp_path, "portal") == [ours.pid]
    assert await end_leftovers(tmp_path) == [other_program.pid]
    assert other_stack.poll() is None
    assert nobodys.poll() is None


async def test_a_child_of_postgres_is_known_by_where_it_works(tmp_path, asleep):
    child = asleep(cwd=tmp_path)
    assert await end_leftovers(tmp_path / "elsewhere", working_in=tmp_path) == [child.pid]
