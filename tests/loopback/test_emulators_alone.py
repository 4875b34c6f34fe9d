"""``bench emulate``: anybody's scripts can talk to the rig's other side."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from disturbed import again_if_disturbed, explained
from wall_runs import wall_run

from bench.config.search import find

INSTRUMENTS = """
import pyvisa
manager = pyvisa.ResourceManager("@py")
for resource in ({analyzer!r}, {supply!r}, {scanner!r}):
    with manager.open_resource(resource, read_termination="\\n", write_termination="\\n", timeout=5000) as device:
        print(device.query("*IDN?"))
for resource in ({hislip!r}, {vxi11!r}):
    with manager.open_resource(resource, timeout=5000) as device:
        print(device.query("*IDN?").strip(), device.read_stb() & 16)
with manager.open_resource({dyno_l!r}, read_termination="\\x03", timeout=5000) as dyno:
    dyno.write_raw(b"\\x02 ASTZ K0\\x03")
    print(repr(dyno.read_raw()))
"""

REGISTERS = """
from pymodbus.client import ModbusTcpClient
def client(resource):
    return ModbusTcpClient(resource.split("::")[1], port=int(resource.split("::")[2]), timeout=5)
with client({bench_io!r}) as io, client({conditioner!r}) as conditioner:
    print(io.read_discrete_inputs(0, count=7).bits[:7])
    words = conditioner.read_input_registers(8, count=12).registers
    print(conditioner.convert_from_registers(words, conditioner.DATATYPE.STRING))
"""

FRAMES = """
import can, cantools
database = cantools.database.load_file({dbc!r})
wanted = database.get_message_by_name("EDU_STATUS").frame_id
with can.Bus(interface="benchwire", channel={channel!r}) as bus:
    frames = [frame for frame in (bus.recv(2.0) for _ in range(100)) if frame is not None]
status = [frame for frame in frames if frame.arbitration_id == wanted]
gaps = [b.timestamp - a.timestamp for a, b in zip(status, status[1:])]
print(len(status), database.decode_message(wanted, status[0].data), sum(gaps) / len(gaps))
"""


def script(text: str, private: Path) -> str:
    """What a stranger's script prints; it shares nothing with the bench but the user."""
    environment = {**os.environ, "XDG_RUNTIME_DIR": str(private)}
    done = subprocess.run(
        [sys.executable, "-c", text], capture_output=True, text=True, env=environment, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_a_plain_pyvisa_script_talks_to_the_instruments(emulated: Any) -> None:
    places = emulated.places
    others = {protocol: places[f"analyzer.{protocol}"] for protocol in ("hislip", "vxi11")}
    told = script(INSTRUMENTS.format(**places, **others), emulated.run.private).splitlines()
    analyzer, supply, scanner, *over_protocols, dyno = told
    assert analyzer.startswith("YOKOGAWA,WT5000,91X412345") and over_protocols == [f"{analyzer} 0"] * 2
    assert "PSB 10500-180" in supply and "2841370007" in supply
    assert scanner.startswith("Keysight Technologies,DAQ970A,MY58004711,")
    assert dyno.startswith("b'\\x02 ASTZ 0")


@pytest.mark.slow
@again_if_disturbed(held_up_ms=20)
def test_a_plain_python_can_script_hears_the_inverter(emulated: Any) -> None:
    channel = emulated.places["can.dut"].removeprefix("benchwire ")
    dbc = find("dbc", "edu_gen5")
    with explained(emulated.run.warnings()):
        said = script(FRAMES.format(dbc=str(Path(dbc)), channel=channel), emulated.run.private)
        assert "'Speed': 0.0" in said and "'State': " in said
        assert abs(float(said.split()[-1]) - 0.010) < 0.001


@pytest.mark.slow
def test_a_side_that_stood_still_is_told_of_once_a_second(emulated: Any) -> None:
    (pid,) = emulated.run.processes()
    told = emulated.run.warnings()
    began_s = time.monotonic()
    while len(told().splitlines()) < 3 and time.monotonic() - began_s < 20:
        os.kill(pid, signal.SIGSTOP)
        time.sleep(0.05)
        os.kill(pid, signal.SIGCONT)
        time.sleep(0.05)
    lines = told().splitlines()
    assert len(lines) == 3 and time.monotonic() - began_s > 2.0
    assert all(line.startswith("the emulated side stood still ") for line in lines)
    assert all(line.endswith(" ms: this machine is busy; not a fault of the bench") for line in lines)
    assert " times, for " in lines[1]
    assert emulated.run.process.poll() is None


@pytest.mark.slow
def test_a_plain_pymodbus_script_talks_to_periphery_behind_modbus() -> None:
    with wall_run("emulate", "--json", "--rig", "e_axle_modbus") as run:
        assert run.process.stdout is not None
        places = json.loads(run.process.stdout.readline())["places"]
        inputs, model = script(REGISTERS.format(**places), run.private).splitlines()
    assert inputs == "[True, True, False, True, False, False, True]" and model == "TC-60"
