"""The emulated dynos and torque flanges on CAN: one node on the second channel, a drive and a flange at each side.

A drive holds its speed while it is asked to, by fresh and right frames; when they stay away for its watchdog's time it
holds zero speed and shows an error, as the AK drive does. A flange tells means over 10 ms, with errors drawn from the
limits of the rig file.
"""

from typing import Any, NamedTuple

import numpy as np

from bench.base.by_reference import by_reference
from bench.base.compiled import compiled
from bench.base.noise import gauss, noise_state
from bench.base.time import ns
from bench.canbus.database import Database
from bench.config.dyno import Dyno
from bench.config.flange import Flange
from bench.config.rig import Rig
from bench.emulators.can_node import CanNode, make_node
from bench.emulators.flanges import scale, wired_backwards, zero_moved_nm
from bench.emulators.instruments.accuracy import ErrorDraw, draw_flange
from bench.emulators.instruments.of_rig import SIDE_FIELDS, flange_accuracy
from bench.emulators.state_table import Event, Machine, StateTable, advance, make_table
from bench.plant.records import OUTPUTS
from bench.schedule.faults import Fault

STANDBY, HOLDING, ERROR = range(3)
WANTS_HOLD, LOST = 1, 2
NOTHING, HOLD, LET_GO, STOP_SHAFT = range(4)

MACHINE = Machine(
    title="dyno drive on CAN",
    states={STANDBY: "standby", HOLDING: "holding", ERROR: "error"},
    actions={NOTHING: "", HOLD: "holds the speed", LET_GO: "lets go", STOP_SHAFT: "holds zero speed"},
    events=(
        Event("command lost", LOST, LOST),
        Event("hold asked", WANTS_HOLD | LOST, WANTS_HOLD),
        Event("hold not asked", WANTS_HOLD | LOST, 0),
    ),
    rows={
        STANDBY: {"hold asked": (HOLDING, HOLD)},
        HOLDING: {"command lost": (ERROR, STOP_SHAFT), "hold not asked": (STANDBY, LET_GO)},
        ERROR: {"hold not asked": (STANDBY, LET_GO)},
    },
)

SIDES = 2
SPEED_SET, ENABLE, STATE, SPEED, TORQUE, FLANGE_TORQUE, FLANGE_SPEED, FLANGE_POWER, PLACES = range(9)
"""Places in the node's own image, one block a side."""

INTERVAL_NS = 10_000_000
_WATCHDOG_S = 0.1
_SPEED_NOISE_RPM, _TORQUE_NOISE = 0.05, 0.0005

SIDE = np.dtype(
    [
        *((name, "i8") for name in ("has_dyno", "has_flange", "rx", "state", "watchdog_ns")),
        *((name, "i8") for name in ("speed_field", "dyno_field", "torque_field")),
        *((name, "f8") for name in ("on", "set_rpm", "sign", "offset_nm", "noise_nm", "flange_sign", "speed_sign")),
        *((name, "f8") for name in ("gain", "flange_offset_nm", "speed_gain", "flange_noise_nm")),
    ],
    align=True,
)
"""One side of the bench: its drive and its flange. ``rx``: the place of its command among the frames heard."""


@by_reference
class CanDynos(NamedTuple):
    """The node on the wire, its sides, their noise and the drives' table; ``row`` is its row of the sensors' means."""

    node: CanNode
    sides: np.ndarray
    noise: np.ndarray
    table: StateTable
    row: np.ndarray


def make_can_dynos(rig: Rig, database: Database, seed: int, faults: tuple[Fault, ...], row: int) -> CanDynos:
    """What the rig has on CAN; nothing of it: a node without frames."""
    sides = np.zeros(SIDES, SIDE)
    heard: list[str] = []
    sent: list[str] = []
    places: dict[tuple[str, str], int] = {}
    for number, side in enumerate(rig.sides):
        own, base, letter = sides[number], PLACES * number, side.upper()
        dyno, flange = rig.dynos[f"dyno_{side}"], rig.flanges[f"flange_{side}"]
        if dyno.kind == "can":
            _drive(own, dyno, seed, side, len(heard))
            heard.append(f"DYNO_{letter}_CMD")
            sent.append(f"DYNO_{letter}_STATUS")
            for signal, place in (("SpeedSet", SPEED_SET), ("Enable", ENABLE)):
                places[f"DYNO_{letter}_CMD", signal] = base + place
            for signal, place in (("State", STATE), ("Speed", SPEED), ("Torque", TORQUE)):
                places[f"DYNO_{letter}_STATUS", signal] = base + place
        if flange.kind == "can":
            _flange(own, f"flange_{side}", flange, seed, faults)
            sent += [f"FLANGE_{letter}", f"FLANGE_{letter}_POWER"]
            places[f"FLANGE_{letter}", "Torque"] = base + FLANGE_TORQUE
            places[f"FLANGE_{letter}", "Speed"] = base + FLANGE_SPEED
            places[f"FLANGE_{letter}_POWER", "Power"] = base + FLANGE_POWER
        _places_in_plant(own, SIDE_FIELDS[side])
    node = make_node(3, 1, database, heard, sent, places, SIDES * PLACES)
    return CanDynos(node, sides, noise_state(seed, "can_dynos"), make_table(MACHINE), np.array([row]))


