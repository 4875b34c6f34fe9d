"""The server of emulated instruments, with bare sockets."""

import socket
import time
from collections.abc import Iterator

import pytest
from disturbed import again_if_disturbed
from scripted_device import HANG_UP, ScriptedDevice

from bench.io.clock import MonotonicClock
from bench.io.instrument_server import InstrumentServer

MS = 1_000_000


@pytest.fixture
def device() -> ScriptedDevice:
    flood = [(0, b"x" * 4_000_000)]
    return ScriptedDevice(
        {b"A?": [(0, b"a\n")], b"LATE?": [(40 * MS, b"l\n")], b"BYE": [(0, HANG_UP)], b"FLOOD": flood}
    )


@pytest.fixture
def server(device: ScriptedDevice) -> Iterator[InstrumentServer]:
    served = InstrumentServer({"d": device}, MonotonicClock())
    served.start()
    yield served
    served.close()


def connect(server: InstrumentServer) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.ports["d"]), timeout=2)


@again_if_disturbed(held_up_ms=50)
def test_output_comes_when_it_is_due(server: InstrumentServer) -> None:
    with connect(server) as client:
        start = time.monotonic()
        client.sendall(b"LATE?\n")
        assert client.recv(10) == b"l\n"
        assert 0.04 <= time.monotonic() - start < 0.2


def test_the_newest_client_wins_and_half_a_command_is_forgotten(
    server: InstrumentServer, device: ScriptedDevice
) -> None:
    with connect(server) as first:
        first.sendall(b"A?\n")
        assert first.recv(10) == b"a\n"
        first.sendall(b"HALF")
        with connect(server) as second:
            second.sendall(b"A?\n")
            assert second.recv(10) == b"a\n"
            assert first.recv(10) == b""
    assert device.questions == [b"A?", b"A?"]


def test_a_device_may_hang_up_and_be_called_again(server: InstrumentServer) -> None:
    for _ in range(3):
        with connect(server) as client:
            client.sendall(b"BYE\n")
            assert client.recv(10) == b""


def test_a_device_may_refuse_to_be_called(server: InstrumentServer, device: ScriptedDevice) -> None:
    device.refusing = True
    with connect(server) as client:
        assert client.recv(10) == b""
    device.refusing = False
    with connect(server) as client:
        client.sendall(b"A?\n")
        assert client.recv(10) == b"a\n"


def test_a_client_that_does_not_read_is_dropped_and_others_are_served(server: InstrumentServer) -> None:
    with connect(server) as greedy:
        greedy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        greedy.sendall(b"FLOOD\n" * 4)
        time.sleep(0.1)
        with connect(server) as client:
            client.sendall(b"A?\n")
            assert client.recv(10) == b"a\n"


def test_an_answer_may_be_larger_than_what_may_wait(server: InstrumentServer) -> None:
    with connect(server) as client:
        client.sendall(b"FLOOD\n")
        came = 0
        while came < 4_000_000 and (data := client.recv(1 << 16)):
            came += len(data)
        assert came == 4_000_000


def test_only_loopback_is_served_on_the_wanted_port(device: ScriptedDevice) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    served = InstrumentServer({"d": device}, MonotonicClock(), {"d": port})
    assert served.resource("d") == f"TCPIP::127.0.0.1::{port}::SOCKET"
    served.close()
