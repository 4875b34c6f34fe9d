"""``bench emulate``: anybody's scripts can talk to the rig's other side."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from wall_runs import WallRun, wall_run

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


@pytest.fixture(scope="module")
def places() -> Iterator[dict[str, str]]:
    """Where everything is, from the command's own words."""
    import json

    with wall_run("emulate", "--json") as run:
        assert run.process.stdout is not None
        found: dict[str, str] = json.loads(run.process.stdout.readline())["places"]
        yield {**found, "private": str(run.private)}
        end_calmly(run)


def end_calmly(run: WallRun) -> None:
    """Ctrl-C ends it, and nothing stays behind."""
    run.process.send_signal(signal.SIGINT)
    assert run.process.wait(20) == 0
    assert run.processes() == []
    assert run.left() == [name for name in run.left() if name.endswith("lock")]


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
