"""Everything in the core that changes, as plain arrays: it can live in shared memory and be snapshotted by copying."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.base.by_reference import by_reference
from bench.base.quality import GOOD, STALE
from bench.base.records import BUSES_MAX, FRAME, IMAGE, WIRE_STATE
from bench.canbus.monitors import Seen, make_seen
from bench.canbus.tables import make_rx_state, make_tx_state
from bench.core import tables
from bench.core.design import HEARTBEATS
from bench.core.program import Program

Table = NDArray[Any]


@by_reference
class State(NamedTuple):
    """The image and all memory of the cycle (types in ``bench.core.tables``). Only the cycle writes it."""

    image: Table
    core: Table
    counters: Table
    setpoints: Table
    limits: Table
    rx: Table
    rx_told_ns: NDArray[np.int64]
    tx: Table
    tx_next_ns: NDArray[np.int64]
    beats_ns: NDArray[np.int64]
    watches: Table
    conditions: Table
    windows: NDArray[np.float64]
    meter_channels: Table
    meter_rows: Table
    group_last_ns: NDArray[np.int64]
    words: Table
    torque_memories: Table
    wire: Table
    """What our controllers say (WIRE_STATE), one row a bus."""
    asked: Table
    """The diagnostic frame (FRAME) that goes out at the end of this cycle, if ``core.asked``."""
    seen: Seen
    """What the monitors have seen of every identifier."""


def make_state(program: Program) -> State:
    """The state before the first cycle: every reading stale, every set-point at its initial value, not armed."""
    state = State(
        image=np.zeros(len(program.channels), IMAGE),
        core=np.zeros(1, tables.CORE),
        counters=np.zeros(1, tables.COUNTERS),
        setpoints=np.zeros(len(program.setpoints), tables.SETPOINT_STATE),
        limits=np.zeros(len(program.limits), tables.LIMIT_STATE),
        rx=make_rx_state(program.can),
        rx_told_ns=np.full(len(program.can.messages), -tables.FAR_NS, np.int64),
        tx=make_tx_state(program.can),
        tx_next_ns=program.tx_entries["offset_ns"].copy(),
        beats_ns=np.full(HEARTBEATS, -1, np.int64),
        watches=np.zeros(tables.WATCHES, tables.WATCH),
        conditions=np.zeros((tables.WATCHES, tables.CONDITIONS), tables.WATCH_CONDITION),
        windows=np.zeros((tables.WATCHES, tables.CONDITIONS, tables.WINDOW_SAMPLES)),
        meter_channels=np.zeros(tables.METER_CHANNELS, tables.METER_CHANNEL),
        meter_rows=np.zeros((tables.METER_CHANNELS, tables.METER_ROWS), tables.METER_ROW),
        group_last_ns=np.full(len(program.groups), -1, np.int64),
        words=np.zeros(len(program.words), tables.WORD_STATE),
        torque_memories=np.zeros(len(program.torque_pairs), tables.TORQUE_MEMORY),
        wire=np.zeros(BUSES_MAX, WIRE_STATE),
        asked=np.zeros(1, FRAME),
        seen=make_seen(program.can, program.monitors, len(program.bus_monitors)),
    )
    _begin(program, state)
    return state


def _begin(program: Program, state: State) -> None:
    core = state.core
    core["t_ns"] = core["rung_since_ns"] = core["confirmed_since_ns"] = core["stop_ns"] = -1
    core["rung"] = core["source"] = tables.NONE
    core["stop_class"] = tables.NO_STOP
    core["changed"] = 1
    state.words["t_ns"] = -tables.FAR_NS
    state.torque_memories["number"] = -tables.FAR_NS
    state.torque_memories["arrived_ns"] = -1
    state.wire["t_ns"] = -1
    state.image["value"] = np.nan
    state.image["quality"] = STALE
    state.image["t_ns"] = state.image["arrived_ns"] = -1
    zero = np.flatnonzero(program.channels["zero"][: len(state.image)])
    state.image[zero] = (0.0, 0, 0, GOOD)
    state.limits["low"], state.limits["high"] = program.limits["low"], program.limits["high"]
    state.limits["since_ns"] = state.limits["lost_since_ns"] = -1
    for name in ("value", "target", "held_target"):
        state.setpoints[name] = program.setpoints["initial"]
    state.image["value"][program.setpoints["channel"]] = program.setpoints["initial"]
    state.image["quality"][program.setpoints["channel"]] = GOOD