def _drive(own: Any, dyno: Dyno, seed: int, side: str, rx: int) -> None:
    own["has_dyno"], own["rx"], own["sign"] = 1, rx, dyno.sign
    own["watchdog_ns"] = ns(dyno.watchdog or _WATCHDOG_S)
    own["offset_nm"] = ErrorDraw(seed, f"dyno_{side}").within(0.005 * dyno.torque_max, "torque")
    own["noise_nm"] = _TORQUE_NOISE * dyno.torque_max


def _flange(own: Any, name: str, flange: Flange, seed: int, faults: tuple[Fault, ...]) -> None:
    accuracy = flange_accuracy(flange)
    error = draw_flange(ErrorDraw(seed, "flanges"), name, accuracy, flange.nominal_torque)
    own["has_flange"], own["speed_gain"] = 1, error.speed_gain
    own["gain"] = error.gain * scale(faults, name)
    own["flange_offset_nm"] = error.offset_nm + zero_moved_nm(faults, name)
    own["flange_sign"] = flange.sign * (-1 if wired_backwards(faults, name) else 1)
    own["speed_sign"] = flange.speed_sign
    own["flange_noise_nm"] = accuracy.noise / 100.0 * flange.nominal_torque


def _places_in_plant(own: Any, side: str) -> None:
    names = OUTPUTS.names or ()
    own["speed_field"], own["dyno_field"] = names.index(f"speed_{side}_rpm"), names.index(f"dyno_{side}_torque_nm")
    own["torque_field"] = names.index(f"torque_{side}_nm")


@compiled
def act(dynos: CanDynos, plant_in: Any, t_ns: int) -> None:
    """One millisecond of the drives."""
    for number in range(SIDES):
        own = dynos.sides[number]
        if own.has_dyno == 0:
            continue
        image, base = dynos.node.image, PLACES * number
        heard = dynos.node.rx_state[own.rx]
        fresh = heard.ok != 0 and t_ns - heard.good_ns <= own.watchdog_ns
        bits = (0 if fresh else LOST) | (WANTS_HOLD if image[base + ENABLE].value > 0.5 else 0)
        own.state, action = advance(dynos.table, own.state, bits)
        if action != NOTHING:
            own.on = 0.0 if action == LET_GO else 1.0
        own.set_rpm = image[base + SPEED_SET].value * own.sign if own.state == HOLDING else 0.0
        if number == 0:
            plant_in.dyno_l_on, plant_in.dyno_l_speed_rpm = own.on, own.set_rpm
        else:
            plant_in.dyno_r_on, plant_in.dyno_r_speed_rpm = own.on, own.set_rpm


@compiled
def tell(dynos: CanDynos, means: np.ndarray) -> None:
    """Fill the frames from the means of the last 10 ms."""
    image, row, noise = dynos.node.image, dynos.row[0], dynos.noise
    for number in range(SIDES):
        own, base = dynos.sides[number], PLACES * number
        if own.has_dyno:
            image[base + STATE].value = own.state
            speed = means[row, own.speed_field] + _SPEED_NOISE_RPM * gauss(noise)
            torque = means[row, own.dyno_field] + own.offset_nm + own.noise_nm * gauss(noise)
            image[base + SPEED].value, image[base + TORQUE].value = own.sign * speed, own.sign * torque
        if own.has_flange:
            torque = means[row, own.torque_field] * own.gain + own.flange_offset_nm + own.flange_noise_nm * gauss(noise)
            speed = means[row, own.speed_field] * own.speed_gain
            image[base + FLANGE_TORQUE].value = own.flange_sign * torque
            image[base + FLANGE_SPEED].value = own.speed_sign * speed
            power = torque * speed * 0.10471975511965977
            image[base + FLANGE_POWER].value = own.flange_sign * own.speed_sign * power
