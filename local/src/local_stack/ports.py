"""Ports on the loopback: chosen once per stack and kept; chosen anew only when somebody else took one."""

import random
import socket
from collections.abc import Collection, Sequence

from local_stack.folder import CannotStart, Folder
from local_stack.terminal import Say

HOST = "127.0.0.1"
# Below the range the kernel takes for outgoing connections: a kept port must not be lost to one of those.
RANGE = range(20_000, 32_000)


def is_free(port: int) -> bool:
    with socket.socket() as trial:
        # Connections of the last run that still linger are not a listener.
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((HOST, port))
        except OSError:
            return False
    return True


def choose_free(taken: Collection[int] = ()) -> int:
    for port in random.sample(RANGE, k=len(RANGE)):
        if port not in taken and is_free(port):
            return port
    raise CannotStart(f"no free port between {RANGE.start} and {RANGE.stop}")


def kept_ports(folder: Folder, names: Sequence[str], say: Say, gateway: int | None = None) -> dict[str, int]:
    """The ports of a stack that is not running; `gateway` fixes that one and is not argued with."""
    kept: dict[str, int] = folder.read("ports.json")
    ports = dict(kept)
    for name in names:
        if name == "gateway" and gateway:
            if not is_free(gateway):
                raise CannotStart(f"DOORSTROOM_PORT={gateway} is in use by another program")
            ports[name] = gateway
        elif name not in ports or not is_free(ports[name]):
            new = choose_free(ports.values())
            if name in ports:
                say(f"port {ports[name]} of {name} is in use by another program: {new} from now on")
            ports[name] = new
    if ports != kept:
        folder.write("ports.json", ports)
    return ports
