"""What breaks in the plant itself, and in sensors, by script: parts that fail, actuators that do not obey, signals that
stand still or are off.

A breakdown holds a value of the plant's inputs, state or parameters, or of its outputs as every sensor sees them, from
its start to its end. What was there before comes back afterwards, but for the state, which goes on from where it is.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from bench.base.by_reference import by_reference
from bench.base.compiled import compiled
from bench.base.units import Unit, parse
from bench.plant.packed import PARAMETERS
from bench.plant.plant import Plant
from bench.plant.records import INPUTS, OUTPUTS, STATE, as_vector
from bench.schedule.faults import Fault

_INPUT, _STATE, _PARAMETER, _OUTPUT = range(4)
_SET, _FREEZE, _ADD, _SCALE, _AWAY, _DRIFT = range(6)
_S_PER_MIN = 60.0

ROW = np.dtype(
    [
        *((name, "i8") for name in ("target", "place", "how", "start_ns", "end_ns", "begun")),
        *((name, "f8") for name in ("value", "held")),
    ],
    align=True,
)
"""``held``: what was there when it began. What is added or scaled was written anew in the same millisecond."""


@dataclass(frozen=True, slots=True)
class Part:
    """What a kind holds: a place by name, how, and the value that stands for its argument if that has no unit."""

    target: int
    place: str
    how: int = _SET
    value: float = 0.0
    unit: Unit | None = None


_FREE_NM_PER_RAD = 0.0
_BLOCKED_NM = 1500.0
_LEAK_OHM = 0.6

OF_PLANT: Mapping[str, tuple[Part, ...]] = {
    "coupling": (
        Part(_PARAMETER, "shaft.stiffness_nm_per_rad", value=_FREE_NM_PER_RAD),
        Part(_PARAMETER, "shaft.damping_nm_s"),
    ),
    "blocked": (Part(_PARAMETER, "gear.drag_a0_nm", value=_BLOCKED_NM),),
    "welded": (Part(_INPUT, "contactor_closed", value=1.0),),
    "no_discharge": (Part(_INPUT, "discharge_on"),),
    "no_sink": (Part(_INPUT, "supply_sink_current_max_a"),),
    "leak": (Part(_PARAMETER, "stage.bleeder_resistance_ohm", value=_LEAK_OHM),),
    "let_go_l": (Part(_INPUT, "dyno_l_on"),),
    "let_go_r": (Part(_INPUT, "dyno_r_on"),),
    "no_grid": (Part(_INPUT, "supply_on"),),
    "runaway": (
        Part(_INPUT, "dyno_l_speed_rpm", _AWAY, 600.0, Unit.RPM),
        Part(_INPUT, "dyno_r_speed_rpm", _AWAY, 600.0, Unit.RPM),
    ),
    "runaway_l": (Part(_INPUT, "dyno_l_speed_rpm", _AWAY, 100.0, Unit.RPM),),
    "torque_stuck": (Part(_INPUT, "torque_request_nm", _FREEZE),),
    "torque_more": (Part(_INPUT, "torque_request_nm", _ADD, 40.0, Unit.NM),),
    "winding": (Part(_STATE, "winding_degc", value=190.0, unit=Unit.DEGC),),
    "winding_rising": (Part(_STATE, "winding_degc", _DRIFT, 2.0, Unit.KELVIN_PER_S),),
    "junction": (Part(_STATE, "junction_degc", value=150.0, unit=Unit.DEGC),),
}
"""Kinds of the place ``plant``: both half-shafts break; the gear box blocks; contactors do not open; the discharge does
not act; the supply takes nothing back, or its grid is lost; the DC link leaks; a dyno lets go and does not say so; both
dynos run away by so much, or the left one; the inverter's torque stands, or is more than asked for; winding or power
stage are too hot, or the winding grows warmer (``winding_rising:2 K/s``)."""

_SIGNALS: Mapping[str, str] = {
    "torque_l": "torque_l_nm", "torque_r": "torque_r_nm", "speed_l": "speed_l_rpm", "speed_r": "speed_r_rpm",
    "speed_motor": "speed_motor_rpm", "dc_voltage": "u_dc_v", "dc_current": "i_dc_a", "winding": "winding_degc",
}  # fmt: skip
OF_SENSORS: Mapping[str, int] = {"frozen": _FREEZE, "dead": _SET, "added": _ADD, "scaled": _SCALE, "drifting": _DRIFT}
"""Kinds of the place ``sensor``, whose argument begins with the name of a signal: it stands still, is zero, has so much
added (``added:torque_l,50``, in its own unit), is so many times what it should be (``scaled:speed_l,2``), or is off by
so much more each minute (``drifting:torque_l,10``)."""

PLACES: Mapping[str, tuple[str, ...]] = {"plant": tuple(OF_PLANT), "sensor": tuple(OF_SENSORS)}


@by_reference
class Breakdowns(NamedTuple):
    """Rows of the script, and flat views of the plant's records."""

    rows: np.ndarray
    inputs: np.ndarray
    state: np.ndarray
    parameters: np.ndarray
    outputs: np.ndarray


