"""The short-time zone: points above the continuous torque start from a winding temperature and end in a rest."""

from collections.abc import Mapping
from typing import Any, Protocol

from bench.base.time import ns
from bench.schedule.requests import Condition, Now, Operation, Read, Record, Until
from bench.sequence.context import Context
from bench.sequence.travel.position import Rates
from bench.sequence.travel.transfer import go

WINDING = "dut.winding_temp"
_BELOW_K = 2.0
"""A recovery goes on a little below the start temperature, so that the next point does not need another one."""


class Recovery(Protocol):
    """From which winding temperature to start (degC), and where to cool down to it: rpm, Nm, for so many s at most."""

    @property
    def winding_start(self) -> float: ...

    @property
    def recover_speed(self) -> float: ...

    @property
    def recover_torque(self) -> float: ...

    @property
    def recover_timeout(self) -> float: ...


def recover(context: Context, parameters: Recovery, rates: Rates, label: Mapping[str, Any]) -> Operation[list[str]]:
    """Cool the winding down to its start temperature where needed; journaled as ``recovered``. Reasons to flag."""
    (winding,) = yield Read((WINDING,))
    if winding.good and winding.value <= parameters.winding_start:
        return []
    start_ns: int = yield Now()
    _, problem = yield from go(context, parameters.recover_speed, parameters.recover_torque, rates)
    cool = Condition("below", WINDING, parameters.winding_start - _BELOW_K)
    done: bool = yield Until((cool,), ns(parameters.recover_timeout))
    end_ns: int = yield Now()
    reasons = [problem] if problem else []
    if not done:
        wanted = f"{parameters.winding_start:g} degC within {parameters.recover_timeout:g} s"
        reasons.append(f"the winding did not cool down to {wanted}")
    data = {"start_ns": start_ns, "end_ns": end_ns, "satisfied": bool(done)}
    yield Record("recovered", {**label, **data, "winding_degc": winding.value if winding.good else None})
    return reasons
