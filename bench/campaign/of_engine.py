"""F-49 to F-54: what goes wrong in the sequence, and what its users do."""

from bench.campaign.fault import Fault, Required
from bench.core.causes import Cause

_ENGINE, _STOP = "engine", "stop in progress"

ENGINE_FAULTS = (
    Fault(
        "F-49", _ENGINE, "a step raises", "sequencer", Required.CONTROLLED, 10.0, ways=(("!step_raises",),),
        causes=(Cause.STEP_FAILED,), appears_ms=2.0, never={_STOP: "no step runs any more"},
    ),
    Fault(
        "F-50", _ENGINE, "a step never ends", "deadline of the step", Required.CONTROLLED, restartable=True,
        open="no act keeps a step from ending yet",
    ),
    Fault(
        "F-51", _ENGINE, "set-point is no number or outside the envelope", "gate before the driver", Required.REFUSED,
        2.0, ways=(("!torque_nan",), ("!torque_outside",), ("!torque_endless",)), signs=("core_refused",),
    ),
    Fault(
        "F-52", _ENGINE, "set-point rises too fast", "rate limiter", Required.REFUSED, 2.0,
        ways=(("!torque_at_once",),), signs=("core_limited", "core_refused"),
    ),
    Fault(
        "F-53", _ENGINE, "two stop causes, a stop during a stop", "lattice S0 over S1 over S2", Required.CHAIN, 10.0,
        ways=(("!two_stops",),), causes=(Cause.CHAIN_OPEN,), appears_ms=2.0,
    ),
    Fault(
        "F-54", _ENGINE, "operator aborts", "screen, console", Required.CONTROLLED, 100.0, ways=(("!operator_stop",),),
        causes=(Cause.OPERATOR,),
    ),
)  # fmt: skip
