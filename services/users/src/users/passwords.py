"""Passwords: argon2id, off the event loop, a few at a time (each takes 19 MiB and some 30 ms of a core)."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

# OWASP password storage: 19 MiB, two passes, one lane.
_ARGON2ID: Final = PasswordHash((Argon2Hasher(memory_cost=19 * 1024, time_cost=2, parallelism=1),))
_AT_ONCE: Final = ThreadPoolExecutor(max_workers=2, thread_name_prefix="argon2")
_NOBODYS: Final = _ARGON2ID.hash("the password of nobody")


async def hash_password(password: str) -> str:
    """What is kept of a password."""
    return await asyncio.get_running_loop().run_in_executor(_AT_ONCE, _ARGON2ID.hash, password)


async def is_password(password: str, password_hash: str | None) -> bool:
    """Whether this is the password; without a hash it takes as long, and is not."""
    right = await asyncio.get_running_loop().run_in_executor(
        _AT_ONCE, _ARGON2ID.verify, password, password_hash or _NOBODYS
    )
    return right and password_hash is not None
