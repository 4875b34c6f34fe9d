"""F-16 to F-36: what goes wrong in the drive, the shafts, the media and on the high-voltage side."""

from bench.campaign.fault import Fault, Required
from bench.core.causes import Cause

_PLANT = "plant"
_OVER_VISA_MS = 2 * 50.0 + 25.0
"""What is seen over VISA only: two updates of the instrument and 25 ms (faults.md, budget note)."""
_MONITOR_MS = 1000.0
_NO_PLACE = "no place of the script does this to the plant yet"

PLANT_FAULTS = (
    Fault(
        "F-16", _PLANT, "flange torque against inverter estimate", "plausibility", Required.CONTROLLED, 200.0,
        causes=(Cause.TORQUE_IMPLAUSIBLE,), open="the detector does not exist yet: two sources, nobody compares them",
    ),
    Fault(
        "F-17", _PLANT, "dyno trips under full torque", "state of the drive, over VISA", Required.CONTROLLED,
        _OVER_VISA_MS, ways=(("dyno_l.alarm@{}",), ("dyno_r.alarm@{}",)),
        causes=(Cause.DYNO_TRIPPED, Cause.COUPLING_BROKEN, Cause.OVERSPEED),
    ),
    Fault("F-18", _PLANT, "coupling breaks", "EDU speed against dyno", Required.CONTROLLED, 25.0, open=_NO_PLACE),
    Fault("F-19", _PLANT, "overspeed in field weakening", "speed limit", Required.CONTROLLED, 25.0, open=_NO_PLACE),
    Fault("F-20", _PLANT, "torque flange drifts", "zero check between points", Required.DATA, open=_NO_PLACE),
    Fault("F-21", _PLANT, "torque flange stuck", "variance while dynamic", Required.CONTROLLED, 500.0, open=_NO_PLACE),
    Fault("F-22", _PLANT, "speed encoder drops out", "acceleration", Required.CONTROLLED, 25.0, open=_NO_PLACE),
    Fault(
        "F-23", _PLANT, "winding too warm", "warn, derate, trip", Required.CONTROLLED, 100.0, restartable=True,
        open=_NO_PLACE,
    ),
    Fault(
        "F-24", _PLANT, "temperature sensor open", "range", Required.DATA, 500.0,
        ways=(("scanner.broken_wire:winding@{}",), ("scanner.broken_wire:sump@{}",)), signs=("core_limit",),
        appears_ms=100.0,
    ),
    Fault("F-25", _PLANT, "coolant flow lost", "least flow", Required.CONTROLLED, 500.0, open=_NO_PLACE),
    Fault("F-26", _PLANT, "oil pressure lost", "limit", Required.CONTROLLED, 100.0, open=_NO_PLACE),
    Fault(
        "F-27", _PLANT, "HV interlock opens", "its bit", Required.CHAIN, 10.0, ways=(("hvil.open@{}",),),
        causes=(Cause.HVIL_OPEN,), appears_ms=10.0,
    ),
    Fault(
        "F-28", _PLANT, "insulation too low", "monitor's frame", Required.CONTROLLED, _MONITOR_MS,
        ways=(("insulation.low:20 kohm@{}",),), causes=(Cause.INSULATION,), appears_ms=10.0,
    ),
    Fault(
        "F-29", _PLANT, "insulation monitor silent", "age", Required.CONTROLLED, 2 * _MONITOR_MS + 10.0,
        ways=(("can.bench_io.drop:0x240@{}",),), causes=(Cause.INSULATION,), appears_ms=_MONITOR_MS,
    ),
    Fault("F-30", _PLANT, "DC over-current", "limit", Required.CONTROLLED, 25.0, open=_NO_PLACE),
    Fault("F-31", _PLANT, "supply stops sinking in regeneration", "voltage", Required.CONTROLLED, 25.0, open=_NO_PLACE),
    Fault(
        "F-32", _PLANT, "DC supply trips under load", "its status, over VISA, and voltage", Required.CONTROLLED,
        _OVER_VISA_MS, ways=(("supply.alarm@{}",),),
        causes=(Cause.SUPPLY_TRIPPED, Cause.UNDER_VOLTAGE, Cause.OVER_VOLTAGE, Cause.INVERTER_FAULT),
    ),
    Fault("F-33", _PLANT, "active discharge fails", "timer", Required.CONTROLLED, 5000.0, open=_NO_PLACE),
    Fault("F-34", _PLANT, "contactor welded", "aux contact and voltage", Required.CONTROLLED, 500.0, open=_NO_PLACE),
    Fault(
        "F-35", _PLANT, "pre-charge fails", "voltage in time", Required.CONTROLLED, 0.0,
        ways=(("supply.alarm@{}",),), only=("precharge",), elsewhere="the DC link is charged, or not yet to be",
        causes=(Cause.ARMING_FAILED, Cause.SUPPLY_TRIPPED),
    ),
    Fault("F-36", _PLANT, "parking lock engaged", "torque without speed", Required.CONTROLLED, 50.0, open=_NO_PLACE),
)  # fmt: skip
