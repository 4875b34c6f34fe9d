"""The emulated world of one rig and one DUT: everything on the other side of every wire, one plant behind all."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.base.records import FRAME, WIRE_STATE
from bench.base.ring import make_ring
from bench.base.time import NS_PER_MS, ns
from bench.canbus.buses import make_wire
from bench.canbus.database import Database
from bench.canbus.fault_script import BUS_PLACES, script_wire
from bench.config.dut import Dut
from bench.config.rig import Rig
from bench.emulators.ageing import Ageing
from bench.emulators.bench_io import make_bench_io
from bench.emulators.breakdowns import make_breakdowns
from bench.emulators.can_dynos import INTERVAL_NS, make_can_dynos
from bench.emulators.cascadia_cm import CmInverter, Plate, make_cascadia
from bench.emulators.couple import TAP_FRAMES, EmulatedBench
from bench.emulators.device import ByteDevice
from bench.emulators.diagnosed import DiagnosedEcu, make_doorway
from bench.emulators.ecu import Ecu, make_ecu
from bench.emulators.flanges import shunts_nm
from bench.emulators.instruments.of_rig import by_part
from bench.emulators.instruments.periphery_of_rig import periphery_servers
from bench.emulators.periphery import Periphery, make_periphery
from bench.emulators.polls import make_polls
from bench.emulators.seat import Seat
from bench.emulators.sensors import make_sensors
from bench.emulators.truth import Truth
from bench.plant.optimum import CurrentTable
from bench.plant.parameters import (
    MachineParameters,
    PlantParameters,
    PowerStageParameters,
    ShaftParameters,
    SourceParameters,
    ThermalParameters,
    TransmissionParameters,
)
from bench.plant.plant import make_plant
from bench.plant.records import OUTPUTS, as_vector
from bench.schedule.faults import Fault, of_place

_FAST_INTERVAL_NS = 20 * NS_PER_MS
_SERIAL, _SOFTWARE = 4711, 10203
INVERTER = "inverter"
INVERTER_FAULTS = ("broken", "parameter")
"""``parameter:172=100``: it was set up otherwise, before the run."""
_TIMEOUT_MS = 999.0


@dataclass(frozen=True, slots=True)
class World:
    """The compiled part, the instruments by part, and the hidden truth."""

    bench: EmulatedBench
    devices: Mapping[str, ByteDevice]
    truth: Truth
    seats: Mapping[str, int]
    """Row of an instrument among the sensors and the polls."""
    diagnosed: DiagnosedEcu | None = None
    """The ECU's diagnostic side, if the DUT file has one."""
    ageing: Ageing | None = None
    """If the unit is asked to age."""

    def seat(self, part: str, setpoints: Sequence[int]) -> Seat | None:
        """Where the compiled loop may read ``part``, which obeys these places of the image; not every part has one."""
        if part not in self.seats:
            return None
        closely = self.truth.fast if part == "analyzer" else None
        return Seat(self.bench.polls, self.seats[part], setpoints, closely)


def plant_parameters(rig: Rig, dut: Dut) -> PlantParameters:
    """What the plant of this bench is made of: the unit's model from the DUT file, shafts and source from the rig."""
    values = dut.plant_values()
    dyno = next(iter(rig.dynos.values()))
    return PlantParameters(
        MachineParameters(**values["machine"]),
        PowerStageParameters(**values["power_stage"]),
        TransmissionParameters(**values["transmission"]),
        ThermalParameters(**values["thermal"]),
        SourceParameters(**rig.supply.source.model_dump(), slew_v_per_s=rig.supply.slew),
        ShaftParameters(
            **dyno.shaft.model_dump(),
            dyno_torque_max_nm=dyno.torque_max,
            brake_full_rpm=dyno.full_torque_speed or 0.0,
        ),
        layout=rig.layout,
    )


