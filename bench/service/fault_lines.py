"""Lines of a fault script from the command line: read, and refused when nobody would carry them out."""

import re
from collections.abc import Collection, Mapping, Sequence

from bench.base.errors import InputError, Problem
from bench.canbus.buses import FAULTS_MAX
from bench.canbus.fault_script import BUS_PLACES, CAN_FAULTS, read_bus_fault
from bench.config.rig import Rig
from bench.config.suggest import suggestion
from bench.emulators.ageing import GROWS, read_rate
from bench.emulators.ageing import PLACE as UNIT
from bench.emulators.breakdowns import PLACES as BROKEN_DOWN
from bench.emulators.breakdowns import read_breakdown
from bench.emulators.diagnosed import FAULTS as ECU_FAULTS
from bench.emulators.diagnosed import PLACE as ECU
from bench.emulators.diagnosed import TROUBLE_CODES
from bench.emulators.flanges import FAULTS as FLANGE_FAULTS
from bench.emulators.flanges import read_flange_fault
from bench.emulators.instruments.faults import FAULT_KINDS, read_argument
from bench.emulators.instruments.of_rig import known_faults
from bench.emulators.instruments.periphery_of_rig import KNOWN_FAULTS as OF_MODBUS
from bench.emulators.periphery import FAULTS as PERIPHERY_FAULTS
from bench.emulators.periphery import OF_MONITOR, read_ohm
from bench.emulators.spoilt_disk import BROKEN, FILES
from bench.emulators.spoilt_disk import FAULTS as DISK_FAULTS
from bench.emulators.world import INVERTER, INVERTER_FAULTS, parameter_of
from bench.schedule.faults import DISK, Fault, parse_fault

_PARAMETER = re.compile(r"\d{1,5}=-?\d{1,5}", re.ASCII)
_NAMED = re.compile(r"[a-z][a-z0-9_]*=[ -~]+", re.ASCII)


def read_faults(lines: Sequence[str], rig: Rig | None) -> tuple[Fault, ...]:
    """The faults of all lines; ``rig``: whose parts they meet (``None``: not known, places are not judged).

    Raises ``InputError`` with every line that is wrong.
    """
    faults: list[Fault] = []
    problems: list[Problem] = []
    for line in lines:
        try:
            fault = parse_fault(line)
            complaint = "" if rig is None else _complaint(fault, kinds_of(rig)) or _no_such(fault, rig)
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


def kinds_of(rig: Rig) -> Mapping[str, tuple[str, ...]]:
    """What can go wrong where; the faults of what is on CAN are those of its frames."""
    periphery = {part: OF_MODBUS[part] for part in rig.modbus}
    buses = dict.fromkeys(BUS_PLACES, tuple(CAN_FAULTS))
    flanges = dict.fromkeys(rig.flanges, FLANGE_FAULTS)
    ours = {**known_faults(rig), **periphery, **buses, **flanges, **PERIPHERY_FAULTS, **BROKEN_DOWN}
    if rig.insulation.dbc is not None:
        ours["insulation"] = OF_MONITOR
    return {**ours, INVERTER: INVERTER_FAULTS, ECU: ECU_FAULTS, UNIT: tuple(GROWS), DISK: DISK_FAULTS}


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


def _no_such(fault: Fault, rig: Rig) -> str:
    thermocouples = rig.scanner.thermocouples if rig.scanner else ()
    if fault.kind != "broken_wire" or fault.argument in thermocouples:
        return ""
    return f"the scanner has no {fault.argument!r}; {suggestion(fault.argument, thermocouples)}"


def _argument(fault: Fault) -> str:
    if fault.place in BUS_PLACES:
        try:
            read_bus_fault(fault)
        except ValueError as error:
            return str(error)
    elif fault.place == DISK:
        if fault.argument and (fault.kind != BROKEN or fault.argument not in FILES):
            return f"may name a file of a broken disk: {', '.join(FILES)}"
    elif fault.place in BROKEN_DOWN:
        try:
            read_breakdown(fault)
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
    elif fault.kind in FAULT_KINDS or fault.kind in FLANGE_FAULTS or fault.place in ("insulation", UNIT):
        try:
            if fault.place == UNIT:
                read_rate(fault)
            elif fault.kind in FLANGE_FAULTS:
                read_flange_fault(fault)
            else:
                read = read_argument if fault.kind in FAULT_KINDS else read_ohm
                read(fault.kind, fault.argument)
        except ValueError as error:
            return str(error)
    return ""
