"""Whatever speaks python-can takes part in a benchwire: loggers, can-isotp with udsoncan, cantools monitor."""

import contextlib
import os
import pty
import select
import subprocess
import sys
import threading
import time
from pathlib import Path

import can
import isotp
import pytest
import udsoncan
from udsoncan.client import Client
from udsoncan.connections import PythonIsoTpConnection
from wire_members import member

DBC = Path(__file__).parents[2] / "dbc" / "edu_gen5.dbc"
VIN = b"EDUBENCH000000001"


def test_a_logger_writes_what_was_on_the_wire_and_a_reader_gives_it_back(wire: Path, tmp_path: Path) -> None:
    log = tmp_path / "wire.blf"
    with member(wire) as sender, member(wire) as watcher:
        heard: list[can.Message] = []
        notifier = can.Notifier(watcher, [can.Logger(str(log)), heard.append], timeout=0.05)
        for n in range(50):
            sender.send(can.Message(arbitration_id=0x100 + n, is_extended_id=False, data=bytes([n] * 8)), timeout=20)
        deadline_s = time.monotonic() + 10
        while len(heard) < 50 and time.monotonic() < deadline_s:
            time.sleep(0.01)
        assert notifier.exception is None
        notifier.stop()  # its listeners too
    assert [message.arbitration_id for message in can.LogReader(str(log))] == [0x100 + n for n in range(50)]


class _Identification(udsoncan.DidCodec):  # type: ignore[misc]
    def encode(self, string: bytes) -> bytes:
        return string

    def decode(self, string: bytes) -> bytes:
        return bytes(string)

    def __len__(self) -> int:
        return len(VIN)


def _stack(bus: can.BusABC, notifier: can.Notifier, sends: int, hears: int) -> isotp.NotifierBasedCanStack:
    address = isotp.Address(isotp.AddressingMode.Normal_11bits, txid=sends, rxid=hears)
    return isotp.NotifierBasedCanStack(bus, notifier, address=address, params={"blocking_send": False})


def test_can_isotp_with_udsoncan_asks_and_answers_over_several_frames(wire: Path) -> None:
    with member(wire) as tester, member(wire) as ecu, contextlib.ExitStack() as stack:
        notifiers = [stack.enter_context(can.Notifier(bus, [], timeout=0.05)) for bus in (tester, ecu)]
        answering = _stack(ecu, notifiers[1], 0x7E8, 0x7E0)
        answering.start()
        stack.callback(answering.stop)

        def serve() -> None:
            asked = answering.recv(block=True, timeout=10)
            assert asked == b"\x22\xf1\x90"
            answering.send(b"\x62\xf1\x90" + VIN)

        thread = threading.Thread(target=serve)
        thread.start()
        connection = PythonIsoTpConnection(_stack(tester, notifiers[0], 0x7E0, 0x7E8))
        config = {"data_identifiers": {0xF190: _Identification}, "request_timeout": 10, "p2_timeout": 10}
        with Client(connection, config=config) as client:
            assert client.read_data_by_identifier(0xF190).service_data.values[0xF190] == VIN
        thread.join(10)


@pytest.mark.slow
def test_cantools_monitor_attaches_by_its_command_line_and_decodes(tmp_path: Path) -> None:
    folder = tmp_path / "r"
    folder.mkdir(mode=0o700)
    place = folder / "edu-bench" / "wire"
    place.mkdir(parents=True, mode=0o700)
    place.parent.chmod(0o700)
    command = [sys.executable, "-m", "cantools", "monitor", "-i", "benchwire", "-c", "t", str(DBC)]
    screen, terminal = pty.openpty()
    environment = {**os.environ, "XDG_RUNTIME_DIR": str(folder), "TERM": "xterm", "LINES": "40", "COLUMNS": "120"}
    monitor = subprocess.Popen(command, stdin=terminal, stdout=terminal, stderr=terminal, env=environment)
    os.close(terminal)
    shown = b""
    try:
        with member(place) as bus:
            deadline = time.monotonic() + 60
            while b"EDU_STATUS" not in shown and time.monotonic() < deadline:
                with contextlib.suppress(can.CanOperationError):  # until the monitor is there nobody acknowledges
                    bus.send(can.Message(arbitration_id=0x110, is_extended_id=False, data=bytes(8)), timeout=0)
                if select.select([screen], [], [], 0.05)[0]:
                    try:
                        shown += os.read(screen, 4096)
                    except OSError:
                        raise AssertionError(shown[-2000:]) from None
        assert b"EDU_STATUS" in shown, shown[-2000:]
        assert monitor.poll() is None
    finally:
        monitor.kill()
        monitor.wait()
        os.close(screen)
