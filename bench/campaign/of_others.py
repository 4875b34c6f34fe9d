"""X-01 to X-07: faults that the catalogue carries without a number of their own."""

from bench.campaign.fault import Fault, Required
from bench.core.causes import Cause

_PLANT, _CAN = "plant", "CAN"
_FROM_THEN_ON = "it is there before anything turns, and the sign check finds it there"

OTHER_FAULTS = (
    Fault(
        "X-01", _PLANT, "half-shaft speeds differ", "difference over VISA", Required.CONTROLLED, 125.0,
        ways=(("plant.runaway_l:150 rpm@{}+1s",),), causes=(Cause.COUPLING_BROKEN,), appears_ms=40.0,
        never={"idle": "nothing turns", "arming": "nothing turns"},
    ),
    Fault(
        "X-02", _PLANT, "one side's dyno trips, the other must follow", "state of the drive", Required.CONTROLLED,
        125.0, ways=(("dyno_r.alarm@{}",),), causes=(Cause.DYNO_TRIPPED, Cause.COUPLING_BROKEN),
    ),
    Fault(
        "X-03", _PLANT, "grid lost while regenerating", "voltage", Required.CONTROLLED, 25.0,
        ways=(("plant.no_grid@{}",),), causes=(Cause.OVER_VOLTAGE, Cause.SUPPLY_TRIPPED, Cause.INVERTER_FAULT),
        only=("regen",), elsewhere="nothing is fed back", appears_ms=10.0,
    ),
    Fault(
        "X-04", _PLANT, "second active insulation monitor", "resistance read too low", Required.CONTROLLED, 1000.0,
        ways=(("insulation.low:40 kohm@{}",),), causes=(Cause.INSULATION,), appears_ms=10.0,
    ),
    Fault(
        "X-05", _PLANT, "wrong direction", "sign check at arming", Required.CONTROLLED,
        ways=(("flange_l.flipped@0s",), ("flange_r.flipped@0s",)), only=("precharge",), elsewhere=_FROM_THEN_ON,
        causes=(Cause.SIGN_CHECK, Cause.ARMING_FAILED),
    ),
    Fault(
        "X-06", _PLANT, "derating in the middle of a point", "temperature", Required.DATA, 100.0,
        ways=(("plant.junction:150 degC@{}+1s",),), signs=("core_limit",), appears_ms=100.0,
    ),
    Fault(
        "X-07", _CAN, "a rest bus frame is missing", "inverter's own time-out", Required.CONTROLLED, 400.0,
        ways=(("can.dut.drop:0x100@{}",),), causes=(Cause.INVERTER_FAULT,), appears_ms=100.0,
        unnoticed={"precharge": "the inverter is off, and refuses to become ready"},
    ),
)  # fmt: skip
