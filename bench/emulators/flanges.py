"""What may be wrong with an emulated torque flange, and the shunt signals that all of them have."""

from collections.abc import Iterator

from bench.base.units import Unit, UnitError, parse
from bench.config.rig import Rig
from bench.schedule.faults import FOR_EVER_NS, Fault, of_place

FAULTS = ("flipped", "zero", "scaled", "no_shunt")
"""Mounted the other way round; another zero (``zero:5 Nm``); another sensitivity than the rig file says
(``scaled:1%``); no answer to the trigger of its shunt signal. All but the first hold for a whole run."""
_SCALED = "1%"
_SCALED_MAX_PERCENT = 50.0


def read_flange_fault(fault: Fault) -> float:
    """What its argument says: Nm of ``zero``, % of ``scaled``. Raises ``ValueError`` with the form that is expected."""
    if fault.kind == "flipped":
        return 0.0
    if fault.start_ns > 0 or fault.end_ns < FOR_EVER_NS:
        argument = f":{fault.argument}" if fault.argument else ""
        raise ValueError(f"holds for the whole run; write {fault.place}.{fault.kind}{argument}@0s")
    if fault.kind == "zero":
        try:
            return parse(fault.argument, Unit.NM)
        except UnitError as error:
            raise ValueError(f"needs a torque, such as {fault.place}.zero:5 Nm@0s ({error})") from error
    return _percent(fault.argument or _SCALED) if fault.kind == "scaled" else 0.0


def _percent(argument: str) -> float:
    percent = parse(argument, Unit.PERCENT)
    if not 0.0 < abs(percent) <= _SCALED_MAX_PERCENT:
        raise ValueError(f"{argument} is no error of a flange; write one within 50 %, such as 1%")
    return percent


def wired_backwards(faults: tuple[Fault, ...], flange: str) -> bool:
    """Whether the script has this flange mounted the other way round."""
    return any(fault.kind == "flipped" for fault in of_place(faults, flange))


def zero_moved_nm(faults: tuple[Fault, ...], flange: str) -> float:
    """How far the script has moved this flange's zero, Nm."""
    return sum(_told(faults, flange, "zero"))


def scale(faults: tuple[Fault, ...], flange: str) -> float:
    """What the flange shows over what the rig file makes it show."""
    return 1.0 + sum(_told(faults, flange, "scaled")) / 100.0


def shunts_nm(rig: Rig, faults: tuple[Fault, ...]) -> tuple[float, float]:
    """Of the left flange (or the only one) and the right one, in the direction of the plant's torque.

    The signal is positive for the flange itself, whichever way it is mounted.
    """
    found = [_shunt_nm(rig, name, faults) for name in rig.flanges]
    return (found[0], found[1]) if len(found) > 1 else (found[0], 0.0)


def _told(faults: tuple[Fault, ...], flange: str, kind: str) -> Iterator[float]:
    return (read_flange_fault(fault) for fault in of_place(faults, flange) if fault.kind == kind)


def _shunt_nm(rig: Rig, name: str, faults: tuple[Fault, ...]) -> float:
    flange = rig.flanges[name]
    broken = any(fault.kind == "no_shunt" for fault in of_place(faults, name))
    if flange.shunt is None or broken:
        return 0.0
    return flange.sign * (-1 if wired_backwards(faults, name) else 1) * flange.shunt.torque
