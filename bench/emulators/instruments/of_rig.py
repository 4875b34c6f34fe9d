"""The emulated instruments that stand in for those of a rig file, with the errors its accuracy figures allow."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from bench.base.errors import InputError, Problem
from bench.base.time import ns
from bench.config.analyzer import Accuracy, Element
from bench.config.flange import Flange
from bench.config.rig import Rig
from bench.config.scanner import Scanner
from bench.config.suggest import suggestion
from bench.emulators.device import ByteDevice
from bench.emulators.flanges import scale, wired_backwards, zero_moved_nm
from bench.emulators.instruments.accuracy import AnalyzerAccuracy, ElementAccuracy, FlangeAccuracy, ReadingRange
from bench.emulators.instruments.ak_dyno import AkDynoEmulator, DriveNameplate
from bench.emulators.instruments.analyzer_peer import AnalyzerPeer, Surroundings
from bench.emulators.instruments.ea_psb import EaPsbEmulator
from bench.emulators.instruments.faults import Fault as InstrumentFault
from bench.emulators.instruments.faults import FaultKind, FaultScript, read_argument
from bench.emulators.instruments.hioki_pw import pw8001
from bench.emulators.instruments.itech_it6000c import ItechIt6000cEmulator
from bench.emulators.instruments.keysight_daq970a import KeysightDaq970aEmulator, Wired
from bench.emulators.instruments.keysight_rp7900 import KeysightRp7900Emulator
from bench.emulators.instruments.magtrol_dsp import BrakeNameplate, MagtrolDspEmulator
from bench.emulators.instruments.supply import SupplyEmulator, SupplyNameplate
from bench.emulators.instruments.wiring import AnalyzerWiring, ElementWiring, FlangeWiring, Measured
from bench.emulators.instruments.yokogawa import wt1800e, wt3000e, wt5000
from bench.emulators.instruments.zes_lmg import lmg670
from bench.schedule.faults import Fault, of_place

T = TypeVar("T")

_FIELDS = {
    "dc": ("u_dc_v", "i_dc_a", "p_dc_w", ""),
    "ac": ("u_ac_v", "i_ac_a", "p_ac_w", "f_el_hz"),
    "field": ("u_f_v", "i_f_a", "p_f_w", ""),
    "aux": ("", "", "p_aux_w", ""),
}
"""Where an element is connected: voltage, current, power, frequency (names of the plant's OUTPUTS)."""

SUPPLIES: Mapping[str, type[SupplyEmulator]] = {
    "ea_psb": EaPsbEmulator,
    "itech_it6000c": ItechIt6000cEmulator,
    "keysight_rp7900": KeysightRp7900Emulator,
}
"""By the driver's name in the rig file."""

ANALYZERS: Mapping[str, Callable[[Surroundings], ByteDevice]] = {
    "yokogawa_wt5000": wt5000,
    "yokogawa_wt3000e": wt3000e,
    "yokogawa_wt1800e": wt1800e,
    "zes_lmg670": lmg670,
    "hioki_pw8001": pw8001,
}
"""By the driver's name in the rig file."""

SIDE_FIELDS = {"l": "l", "r": "r", "m": "l"}  # the plant of a motor bench has its one dyno on the left


def analyzer(rig: Rig, measured: Measured, outputs: Sequence[str], seed: int, faults: tuple[Fault, ...]) -> ByteDevice:
    """The power analyzer with its flanges. Raises ``InputError`` for a driver that nobody emulates."""
    make = _emulated(rig, "analyzer", rig.analyzer.driver, ANALYZERS)
    elements = [_element(name, element) for name, element in rig.analyzer.elements.items()]
    flanges = [
        FlangeWiring(
            name,
            flange.motor_input,
            f"torque_{SIDE_FIELDS[name[-1]]}_nm",
            f"speed_{SIDE_FIELDS[name[-1]]}_rpm",
            flange.nominal_torque,
            flange.sign * (-1 if wired_backwards(faults, name) else 1),
            flange.speed_sign,
            flange.frequency_centre,
            flange.frequency_span,
            flange.pulses_per_rev,
            *_spans_hz(flange, scale(faults, name)),
            zero_moved_nm(faults, name),
        )
        for name, flange in rig.analyzer_flanges.items()
    ]
    surroundings = Surroundings(
        measured,
        outputs,
        AnalyzerWiring(elements, flanges),
        _accuracy(rig),
        seed=seed,
        identity=f"{rig.analyzer.maker},{rig.analyzer.model},{rig.analyzer.serial or 0},F1.03",
        latency_ns=ns(rig.analyzer.latency),
        faults=script(faults, "analyzer", seed),
    )
    return make(surroundings)


def _spans_hz(flange: Flange, factor: float) -> tuple[float, float]:
    """What nominal torque really changes, clockwise and counterclockwise."""
    factors = flange.k_factor
    if factors is None:
        return factor * flange.frequency_span, factor * flange.frequency_span
    return factor * factors.clockwise, factor * factors.counterclockwise


def _emulated(rig: Rig, place: str, driver: str, known: Mapping[str, T]) -> T:
    if driver not in known:
        told = f"{place}: nobody emulates {driver!r}; {suggestion(driver, known)}"
        raise InputError([Problem(rig.rig, 0, 0, told)])
    return known[driver]


def _element(name: str, element: Element) -> ElementWiring:
    voltage, current, power, frequency = _FIELDS[name]
    sensor = element.sensor
    return ElementWiring(
        name,
        element.inputs,
        voltage,
        current,
        power,
        ct_ratio=sensor.ratio if sensor else 1.0,
        ct_polarity=sensor.polarity if sensor else 1,
        frequency_field=frequency,
        wiring=element.wiring,
    )


def flange_accuracy(flange: Flange) -> FlangeAccuracy:
    """The limits of a flange's errors, as its rig file states them."""
    return FlangeAccuracy(
        flange.sensitivity,
        flange.linearity,
        flange.repeatability,
        flange.zero,
        flange.tk0,
        flange.tkc,
        flange.temperature_band,
        flange.speed,
    )


def _accuracy(rig: Rig) -> AnalyzerAccuracy:
    def of(accuracy: Accuracy) -> ReadingRange:
        above = tuple((band.starts, band.reading, band.range) for band in accuracy.above)
        return ReadingRange(accuracy.reading, accuracy.range, above)

    return AnalyzerAccuracy(
        {
            name: ElementAccuracy(of(element.voltage), of(element.current), of(element.power))
            for name, element in rig.analyzer.elements.items()
        },
        {name: flange_accuracy(flange) for name, flange in rig.analyzer_flanges.items()},
    )


def supply(
    rig: Rig,
    measured: Measured,
    outputs: Sequence[str],
    actuate: NDArray[np.void],
    seed: int,
    faults: tuple[Fault, ...],
) -> ByteDevice:
    """The DC supply. Raises ``InputError`` for a driver that nobody emulates."""
    rated = rig.supply
    family = _emulated(rig, "supply", rated.driver, SUPPLIES)
    return family(
        measured,
        tuple(outputs),
        actuate,
        SupplyNameplate(rated.voltage_max, rated.current_max, rated.power_max),
        seed=seed,
        identity=family.identity_of(rated.maker, rated.model, rated.serial),
        faults=script(faults, "supply", seed),
    )


def dyno(
    rig: Rig,
    name: str,
    measured: Measured,
    outputs: Sequence[str],
    actuate: NDArray[np.void],
    seed: int,
    faults: tuple[Fault, ...],
) -> ByteDevice:
    """One dyno: a drive or a brake."""
    rated, side = rig.dynos[name], SIDE_FIELDS[name[-1]]
    if rated.absorbing:
        return MagtrolDspEmulator(
            measured,
            tuple(outputs),
            actuate,
            side,
            BrakeNameplate(rated.dialect, rated.display_unit, rated.speed_max, rated.torque_max, rated.sign),
            seed=seed,
            name=name,
            identity=f"Magtrol {rated.model} Rev 1.0",
            faults=script(faults, name, seed),
        )
    return AkDynoEmulator(
        measured,
        tuple(outputs),
        actuate,
        side,
        DriveNameplate(torque_max_nm=rated.torque_max, speed_max_rpm=rated.speed_max, sign=rated.sign),
        seed=seed,
        name=name,
        identity=f"bench,{rated.model},{rated.serial},1.0",
        codes=dict(rated.mnemonics),
        faults=script(faults, name, seed),
    )


def scanner(
    rated: Scanner,
    measured: Measured,
    outputs: Sequence[str],
    actuate: NDArray[np.void],
    seed: int,
    faults: tuple[Fault, ...],
) -> ByteDevice:
    """The temperature scanner with its thermocouples."""
    return KeysightDaq970aEmulator(
        measured,
        outputs,
        actuate,
        [Wired(name, told.input, told.at, told.accuracy) for name, told in rated.thermocouples.items()],
        rate_hz=rated.rate,
        seed=seed,
        identity=KeysightDaq970aEmulator.identity_of(rated.maker, rated.model, rated.serial),
        latency_ns=ns(rated.latency),
        faults=script(faults, "scanner", seed),
    )


def script(faults: tuple[Fault, ...], place: str, seed: int) -> FaultScript:
    """The faults of one instrument. Raises ``ValueError`` for an argument that none of them takes."""
    own = of_place(faults, place)
    return FaultScript((_fault(fault) for fault in own), seed, place)


def _fault(fault: Fault) -> InstrumentFault:
    kind: FaultKind = fault.kind  # type: ignore[assignment]
    return InstrumentFault(kind, fault.start_ns, fault.end_ns, *read_argument(kind, fault.argument))


def by_part(
    rig: Rig,
    sensors: Mapping[str, Measured],
    outputs: Sequence[str],
    actuate: NDArray[np.void],
    seed: int,
    faults: tuple[Fault, ...],
) -> dict[str, ByteDevice]:
    """All emulated instruments of a rig, by part name."""
    devices: dict[str, ByteDevice] = {
        "analyzer": analyzer(rig, sensors["analyzer"], outputs, seed, faults),
        "supply": supply(rig, sensors["supply"], outputs, actuate, seed, faults),
    }
    for name in rig.linked_dynos:
        devices[name] = dyno(rig, name, sensors[name], outputs, actuate, seed, faults)
    if rig.scanner is not None:
        devices["scanner"] = scanner(rig.scanner, sensors["scanner"], outputs, actuate, seed, faults)
    return devices


def known_faults(rig: Rig) -> dict[str, tuple[FaultKind, ...]]:
    """What can go wrong with each emulated instrument of a rig."""
    found = {"analyzer": AnalyzerPeer.known_faults}
    if rig.supply.driver in SUPPLIES:
        found["supply"] = SUPPLIES[rig.supply.driver].known_faults
    if rig.scanner is not None:
        found["scanner"] = KeysightDaq970aEmulator.known_faults
    for name, each in rig.linked_dynos.items():
        found[name] = (MagtrolDspEmulator if each.absorbing else AkDynoEmulator).known_faults
    return found
