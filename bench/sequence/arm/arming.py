"""Arming, in the order of the bench: identities, chain and door, flanges, coolant and oil, insulation, dynos, DC,
inverter.

What comes first makes what follows safe: nothing turns without a closed chain, nothing is fed before the dynos hold
their speed, and the inverter comes last. Each stage waits for an observation by another device than the one commanded.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, is_dataclass
from typing import Any

from bench.base.time import ns
from bench.core.causes import Cause
from bench.schedule.requests import Ask, Condition, Operation, Ramp, Record, Sleep
from bench.sequence.arm.diagnosis import examine
from bench.sequence.arm.inverter_set_up import read_back
from bench.sequence.arm.shunt_check import shunt_check
from bench.sequence.commands import arm as arm_command
from bench.sequence.commands import reset
from bench.sequence.context import Context
from bench.sequence.failures import SequenceFailed
from bench.sequence.travel.drive import ramp_speed
from bench.sequence.travel.position import Position, Rates
from bench.sequence.waiting import equal, wait, within

_DOOR_S = 10.0
_MEDIA_S = 120.0
_INSULATION_S = 20.0
_DYNO_S = 20.0
_CONTACTOR_S = 5.0
_INVERTER_S = 15.0
_FLOW_BAND = 0.15
_VOLTAGE_BAND = 0.02
_AT_REST_V = 60.0

OFF, READY, RUN = 0.0, 1.0, 2.0
STATE_READY, STATE_RUN = 2.0, 3.0
HOLDING = 1.0


def _set(values: Mapping[str, float]) -> Operation[None]:
    for channel, value in values.items():
        yield Ramp(channel, value)


def chain(context: Context) -> Operation[str]:
    """The operator's part (door, connectors), then the bench closes its contact in the hardware chain.

    The local key switch is not asked for: it allows driving by hand, a plan may start without it.
    """
    shut = (equal("io.door_closed", 1), equal("io.hvil_closed", 1))
    problem = yield from wait(shut, _DOOR_S, "close the door, plug the HV connectors")
    problem = problem or (yield from guards(context))
    if problem:
        return problem
    yield Ramp("io.chain_request", 1.0)
    closed = (equal("io.chain_closed", 1, 0.1), equal("io.watchdog_relay", 1, 0.1))
    return (yield from wait(closed, _DOOR_S, "the hardware chain does not close"))


def guards(context: Context) -> Operation[str]:
    """What watches the cell while nobody is there speaks, and is quiet."""
    quiet = tuple(equal(guard, 0.0) for guard in context.bench.guards)
    return (yield from wait(quiet, _DOOR_S, "an input that watches the cell has tripped or is silent")) if quiet else ""


def pumps(context: Context) -> Operation[str]:
    """Coolant and oil begin to run; their temperature is the soak's matter."""
    bench = context.bench
    yield from _set({"coolant.temp_cmd": bench.coolant_temp_degc, "oil.temp_cmd": bench.oil_temp_degc})
    yield from _set({"coolant.flow_cmd": bench.coolant_flow_l_min, "oil.flow_cmd": bench.oil_flow_l_min})
    return ""


def media(context: Context) -> Operation[str]:
    """Coolant and oil have their flow."""
    bench = context.bench
    flows = (("coolant.flow", bench.coolant_flow_l_min), ("oil.flow", bench.oil_flow_l_min))
    running = tuple(within(channel, flow, _FLOW_BAND * flow, 1.0) for channel, flow in flows)
    return (yield from wait(running, _MEDIA_S, "coolant and oil do not flow"))


def insulation(context: Context) -> Operation[str]:
    """The insulation monitor sees more than the rig's least value, and stands by it."""
    if context.bench.insulation_doubts:
        believed = tuple(equal(sign, 0.0) for sign in context.bench.insulation_doubts)
        problem = yield from wait(believed, _INSULATION_S, "the insulation monitor does not measure")
        if problem:
            return problem
    fine = Condition("above", "imd.insulation", context.bench.insulation_min_ohm, 0.0, 0)
    return (yield from wait((fine,), _INSULATION_S, "insulation is too low"))


def accept(context: Context) -> Operation[str]:
    """From here on the core accepts what moves energy; all of it starts at rest."""
    yield reset()
    yield arm_command()
    yield from _set({"dut.torque_cmd": 0.0, "dut.state_request": OFF, "dut.discharge_cmd": 0.0})
    yield from _set({"dut.short_circuit_cmd": 0.0, f"{context.roles.supply}.output_cmd": 0.0})
    yield from _set({f"{dyno}.speed_cmd": 0.0 for dyno in context.roles.dynos})
    return ""


def dynos(context: Context) -> Operation[str]:
    """The dynos hold standstill, then a low speed; the flanges confirm. Brakes wait there for the unit to turn them."""
    yield from _set({f"{dyno}.enable_cmd": 1.0 for dyno in context.roles.dynos})
    holding = tuple(equal(f"{dyno}.state", HOLDING, 0.2) for dyno in context.roles.dynos)
    problem = yield from wait(holding, _DYNO_S, "the dynos do not hold")
    if problem:
        return problem
    low_rpm = context.bench.sign_speed_rpm
    context.position.move(Position())
    problem = yield from ramp_speed(context, low_rpm, Rates(speed_rpm_s=100.0))
    if problem or context.bench.absorbing:
        return problem
    flange_rpm = context.flange_speed_rpm(low_rpm)
    turning = tuple(within(f"{flange}.speed", flange_rpm, 0.05 * flange_rpm, 0.5) for flange in context.roles.flanges)
    return (yield from wait(turning, _DYNO_S, "the flanges do not turn as the dynos are asked to"))


