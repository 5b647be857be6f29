"""Whether a process on the loopback answers its health question."""

import ssl

import httpx

# All is plain HTTP on the loopback: without this httpx reads the machine's certificates each time.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


async def answers(url: str) -> bool:
    try:
        async with httpx.AsyncClient(trust_env=False, timeout=5, verify=NO_TLS) as client:
            return (await client.get(url)).is_success
    except (httpx.HTTPError, OSError):
        return False
