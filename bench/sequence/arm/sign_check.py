"""The sign check: low speed, small torque of both signs; all that measure must agree before anything larger.

Against brakes, which cannot turn the unit, both have one sign.

Drag, offsets and zero errors are the same for both torques, so most of it is judged on the *difference* of the two
windows: what changed because the torque changed. Swapped wires, flipped flanges, wrong items and wrong factors show.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from bench.analysis.uncertainty import RAD_S_PER_RPM
from bench.analysis.window import mean_std
from bench.base.time import ns
from bench.core.causes import Cause
from bench.schedule.requests import Measure, Operation, Record, Sleep, Window
from bench.sequence.channels import PACE, analyzer_channels
from bench.sequence.context import Context
from bench.sequence.failures import SequenceFailed
from bench.sequence.point.measuring import faults
from bench.sequence.point.ranges import fix
from bench.sequence.travel.drive import ramp_torque
from bench.sequence.travel.position import Rates
from bench.sequence.waiting import wait, within

Means = Mapping[str, float]
_UPDATES = 10
_WINDOW_S = 1.0
_SETTLE_S = 0.5
_TORQUE_BAND = 0.15
_VOLTAGE_BAND = 0.03
_POWER_BAND = 0.05
_SPEED_BAND = 0.02
_TWIN_BAND = 0.5
_TURNING_S = 20.0


def channels_of(context: Context) -> tuple[str, ...]:
    """What takes part."""
    supply = context.roles.supply
    names = [*analyzer_channels(context), "dut.torque_est", "dut.torque_echo", "dut.speed", "dut.dc_voltage"]
    names += ["dut.dc_current", "dut.field_current", f"{supply}.voltage", f"{supply}.current"]
    for dyno in context.roles.dynos:
        names += [f"{dyno}.speed", f"{dyno}.torque"]
    return tuple(names)


def _near(name: str, value: float, wanted: float, band: float) -> Iterator[str]:
    if not abs(value - wanted) <= band:
        yield f"{name} is {value:.5g}, expected {wanted:.5g} +- {band:.3g}"


def _change_nm(context: Context) -> float:
    first, second = context.bench.sign_torques_nm
    return first - second


def _change_w(context: Context, channel: str) -> float:
    """By how much a power differs between the two torques. Losses are the same for both signs of a torque; for two
    torques of one sign the twin knows them."""
    bench = context.bench
    if not bench.absorbing:
        return _change_nm(context) * bench.sign_speed_rpm * RAD_S_PER_RPM
    first, second = (context.twin.predict(bench.sign_speed_rpm, torque_nm) for torque_nm in bench.sign_torques_nm)
    return first[channel] - second[channel]


def torques(context: Context, plus: Means, minus: Means) -> Iterator[str]:
    """Flanges, dynos and the inverter's estimate follow the command by the same amount, each with its sign."""
    bench = context.bench
    change = _change_nm(context)
    share = change * bench.shaft_ratio / len(context.roles.flanges)
    slack = bench.sign_tolerance_nm * bench.shaft_ratio / len(context.roles.flanges)
    band = _TORQUE_BAND * share + slack
    for channel in ("dut.torque_est", "dut.torque_echo"):
        step = plus[channel] - minus[channel]
        yield from _near(f"change of {channel}", step, change, _TORQUE_BAND * change + bench.sign_tolerance_nm)
    for flange in context.roles.flanges:
        yield from _near(
            f"change of {flange}.torque", plus[f"{flange}.torque"] - minus[f"{flange}.torque"], share, band
        )
    for dyno in context.roles.dynos:
        yield from _near(f"change of {dyno}.torque", plus[f"{dyno}.torque"] - minus[f"{dyno}.torque"], -share, band)


def speeds(context: Context, seen: Means) -> Iterator[str]:
    """Inverter, flanges and dynos show the same forward speed."""
    motor_rpm = context.bench.sign_speed_rpm
    shaft_rpm = context.flange_speed_rpm(motor_rpm)
    yield from _near("dut.speed", seen["dut.speed"], motor_rpm, _SPEED_BAND * motor_rpm + 5.0)
    for part in (*context.roles.flanges, *context.roles.dynos):
        yield from _near(f"{part}.speed", seen[f"{part}.speed"], shaft_rpm, _SPEED_BAND * shaft_rpm + 0.5)


def voltages(context: Context, seen: Means) -> Iterator[str]:
    """Supply, analyzer and inverter show the same DC voltage."""
    volts = context.bench.supply_voltage_v
    for channel in (f"{context.roles.supply}.voltage", "dc.voltage", "dut.dc_voltage"):
        yield from _near(channel, seen[channel], volts, _VOLTAGE_BAND * volts)