def read_breakdown(fault: Fault) -> tuple[tuple[int, int, int, float], ...]:
    """(target, place, how, value) of each thing that a line holds. Raises ``ValueError`` with the form expected."""
    if fault.place == "sensor":
        return (_of_sensor(fault),)
    found = []
    for part in OF_PLANT[fault.kind]:
        if fault.argument and part.unit is None:
            raise ValueError(f"{fault.kind} takes no {fault.argument!r}; leave the argument out")
        value = parse(fault.argument, part.unit) if fault.argument and part.unit is not None else part.value
        found.append((part.target, _place(part.target, part.place), part.how, value))
    return tuple(found)


def _of_sensor(fault: Fault) -> tuple[int, int, int, float]:
    name, _, more = fault.argument.partition(",")
    how = OF_SENSORS[fault.kind]
    if name not in _SIGNALS:
        raise ValueError(f"which signal? write one of {', '.join(_SIGNALS)}, such as sensor.frozen:torque_l@30s")
    if (how in (_ADD, _SCALE, _DRIFT)) != bool(more):
        raise ValueError(
            "added, scaled and drifting want a number after the signal, such as sensor.scaled:speed_l,2@30s"
        )
    number = float(more or 0.0)
    if not math.isfinite(number):
        raise ValueError(f"{more} is no number; write one such as sensor.added:torque_l,50@30s")
    value = number / _S_PER_MIN if how == _DRIFT else number
    return _OUTPUT, _place(_OUTPUT, _SIGNALS[name]), how, value


def _place(target: int, name: str) -> int:
    if target == _PARAMETER:
        part, _, item = name.partition(".")
        whole, inner = PARAMETERS.fields, PARAMETERS[part].fields
        assert whole is not None and inner is not None
        return int(whole[part][1] + inner[item][1]) // 8
    names = {_INPUT: INPUTS, _STATE: STATE, _OUTPUT: OUTPUTS}[target].names
    assert names is not None
    return names.index(name)


def make_breakdowns(plant: Plant, faults: tuple[Fault, ...]) -> Breakdowns:
    """What the script breaks of this plant."""
    mine = [fault for fault in faults if fault.place in PLACES]
    told = [(fault, part) for fault in mine for part in read_breakdown(fault)]
    rows = np.zeros(len(told), ROW)
    for row, (fault, (target, place, how, value)) in zip(rows, told, strict=True):
        row["target"], row["place"], row["how"], row["value"] = target, place, how, value
        row["start_ns"], row["end_ns"] = fault.start_ns, fault.end_ns
    inputs, state, outputs = (as_vector(record)[0] for record in (plant.inputs, plant.state, plant.outputs))
    return Breakdowns(rows, inputs, state, as_vector(plant.parameters)[0], outputs)


@compiled
def break_down(breakdowns: Breakdowns, t_ns: int) -> None:
    """Before the plant's step: what acts on it, what it is, and what it is made of."""
    for i in range(breakdowns.rows.shape[0]):
        target = breakdowns.rows[i].target
        if target == _INPUT:
            _hold(breakdowns.rows[i], breakdowns.inputs, t_ns, True)
        elif target == _STATE:
            _hold(breakdowns.rows[i], breakdowns.state, t_ns, False)
        elif target == _PARAMETER:
            _hold(breakdowns.rows[i], breakdowns.parameters, t_ns, True)


@compiled
def mislead(breakdowns: Breakdowns, t_ns: int) -> None:
    """After the plant's step: what its sensors see of it."""
    for i in range(breakdowns.rows.shape[0]):
        if breakdowns.rows[i].target == _OUTPUT:
            _hold(breakdowns.rows[i], breakdowns.outputs, t_ns, False)


@compiled
def _hold(row: Any, values: np.ndarray, t_ns: int, back: bool) -> None:
    if not row.start_ns <= t_ns < row.end_ns:
        if row.begun and back and row.how in (_SET, _AWAY):
            values[row.place] = row.held
        row.begun = 0
        return
    if not row.begun:
        row.begun, row.held = 1, values[row.place]
    if row.how in (_SET, _AWAY):
        _keep_away(row, values)
    elif row.how == _FREEZE:
        values[row.place] = row.held
    elif row.how == _ADD:
        values[row.place] += row.value
    elif row.how == _DRIFT:
        begun = row.held if row.target == _STATE else values[row.place]
        values[row.place] = begun + row.value * (t_ns - row.start_ns) * 1e-9
    else:
        values[row.place] *= row.value


@compiled
def _keep_away(row: Any, values: np.ndarray) -> None:
    """Hold a value that somebody else may write at any time: what was written last comes back afterwards."""
    kept = row.value if row.how == _SET else row.held + row.value
    if values[row.place] != kept:
        row.held = values[row.place]
        kept = row.value if row.how == _SET else row.held + row.value
    values[row.place] = kept