def contactors(context: Context) -> Operation[str]:
    """Close with no voltage on the supply's side; the auxiliary contacts confirm."""
    supply = context.roles.supply
    at_rest = (Condition("below", f"{supply}.voltage", _AT_REST_V), equal(f"{supply}.output", 0))
    problem = yield from wait(at_rest, _CONTACTOR_S, "the supply is not at rest")
    if problem:
        return problem
    yield Ramp("io.contactor_cmd", 1.0)
    closed = (equal("io.contactor_plus", 1, 0.1), equal("io.contactor_minus", 1, 0.1))
    return (yield from wait(closed, _CONTACTOR_S, "the contactors do not close"))


def precharge(context: Context) -> Operation[str]:
    """``supply_ramp``: from zero to the nominal voltage with little current; DUT and analyzer confirm."""
    bench, supply = context.bench, context.roles.supply
    low = {f"{supply}.current_cmd": bench.precharge_current_a, f"{supply}.sink_current_cmd": bench.precharge_current_a}
    yield from _set({f"{supply}.voltage_cmd": 0.0, **low, f"{supply}.output_cmd": 1.0})
    problem = yield from wait((equal(f"{supply}.output", 1),), _CONTACTOR_S, "the supply's output does not switch on")
    if problem:
        return problem
    yield Ramp(f"{supply}.voltage_cmd", bench.supply_voltage_v, bench.precharge_rate_v_s)
    volts = bench.supply_voltage_v
    sources = (f"{supply}.voltage", "dc.voltage", "dut.dc_voltage")
    charged = tuple(within(channel, volts, _VOLTAGE_BAND * volts, 0.5) for channel in sources)
    timeout_s = volts / bench.precharge_rate_v_s + bench.precharge_timeout_s
    problem = yield from wait(charged, timeout_s, "the DC link is not charged")
    if problem:
        return problem
    full = {f"{supply}.current_cmd": bench.source_current_a, f"{supply}.sink_current_cmd": bench.sink_current_a}
    yield from _set(full)
    return ""


def inverter(context: Context) -> Operation[str]:
    """Ready, then run at zero torque; last of all."""
    for request, state, word in ((READY, STATE_READY, "ready"), (RUN, STATE_RUN, "run")):
        yield Ramp("dut.state_request", request)
        problem = yield from wait((equal("dut.state", state, 0.1),), _INVERTER_S, f"the inverter does not go to {word}")
        if problem:
            return problem
    return ""


STAGES: tuple[tuple[str, Callable[[Context], Operation[str]]], ...] = (
    ("chain", chain),
    ("pumps", pumps),
    ("flanges", shunt_check),
    ("media", media),
    ("insulation", insulation),
    ("accept", accept),
    ("dynos", dynos),
    ("contactors", contactors),
    ("precharge", precharge),
    ("insulation_hv", insulation),
    ("inverter", inverter),
)
"""The order of arming, after identities and set-up."""


def _mapping(answer: Any) -> dict[str, Any]:
    if is_dataclass(answer) and not isinstance(answer, type):
        return asdict(answer)
    return dict(answer or {})


def introduce(context: Context) -> Operation[dict[str, Any]]:
    """Ask every part who it is and set it up, read back; nothing is energised. Identity and set-up by part."""
    found: dict[str, Any] = {}
    for part in context.roles.parts:
        identity = yield Ask(part, "identify")
        set_up = yield Ask(part, "set_up")
        found[part] = {"identity": _mapping(identity), "set_up": _mapping(set_up)}
    return found


def warm_up(context: Context) -> Operation[None]:
    """Wait until the analyzer has been on for long enough, counted from now, unless somebody has said that it is warm;
    nothing is energised meanwhile. Journaled as ``warming_up``."""
    bench = context.bench
    if bench.warm_up_s > 0.0:
        seconds = 0.0 if bench.said_warm else bench.warm_up_s
        yield Record("warming_up", {"part": context.roles.analyzer, "seconds": seconds, "said_warm": bench.said_warm})
        yield Sleep(ns(seconds))


def arm(context: Context) -> Operation[None]:
    """Walk all stages; journal ``arming`` for each and ``armed`` at the end; first of all what was overridden.

    Raises ``SequenceFailed`` with the stage that did not come and what was there instead.
    """
    for name, number, due in context.overridden:
        yield Record("calibration_overridden", {"name": name, "certificate": number, "due": due})
    parts = yield from introduce(context)
    yield from examine(context.examination)
    yield from read_back(context.examination.parameters)
    yield from warm_up(context)
    for name, stage in STAGES:
        yield Record("arming", {"stage": name})
        problem = yield from stage(context)
        if problem:
            raise SequenceFailed(Cause.ARMING_FAILED, (f"arming, {name}: {problem}",))
    yield Record("armed", {"parts": parts, "stages": [name for name, _ in STAGES]})