def make_world(
    rig: Rig,
    dut: Dut,
    parameters: PlantParameters,
    table: CurrentTable,
    databases: Mapping[str, Database],
    seed: int,
    faults: tuple[Fault, ...],
    fast: Callable[[], bool],
    *,
    tapped: bool = False,
) -> World:
    """The other side of the bench, at ambient temperature and without voltage.

    ``databases``: what the emulated nodes were built with, by role; ``fast`` tells when the truth is worth keeping;
    ``tapped``: somebody reads ``EmulatedBench.tap``.
    """
    plant = make_plant(parameters, rig.ambient, table)
    outputs = as_vector(plant.outputs)[0]
    parts = ("analyzer", "supply", *rig.linked_dynos, *(() if rig.scanner is None else ("scanner",)))
    intervals = [ns(rig.analyzer.update), *[_FAST_INTERVAL_NS] * (len(parts) - 1)]
    if rig.on_can:
        intervals.append(INTERVAL_NS)
    sensors = make_sensors(intervals, len(outputs))
    wire = make_wire([rig.bus("dut").bitrate, rig.bus("bench_io").bitrate], members=_on_the_buses(rig))
    for place, bus in BUS_PLACES.items():
        script_wire(wire, bus, of_place(faults, place), seed)
    of_inverter = of_place(faults, INVERTER)
    inverter, cascadia = _inverter(dut, databases["dut"], seed, of_inverter)
    _break_inverter(inverter if dut.inverter.driver == "gen5" else cascadia, of_inverter)
    bench = EmulatedBench(
        wire,
        np.zeros(64, FRAME),
        np.zeros(1, WIRE_STATE),
        make_ring(FRAME, TAP_FRAMES if tapped else 1),
        inverter,
        cascadia,
        _periphery(rig, seed, faults),
        make_bench_io(rig, databases["bench_io"]),
        make_can_dynos(rig, databases["bench_io"], seed, faults, row=len(parts)),
        plant,
        sensors,
        outputs,
        make_doorway(dut.diagnostics, faults),
        make_polls(len(parts), as_vector(plant.inputs)[0]),
        make_breakdowns(plant, faults),
    )
    truth = Truth(sensors, fast)
    names = OUTPUTS.names or ()
    measured = {part: _latched(sensors.means[row], sensors.latched_ns, row) for row, part in enumerate(parts)}
    measured["analyzer"] = truth.watch(measured["analyzer"])
    devices = by_part(rig, measured, names, plant.inputs, seed, faults)
    devices |= periphery_servers(rig, bench.periphery, seed, faults)
    seats = {part: row for row, part in enumerate(parts)}
    ageing = Ageing(plant, faults, seed)
    return World(bench, devices, truth, seats, _diagnosed(bench, dut, faults), ageing if ageing.asked_for else None)


def _diagnosed(bench: EmulatedBench, dut: Dut, faults: tuple[Fault, ...]) -> DiagnosedEcu | None:
    if dut.diagnostics is None:
        return None
    inputs = bench.plant.inputs
    return DiagnosedEcu(bench.doorway, bench.wire, dut.diagnostics, faults, lambda: inputs["pwm_on"][0] == 0.0)


def _periphery(rig: Rig, seed: int, faults: tuple[Fault, ...]) -> Periphery:
    pumps_s = (rig.conditioner.coolant.pump, rig.conditioner.oil.pump)
    monitor = rig.insulation.dbc is not None
    return make_periphery(seed, rig.ambient, faults, pumps_s, shunts_nm(rig, faults), monitor=monitor)


def _on_the_buses(rig: Rig) -> tuple[tuple[int, ...], ...]:
    """The core and the inverter; the core, the bench I/O, and the dynos and flanges where they speak CAN."""
    return (0, 1), (0, 2, 3) if rig.on_can else (0, 2)


def _inverter(dut: Dut, database: Database, seed: int, faults: tuple[Fault, ...]) -> tuple[Ecu, CmInverter]:
    """The one that the DUT file names, and an empty place for the other. It was set up as the file requires."""
    charged_v, limits = 0.75 * dut.envelope.voltage_nominal.value, dut.envelope
    told = dut.inverter.command_timeout
    wrong = dict(map(parameter_of, (fault for fault in faults if fault.kind == "parameter")))
    plate = Plate(
        charged_v,
        limits.voltage_max.value * 1.05,
        dut.speed_max_rpm * 1.1,
        dut.temperatures["winding"].trip,
        told.value * 1e3 if told else _TIMEOUT_MS,
        dut.inverter.direction == "forward",
        parameters=tuple({**{address: p.value for address, p in dut.inverter.parameters.items()}, **wrong}.items()),
    )
    ours = dut.inverter.driver == "gen5"
    gen5 = make_ecu(database, seed, _SERIAL, _SOFTWARE, charged_v, dut.machine == "eesm", present=ours)
    return gen5, make_cascadia(database, seed, None if ours else plate)


def parameter_of(fault: Fault) -> tuple[int, int]:
    """Address and value of a fault ``parameter``. Raises ``ValueError`` for another form."""
    address, _, value = fault.argument.partition("=")
    return int(address), int(value)


def _break_inverter(inverter: Ecu | CmInverter, faults: tuple[Fault, ...]) -> None:
    for fault in [fault for fault in faults if fault.kind == "broken"][:1]:
        own = inverter.state[0]
        own["broken_ns"], own["mended_ns"] = fault.start_ns, fault.end_ns
        own["broken_bit"] = int(fault.argument or "0")


def _latched(
    means: NDArray[np.float64], latched_ns: NDArray[np.int64], row: int
) -> Callable[[], tuple[NDArray[np.float64], int]]:
    return lambda: (means, int(latched_ns[row]))
