"""``bench emulate``: anybody's scripts can talk to the rig's other side."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.config.search import find

INSTRUMENTS = """
import pyvisa
manager = pyvisa.ResourceManager("@py")
for resource in ({analyzer!r}, {supply!r}):
    with manager.open_resource(resource, read_termination="\\n", write_termination="\\n", timeout=5000) as device:
        print(device.query("*IDN?"))
with manager.open_resource({dyno_l!r}, read_termination="\\x03", timeout=5000) as dyno:
    dyno.write_raw(b"\\x02 ASTZ K0\\x03")
    print(repr(dyno.read_raw()))
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


def script(text: str, places: dict[str, str]) -> str:
    """What a stranger's script prints; it shares nothing with the bench but the user."""
    environment = {**os.environ, "XDG_RUNTIME_DIR": places["private"]}
    done = subprocess.run(
        [sys.executable, "-c", text], capture_output=True, text=True, env=environment, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_a_plain_pyvisa_script_talks_to_the_instruments(places: dict[str, str]) -> None:
    analyzer, supply, dyno = script(INSTRUMENTS.format(**places), places).splitlines()
    assert analyzer.startswith("YOKOGAWA,WT5000,91X412345")
    assert "PSB 10500-180" in supply and "2841370007" in supply
    assert dyno.startswith("b'\\x02 ASTZ 0")


@pytest.mark.slow
def test_a_plain_python_can_script_hears_the_inverter(places: dict[str, str]) -> None:
    channel = places["can.dut"].removeprefix("benchwire ")
    dbc = find("dbc", "edu_gen5")
    said = script(FRAMES.format(dbc=str(Path(dbc)), channel=channel), places)
    assert "'Speed': 0.0" in said and "'State': " in said
    assert abs(float(said.split()[-1]) - 0.010) < 0.001
