import socket

import pytest

from local_stack.folder import CannotStart, Folder
from local_stack.ports import HOST, choose_free, kept_ports


def taken(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((HOST, port))
    listener.listen()
    return listener


def test_ports_are_chosen_once(tmp_path):
    said: list[str] = []
    first = kept_ports(Folder(tmp_path), ("amqp", "gateway"), said.append)
    assert kept_ports(Folder(tmp_path), ("amqp", "gateway"), said.append) == first
    assert len(set(first.values())) == 2
    assert said == []


def test_a_port_somebody_took_is_chosen_anew_and_said(tmp_path):
    said: list[str] = []
    first = kept_ports(Folder(tmp_path), ("amqp", "gateway"), said.append)
    with taken(first["amqp"]):
        second = kept_ports(Folder(tmp_path), ("amqp", "gateway"), said.append)
    assert second["amqp"] != first["amqp"]
    assert second["gateway"] == first["gateway"]
    assert len(said) == 1
    assert str(first["amqp"]) in said[0]


def test_the_port_of_the_door_may_be_fixed(tmp_path):
    wanted = choose_free()
    assert kept_ports(Folder(tmp_path), ("gateway",), print, gateway=wanted) == {"gateway": wanted}
    with taken(wanted), pytest.raises(CannotStart, match=str(wanted)):
        kept_ports(Folder(tmp_path), ("gateway",), print, gateway=wanted)
