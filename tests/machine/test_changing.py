"""Whatever is changed in the year, in any order, in any of the services: what must hold holds."""

import asyncio

import httpx
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.machine.changing import Changing
from tests.machine.door import House
from tests.machine.test_state_machine import RUNS, SEED, STEPS
from tests.support.own_school import Schools
from tests.support.rig import Rig


async def test_what_must_hold_holds_after_any_changes(rig: Rig, manager: httpx.AsyncClient):
    Changing.house = House(rig, asyncio.get_running_loop(), Schools(rig, manager, size=150))
    chosen = settings(
        max_examples=RUNS,
        stateful_step_count=STEPS,
        phases=[Phase.generate],
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    try:
        await asyncio.to_thread(run_state_machine_as_test, seed(SEED)(Changing), settings=chosen)
    finally:
        Changing.house.close()
        did = f"{Changing.runs} runs, {Changing.acts} acts, refused {dict(Changing.refused)}"
        print(f"\n{did}, DOORSTROOM_MACHINE_SEED={SEED}")  # noqa: T201 - for who runs it
