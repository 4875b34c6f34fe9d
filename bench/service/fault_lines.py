"""Lines of a fault script from the command line: read, and refused when nobody would carry them out."""

import re
from collections.abc import Collection, Mapping, Sequence

from bench.base.errors import InputError, Problem
from bench.canbus.buses import FAULTS_MAX
from bench.canbus.fault_script import BUS_PLACES, CAN_FAULTS, read_bus_fault
from bench.config.suggest import suggestion
from bench.emulators.diagnosed import FAULTS as ECU_FAULTS
from bench.emulators.diagnosed import PLACE as ECU
from bench.emulators.diagnosed import TROUBLE_CODES
from bench.emulators.instruments.faults import FAULT_KINDS, read_argument
from bench.emulators.instruments.of_rig import KNOWN_FAULTS, SUPPLIES
from bench.emulators.instruments.periphery_of_rig import KNOWN_FAULTS as OF_MODBUS
from bench.emulators.periphery import FAULTS as PERIPHERY_FAULTS
from bench.emulators.periphery import read_ohm
from bench.emulators.world import INVERTER, INVERTER_FAULTS, parameter_of
from bench.schedule.faults import Fault, parse_fault

_PARAMETER = re.compile(r"\d{1,5}=-?\d{1,5}", re.ASCII)
_NAMED = re.compile(r"[a-z][a-z0-9_]*=[ -~]+", re.ASCII)


def read_faults(
    lines: Sequence[str],
    dynos: Sequence[str] | None,
    on_can: Collection[str] = (),
    modbus: Collection[str] = (),
    supply: str = "ea_psb",
    thermocouples: Collection[str] = (),
) -> tuple[Fault, ...]:
    """The faults of all lines; ``dynos``: names of the rig's dynos (``None``: not known, places are not judged),
    ``modbus``: its periphery behind links, ``supply``: the driver of its supply, ``thermocouples``: of its scanner.

    Raises ``InputError`` with every line that is wrong.
    """
    faults: list[Fault] = []
    problems: list[Problem] = []
    for line in lines:
        try:
            fault = parse_fault(line)
            kinds = kinds_of(dynos or (), on_can, modbus, supply, scanner=bool(thermocouples))
            complaint = "" if dynos is None else _complaint(fault, kinds) or _no_such(fault, thermocouples)
        except ValueError as error:
            complaint = str(error)
        if complaint:
            problems.append(Problem(f"--fault {line}", 0, 0, complaint))
        else:
            faults.append(fault)
    on_buses = sum(fault.place in BUS_PLACES for fault in faults)
    if on_buses > FAULTS_MAX:
        problems.append(Problem("--fault", 0, 0, f"{on_buses} lines for the buses; {FAULTS_MAX} are possible"))
    if problems:
        raise InputError(problems)
    return tuple(faults)


def kinds_of(
    dynos: Sequence[str],
    on_can: Collection[str] = (),
    modbus: Collection[str] = (),
    supply: str = "ea_psb",
    *,
    scanner: bool = False,
) -> Mapping[str, tuple[str, ...]]:
    """What can go wrong where; the faults of dynos ``on_can`` are those of their frames, and so are those of periphery
    that is not in ``modbus``; ``supply`` is its driver."""
    asked = {"analyzer": "analyzer", **{name: "dyno" for name in dynos if name not in on_can}}
    instruments: dict[str, tuple[str, ...]] = {part: KNOWN_FAULTS[what] for part, what in asked.items()}
    if supply in SUPPLIES:
        instruments["supply"] = SUPPLIES[supply].known_faults
    if scanner:
        instruments["scanner"] = KNOWN_FAULTS["scanner"]
    instruments |= {part: OF_MODBUS[part] for part in modbus}
    buses = dict.fromkeys(BUS_PLACES, tuple(CAN_FAULTS))
    flanges = {name.replace("dyno", "flange"): ("flipped",) for name in dynos}
    return {**instruments, **buses, **flanges, **PERIPHERY_FAULTS, INVERTER: INVERTER_FAULTS, ECU: ECU_FAULTS}


def unread_parameters(faults: Collection[Fault], required: Collection[int]) -> list[Problem]:
    """Faults of parameters that nobody would notice; ``required``: those that are read back before arming."""
    known = ", ".join(map(str, required)) or "none"
    return [
        Problem(f"--fault {fault.place}.{fault.kind}:{fault.argument}", 0, 0, f"the bench reads back {known} here")
        for fault in faults
        if fault.kind == "parameter" and parameter_of(fault)[0] not in required
    ]


def _complaint(fault: Fault, kinds: Mapping[str, tuple[str, ...]]) -> str:
    if fault.place not in kinds:
        return f"there is no place {fault.place!r}; {suggestion(fault.place, kinds)}"
    if fault.kind not in kinds[fault.place]:
        return f"{fault.place} knows no fault {fault.kind!r}; {suggestion(fault.kind, kinds[fault.place])}"
    if fault.end_ns <= fault.start_ns:
        return "ends before it starts"
    return _argument(fault)


def _no_such(fault: Fault, thermocouples: Collection[str]) -> str:
    if fault.kind != "broken_wire" or fault.argument in thermocouples:
        return ""
    return f"the scanner has no {fault.argument!r}; {suggestion(fault.argument, thermocouples)}"


def _argument(fault: Fault) -> str:
    if fault.place in BUS_PLACES:
        try:
            read_bus_fault(fault)
        except ValueError as error:
            return str(error)
    elif fault.kind == "parameter":
        if not _PARAMETER.fullmatch(fault.argument):
            return "needs an address and a value, such as inverter.parameter:172=100@0s"
    elif fault.place == INVERTER:
        if fault.argument and fault.argument not in map(str, range(32)):
            return "needs the number of a bit of the fault word, 0 to 31, such as inverter.broken:8@30s"
    elif fault.kind == "identity" and not _NAMED.fullmatch(fault.argument):
        return "needs what the other unit tells, such as ecu.identity:serial=4711@0s"
    elif fault.kind == "stored" and fault.argument not in TROUBLE_CODES.values():
        return f"needs a trouble code of the emulated unit: {', '.join(TROUBLE_CODES.values())}"
    elif fault.kind in FAULT_KINDS or fault.place == "insulation":
        read = read_argument if fault.kind in FAULT_KINDS else read_ohm
        try:
            read(fault.kind, fault.argument)
        except ValueError as error:
            return str(error)
    return ""
