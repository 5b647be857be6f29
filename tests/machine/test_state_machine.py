"""Whatever several people do, in any order and at once: after quiet all services agree with one model."""

import asyncio
import os
import random
import time

import httpx
from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.machine.door import House, Person
from tests.machine.machine import Machine
from tests.support.own_school import Schools
from tests.support.rig import Rig

RUNS = int(os.environ.get("DOORSTROOM_MACHINE_RUNS", "20"))
SEED = int(os.environ.get("DOORSTROOM_MACHINE_SEED") or random.SystemRandom().randrange(10**9))
STEPS = 12


async def test_services_agree_with_the_model_after_any_acts(rig: Rig, manager: httpx.AsyncClient):
    Machine.house = House(rig, asyncio.get_running_loop(), Schools(rig, manager, size=150))
    chosen = settings(
        max_examples=RUNS,
        stateful_step_count=STEPS,
        phases=[Phase.generate],  # real processes: what failed is told with its seed, not made smaller
        deadline=None,
        database=None,
        verbosity=Verbosity.normal,
        suppress_health_check=list(HealthCheck),
    )
    began = time.monotonic()
    try:
        await asyncio.to_thread(run_state_machine_as_test, seed(SEED)(Machine), settings=chosen)
    finally:
        Machine.house.close()
        took = time.monotonic() - began
        did = f"{Machine.runs} runs, {Machine.acts} acts, {Person.raced} lost races tried again"
        print(f"\n{did}, {took:.0f} s, DOORSTROOM_MACHINE_SEED={SEED}")  # noqa: T201 - for who runs it