def dc_power(context: Context, plus: Means, minus: Means) -> Iterator[str]:
    """The DC power follows the mechanical power, and it is the product of its voltage and current."""
    bench = context.bench
    change = _change_w(context, "dc.power")
    amperes = change / bench.supply_voltage_v
    yield from _near("change of dc.power", plus["dc.power"] - minus["dc.power"], change, 0.6 * change)
    for channel in ("dc.current", f"{context.roles.supply}.current", "dut.dc_current"):
        yield from _near(f"change of {channel}", plus[channel] - minus[channel], amperes, 0.6 * amperes + 0.5)
    for seen in (plus, minus):
        product = seen["dc.voltage"] * seen["dc.current"]
        yield from _near("dc.power", seen["dc.power"], product, _POWER_BAND * abs(product) + 50.0)


def flange_power(context: Context, seen: Means) -> Iterator[str]:
    """The analyzer's mechanical power is torque times speed of the same flange."""
    for flange in context.roles.flanges:
        product = seen[f"{flange}.torque"] * seen[f"{flange}.speed"] * RAD_S_PER_RPM
        yield from _near(f"{flange}.power", seen[f"{flange}.power"], product, _POWER_BAND * abs(product) + 5.0)


def phases(context: Context, plus: Means, minus: Means) -> Iterator[str]:
    """AC power follows, voltage and current are near the prediction; the field's items fit the inverter's."""
    if not context.phases_measured:
        return
    bench = context.bench
    change = _change_w(context, "ac.power")
    yield from _near("change of ac.power", plus["ac.power"] - minus["ac.power"], change, 0.6 * change)
    expected = context.twin.predict(bench.sign_speed_rpm, bench.sign_torque_nm)
    for channel, least in (("ac.voltage", 5.0), ("ac.current", 5.0)):
        if channel in expected:
            band = _TWIN_BAND * abs(expected[channel]) + least
            yield from _near(channel, plus[channel], expected[channel], band)
    if "ac.frequency" in expected:
        hertz = expected["ac.frequency"]
        yield from _near("ac.frequency", plus["ac.frequency"], hertz, _SPEED_BAND * hertz + 0.5)
    if context.field_measured:
        product = plus["field.voltage"] * plus["field.current"]
        yield from _near("field.power", plus["field.power"], product, _POWER_BAND * abs(product) + 2.0)
        amperes = plus["dut.field_current"]
        yield from _near("field.current", plus["field.current"], amperes, 0.1 * abs(amperes) + 0.3)


def findings(context: Context, plus: Means, minus: Means) -> list[str]:
    """Everything that does not fit, with values; empty when the bench may go on. NaN never fits."""
    judges: tuple[Callable[[Context, Means], Iterator[str]], ...] = (speeds, voltages, flange_power)
    found = [text for seen in (plus, minus) for judge in judges for text in judge(context, seen)]
    for judge_change in (torques, dc_power, phases):
        found.extend(judge_change(context, plus, minus))
    return list(dict.fromkeys(found))


def _window(context: Context, torque_nm: float) -> Operation[tuple[dict[str, float], list[str]]]:
    problem = yield from ramp_torque(context, torque_nm, Rates(torque_nm_s=50.0))
    if problem:
        return {}, [problem]
    if context.bench.absorbing:
        low_rpm = context.bench.sign_speed_rpm
        turning = within("dut.speed", low_rpm, _SPEED_BAND * low_rpm + 5.0, 0.2)
        problem = yield from wait((turning,), _TURNING_S, "the unit does not turn against the brakes")
    yield Sleep(ns(_SETTLE_S + context.bench.sign_hold_s))
    wanted = channels_of(context)
    window: Window = yield Measure(wanted, ns(_WINDOW_S), _UPDATES, PACE, ns(_WINDOW_S + 5.0))
    means = {channel: mean_std(window.values.get(channel, ()))[0] for channel in wanted}
    return means, [*([problem] if problem else []), *faults(window, analyzer_channels(context), _UPDATES)]


def sign_check(context: Context) -> Operation[None]:
    """Do it and journal ``sign_check``. Raises ``SequenceFailed`` with every disagreement."""
    speed_rpm, (first_nm, second_nm) = context.position.speed_rpm, context.bench.sign_torques_nm
    yield from fix(context, [(speed_rpm, first_nm), (speed_rpm, second_nm)])
    plus, problems = yield from _window(context, first_nm)
    minus, more = yield from _window(context, second_nm)
    stuck = yield from ramp_torque(context, 0.0, Rates(torque_nm_s=50.0))
    problems = [*problems, *more, *([stuck] if stuck else [])]
    if plus and minus:
        problems += findings(context, plus, minus)
    data: dict[str, Any] = {"passed": not problems, "reasons": problems, "torque_nm": first_nm}
    yield Record("sign_check", {**data, "speed_rpm": speed_rpm, "plus": plus, "minus": minus})
    if problems:
        raise SequenceFailed(Cause.SIGN_CHECK, tuple(f"sign check: {problem}" for problem in problems))
