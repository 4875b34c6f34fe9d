"""The emulated world without a core: what it hears and says when it is asked late."""

from collections import Counter

import numpy as np
import pytest

from bench.assembly import draw, load_inputs
from bench.base.records import FRAME, IMAGE
from bench.base.ring import drain, push
from bench.canbus.codec import transmit
from bench.canbus.tables import build_tables, make_tx_state
from bench.emulators.factory import factory_databases
from bench.emulators.free_world import FreeWorld
from bench.emulators.world import World, make_world

MS = 1_000_000
EDU_STATUS, EDU_IDENT, IO_STATUS = 0x110, 0x7A0, 0x220


@pytest.fixture
def world() -> World:
    blueprint = draw(load_inputs("smoke"))
    rig, dut = blueprint.inputs.rig.value, blueprint.inputs.dut.value
    table = blueprint.twin.table
    return make_world(rig, dut, blueprint.parameters, table, factory_databases(), 1, (), lambda: False)


def live(free: FreeWorld, from_ms: int, to_ms: int) -> Counter[int]:
    """Millisecond by millisecond; how many frames of each identifier were said."""
    said: Counter[int] = Counter()
    for t_ms in range(from_ms + 1, to_ms + 1):
        free.run_until(t_ms * MS)
        said.update(int(frame["id"]) for frame in drain(free.frames_out))
    return said


def test_nodes_speak_at_their_periods(world: World) -> None:
    said = live(FreeWorld(world), 0, 1000)
    assert 99 <= said[EDU_STATUS] <= 101 and 99 <= said[IO_STATUS] <= 101
    assert 1 <= said[EDU_IDENT] <= 2


def test_what_was_missed_is_lived_through_but_not_said(world: World) -> None:
    free = FreeWorld(world)
    live(free, 0, 100)
    free.run_until(5_000 * MS)
    said = Counter(int(frame["id"]) for frame in drain(free.frames_out))
    assert max(said.values()) <= 3
    assert live(free, 5_000, 5_100)[EDU_STATUS] in (10, 11)


def test_every_frame_is_heard_at_its_own_time(world: World) -> None:
    """Torque frames that came in time keep the inverter content, though the world takes them in all at once."""
    free = FreeWorld(world)
    for number, frame in enumerate(torque_frames(40)):
        frame["t_ns"] = number * 10 * MS
        assert push(free.frames_in, frame)
    free.run_until(400 * MS)
    assert world.bench.ecu.state["command_lost"][0] == 0
    free.run_until(460 * MS)
    assert world.bench.ecu.state["command_lost"][0] == 1


def test_an_instrument_that_hears_nothing_acts_by_itself(world: World) -> None:
    free, supply = FreeWorld(world), world.devices["supply"]
    for command in (
        "SYST:LOCK ON",
        "SYST:COMM:MON:TIM 2;ACT ON;:POW:STAG:AFT:REM OFF",
        "VOLT 100",
        "CURR 10",
        "OUTP ON",
    ):
        supply.receive(f"{command}\n".encode(), 0)
    free.run_until(1_900 * MS)
    on = world.bench.plant.inputs["supply_on"][0]
    free.run_until(2_100 * MS)
    assert (on, world.bench.plant.inputs["supply_on"][0]) == (1.0, 0.0)


def torque_frames(count: int) -> list[np.ndarray]:
    """What a bench sends the inverter, protected as the database says."""
    tables = build_tables([(factory_databases()["dut"], 0, "VCU_TORQUE_CMD")], lambda _message, _signal: 0)
    state, image, frames = make_tx_state(tables), np.zeros(1, IMAGE), []
    for _ in range(count):
        frame = np.zeros(1, FRAME)
        assert transmit(tables, state, image, 0, frame[0]) == 0
        frames.append(frame[0])
    return frames
