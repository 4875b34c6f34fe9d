"""F-16 to F-36: what goes wrong in the drive, the shafts, the media and on the high-voltage side."""

from bench.campaign.fault import Fault, Required
from bench.core.causes import Cause

_PLANT = "plant"
_OVER_VISA_MS = 2 * 50.0 + 25.0
"""What is seen over VISA only: two updates of the instrument and 25 ms (faults.md, budget note)."""
_MONITOR_MS = 1000.0
_NOTHING_TURNS = {"idle": "nothing turns", "arming": "nothing turns"}
_FRAME_MS, _SLOW_FRAME_MS = 10.0, 100.0
_FLOW_GONE_MS, _PRESSURE_GONE_MS = 200.0, 440.0  # after the pump of the campaign's rig has stopped
_OVERSPEED_RPM = 13000.0 * 1.05  # of the unit with permanent magnets
_SPEEDS = (Cause.COUPLING_BROKEN, Cause.OVERSPEED)

PLANT_FAULTS = (
    Fault(
        "F-16", _PLANT, "flange torque against inverter estimate", "plausibility, over VISA", Required.CONTROLLED,
        200.0, causes=(Cause.TORQUE_IMPLAUSIBLE,), appears_ms=50.0, never=_NOTHING_TURNS,
        ways=(("sensor.added:torque_l,600@{}",), ("sensor.added:torque_r,-600@{}",)),
    ),
    Fault(
        "F-17", _PLANT, "dyno trips under full torque", "state of the drive, over VISA", Required.CONTROLLED,
        _OVER_VISA_MS, ways=(("dyno_l.alarm@{}",), ("dyno_r.alarm@{}",)), causes=(Cause.DYNO_TRIPPED, *_SPEEDS),
    ),
    Fault(
        "F-18", _PLANT, "coupling breaks", "EDU speed against dynos, over VISA", Required.CONTROLLED, _OVER_VISA_MS,
        ways=(("plant.coupling@{}",),), causes=_SPEEDS, unnoticed=dict.fromkeys(
            ("precharge", "spin-up", "cool-down"), "without torque EDU and dynos turn alike for a while"
        ), never=_NOTHING_TURNS,
    ),
    Fault(
        "F-19", _PLANT, "overspeed in field weakening", "speed limit", Required.CONTROLLED, 25.0,
        ways=(("plant.runaway:1200 rpm@{}+2s",),), causes=_SPEEDS, only=("field-weakening",),
        elsewhere="no unit with permanent magnets, or not fast enough",
        appears=lambda moment: abs(moment.motor_rpm) > _OVERSPEED_RPM,
    ),
    Fault(
        "F-20", _PLANT, "torque flange drifts", "zero check between points", Required.DATA,
        open="the zero check compares with the zero at the beginning of a plan; no state of the campaign has two",
    ),
    Fault(
        "F-21", _PLANT, "torque flange stuck", "variance while dynamic", Required.CONTROLLED, 500.0,
        open="the detector does not exist yet",
    ),
    Fault(
        "F-22", _PLANT, "speed encoder drops out or counts twice", "EDU speed against dynos, over VISA",
        Required.CONTROLLED, _OVER_VISA_MS, causes=(*_SPEEDS, Cause.SPEED_IMPLAUSIBLE), never=_NOTHING_TURNS,
        ways=(("sensor.dead:speed_motor@{}",), ("sensor.scaled:speed_motor,2@{}",)), appears_ms=_FRAME_MS,
    ),
    Fault(
        "F-23", _PLANT, "winding too warm", "warn, derate, trip", Required.CONTROLLED, 100.0, restartable=True,
        ways=(("plant.winding:190 degC@{}",),), causes=(Cause.OVER_TEMPERATURE,), appears_ms=_SLOW_FRAME_MS,
    ),
    Fault(
        "F-24", _PLANT, "temperature sensor open", "range", Required.DATA, 500.0,
        ways=(("scanner.broken_wire:winding@{}",), ("scanner.broken_wire:sump@{}",)), signs=("core_limit",),
        appears_ms=100.0,
    ),
    Fault(
        "F-25", _PLANT, "coolant flow lost", "least flow", Required.CONTROLLED, 500.0, ways=(("coolant.lost@{}",),),
        causes=(Cause.COOLANT_FLOW, Cause.LIMIT), appears_ms=_FLOW_GONE_MS,
    ),
    Fault(
        "F-26", _PLANT, "oil pressure lost", "limit", Required.CONTROLLED, 100.0, ways=(("oil.lost@{}",),),
        causes=(Cause.OIL_PRESSURE, Cause.COOLANT_FLOW), appears_ms=_PRESSURE_GONE_MS + _SLOW_FRAME_MS,
    ),
    Fault(
        "F-27", _PLANT, "HV interlock opens", "its bit", Required.CHAIN, 10.0, ways=(("hvil.open@{}",),),
        causes=(Cause.HVIL_OPEN,), appears_ms=_FRAME_MS,
    ),
    Fault(
        "F-28", _PLANT, "insulation too low", "monitor's frame", Required.CONTROLLED, _MONITOR_MS,
        ways=(("insulation.low:20 kohm@{}",),), causes=(Cause.INSULATION,), appears_ms=_FRAME_MS,
    ),
    Fault(
        "F-29", _PLANT, "insulation monitor silent", "age", Required.CONTROLLED, 2 * _MONITOR_MS + 10.0,
        ways=(("can.bench_io.drop:0x240@{}",),), causes=(Cause.INSULATION,), appears_ms=_MONITOR_MS,
    ),
    Fault(
        "F-30", _PLANT, "DC over-current", "limit", Required.CONTROLLED, 25.0, ways=(("plant.leak@{}",),),
        causes=(Cause.OVER_CURRENT,), only=("field-weakening",), appears_ms=_FRAME_MS,
        elsewhere="the supply's own limit lies below what this unit may draw",
    ),
    Fault(
        "F-31", _PLANT, "supply stops sinking in regeneration", "voltage", Required.CONTROLLED, 25.0,
        ways=(("plant.no_sink@{}",),), causes=(Cause.OVER_VOLTAGE,), only=("regen",),
        elsewhere="nothing is fed back", appears_ms=_FRAME_MS,
    ),
    Fault(
        "F-32", _PLANT, "DC supply trips under load", "its status, over VISA, and voltage", Required.CONTROLLED,
        _OVER_VISA_MS, ways=(("supply.alarm@{}",),),
        causes=(Cause.SUPPLY_TRIPPED, Cause.UNDER_VOLTAGE, Cause.OVER_VOLTAGE, Cause.INVERTER_FAULT),
    ),
    Fault(
        "F-33", _PLANT, "active discharge fails", "deadline of the rung", Required.CONTROLLED, 5000.0,
        ways=(("plant.no_discharge@0s",),), signs=("unconfirmed",), discharges=False, only=("stop in progress",),
        elsewhere="it is found when a stop discharges",
        appears=lambda moment: not moment.contactor, appears_ms=300.0,
    ),
    Fault(
        "F-34", _PLANT, "contactor welded", "aux contact and voltage", Required.CONTROLLED, 500.0,
        open="the auxiliary contact alone is believed; nobody compares the voltages on both sides",
    ),
    Fault(
        "F-35", _PLANT, "pre-charge fails", "voltage in time", Required.CONTROLLED, 0.0,
        ways=(("supply.alarm@{}",), ("plant.leak@{}",)), only=("precharge",),
        elsewhere="the DC link is charged, or not yet to be",
        causes=(Cause.ARMING_FAILED, Cause.SUPPLY_TRIPPED, Cause.OVER_CURRENT),
    ),
    Fault(
        "F-36", _PLANT, "gear box blocks", "torque without speed", Required.CONTROLLED, 50.0, never=_NOTHING_TURNS,
        ways=(("plant.blocked@{}+500ms",),), causes=(Cause.TORQUE_OVER, Cause.TORQUE_IMPLAUSIBLE, *_SPEEDS),
    ),
)  # fmt: skip
