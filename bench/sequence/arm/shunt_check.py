"""The shunt check: torque flanges add a known signal, and it must arrive as the torque that the type plate says.

Between the bridge and the process image lie a transmission, a frequency (or a frame), a cable, a motor input and its
scaling, factors and signs. A mistake in any of them scales torque silently; here it shows, before anything is armed.
The signal is added to what the flange feels (HBM T40B, A3452, "Shunt signal"), so it is judged as a difference at rest.
"""

from collections.abc import Iterator, Mapping

from bench.analysis.window import mean_std
from bench.base.time import ns
from bench.schedule.requests import Measure, Operation, Ramp, Record, Sleep, Window
from bench.sequence.channels import PACE
from bench.sequence.context import Context, ShuntSignal
from bench.sequence.point.measuring import faults
from bench.sequence.waiting import wait, within

_AT_REST_RPM = 5.0
_AT_REST_S = 20.0
_UPDATES = 5
_REMEDY = "compare type plate, k_factor, frequency_span and motor_input with the rig file, then see cable and trigger"

Torques = Mapping[str, float]


def shunt_check(context: Context) -> Operation[str]:
    """Do it and journal ``shunt_check``; ``""``, or every flange that does not show its signal, with the remedy."""
    shunts = context.bench.shunts
    if not shunts:
        return ""
    yield Ramp("io.shunt_cmd", 0.0)
    at_rest = tuple(within(f"{shunt.flange}.speed", 0.0, _AT_REST_RPM) for shunt in shunts)
    problem = yield from wait(at_rest, _AT_REST_S, "the flanges do not stand still")
    if problem:
        return problem
    before, reasons = yield from _torques(context)
    yield Ramp("io.shunt_cmd", 1.0)
    on, more = yield from _torques(context)
    yield Ramp("io.shunt_cmd", 0.0)
    after, last = yield from _torques(context)
    reasons = [*reasons, *more, *last]
    if not reasons:
        reasons = [reason for shunt in shunts for reason in _judge(shunt, before, on, after)]
    shown = {shunt.flange: _told(shunt, before, on) for shunt in shunts}
    yield Record("shunt_check", {"passed": not reasons, "reasons": reasons, "flanges": shown})
    return "; ".join(reasons)


def _torques(context: Context) -> Operation[tuple[dict[str, float], list[str]]]:
    """Mean torque by flange once a change has gone through, and what was wrong with the window."""
    names, update_s = tuple(f"{shunt.flange}.torque" for shunt in context.bench.shunts), context.bench.update_s
    yield Sleep(ns(0.1 + 3.0 * update_s))
    length_s = _UPDATES * update_s
    window: Window = yield Measure((*names, PACE), ns(length_s), _UPDATES, PACE, ns(length_s + 5.0))
    means = {name.partition(".")[0]: mean_std(window.values.get(name, ()))[0] for name in names}
    return means, faults(window, names, _UPDATES)


def _judge(shunt: ShuntSignal, before: Torques, on: Torques, after: Torques) -> Iterator[str]:
    name = shunt.flange
    shown_nm, left_nm = on[name] - before[name], after[name] - before[name]
    if not abs(shown_nm - shunt.torque_nm) <= shunt.tolerance_nm:
        wanted = f"{shunt.torque_nm:.5g} +- {shunt.tolerance_nm:.3g} Nm ({shunt.place})"
        yield f"{name} shows {shown_nm:.5g} Nm with its shunt signal, expected {wanted}; {_REMEDY}"
    if not abs(left_nm) <= shunt.tolerance_nm:
        yield f"{name} still shows {left_nm:.5g} Nm more than before its shunt signal; see whether its trigger is off"


def _told(shunt: ShuntSignal, before: Torques, on: Torques) -> dict[str, float | None]:
    shown_nm = on[shunt.flange] - before[shunt.flange]
    return {
        "shown_nm": shown_nm if shown_nm == shown_nm else None,
        "expected_nm": shunt.torque_nm,
        "tolerance_nm": shunt.tolerance_nm,
    }
