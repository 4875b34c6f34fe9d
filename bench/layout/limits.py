"""Every limit the core judges: those of the DUT, those that follow from the layout, and the rig's own.

Silence counts as a violation wherever a value is safety-relevant (``stale_ns``); so does NaN.
"""

import math
from collections.abc import Container, Iterable, Iterator
from dataclasses import replace

from bench.base.time import NS_PER_MS, ns
from bench.config.dut import Dut, Monitored
from bench.config.instrument import Instrument
from bench.config.limits import LimitRule
from bench.config.rig import Rig
from bench.core.causes import Cause
from bench.core.design import Limit
from bench.core.tables import (
    DERATE,
    MODE_ALWAYS,
    MODE_ARMED,
    MODE_ENERGISED,
    MODE_STOPPING,
    STOP,
    STOP_HARDWARE,
    WARN,
)
from bench.layout.insulation import insulation_limits
from bench.layout.lost import silent_cause
from bench.layout.setpoints import shaft_ratio
from bench.layout.torque_pair import TORQUE_APART

_LEVELS = {"warn": WARN, "derate": DERATE, "stop": STOP}
_MODES = {"always": MODE_ALWAYS, "armed": MODE_ARMED | MODE_STOPPING, "energised": MODE_ENERGISED}
_CAUSES = {
    "coolant.flow": Cause.COOLANT_FLOW,
    "oil.flow": Cause.COOLANT_FLOW,
    "oil.pressure": Cause.OIL_PRESSURE,
    "dc.voltage": Cause.OVER_VOLTAGE,
    "dc.current": Cause.OVER_CURRENT,
    "speed": Cause.OVERSPEED,
    "torque": Cause.TORQUE_OVER,
}
_TEMPERATURES: dict[Monitored, str] = {"winding": "winding_temp", "rotor": "rotor_temp", "junction": "junction_temp",
                 "oil": "oil_temp", "coolant": "coolant_temp"}  # fmt: skip
_TEMPERATURE_HYSTERESIS_K = 2.0
_LOST_NS = 200 * NS_PER_MS
_FRAMES_S = 0.03
"""Three frames of a drive that speaks for itself."""
_RETRY_NS = 1_100 * NS_PER_MS
"""Time for another retry of a link: nothing hangs on the scanner but what has a limit of its own."""
_FIRST_OF = {"bench_io": "io.chain_closed", "conditioner": "coolant.flow"}
"""What a part of the periphery tells with each of its answers."""


def limits(rig: Rig, dut: Dut, heard: Container[str], of_plan: tuple[LimitRule, ...] = ()) -> tuple[Limit, ...]:
    """All limits, in table order; ``id`` of EV_LIMIT is the place in here. ``heard``: channels that frames bring."""
    own = (
        *_chain(rig),
        *_guards(rig),
        _shunt(),
        *insulation_limits(rig, heard),
        *_dut(rig, dut, heard),
        *_instruments(rig),
        *_plausibility(rig, dut),
    )
    files = ((rig.limits, "rig"), (dut.limits, "unit"), (of_plan, "plan"))
    return (*own, *(_limit(rule, owner) for rules, owner in files for rule in rules))


def _chain(rig: Rig) -> Iterator[Limit]:
    """The hardware chain and what belongs to it: the software only reports and follows (F-27)."""
    yield Limit(
        "chain closed", "io.chain_closed", 0.5, 1.5, stop_class=STOP_HARDWARE, cause=Cause.CHAIN_OPEN, modes=MODE_ARMED
    )
    yield Limit(
        "door closed", "io.door_closed", 0.5, 1.5, stop_class=STOP_HARDWARE, cause=Cause.DOOR_OPEN, modes=MODE_ARMED
    )
    yield Limit(
        "HVIL closed", "io.hvil_closed", 0.5, 1.5, stop_class=STOP_HARDWARE, cause=Cause.HVIL_OPEN, modes=MODE_ARMED
    )


def _dut(rig: Rig, dut: Dut, heard: Container[str]) -> Iterator[Limit]:
    top = dut.speed_max_rpm * 1.05
    yield Limit("motor overspeed", "dut.speed", -top, top, cause=Cause.OVERSPEED)
    envelope = dut.envelope
    yield Limit(
        "DC link over-voltage", "dut.dc_voltage", -10.0, envelope.voltage_max.value * 1.02, cause=Cause.OVER_VOLTAGE
    )
    current = envelope.dc_current_max.value * 1.05
    yield Limit(
        "DC link over-current",
        "dut.dc_current",
        -current,
        current,
        cause=Cause.OVER_CURRENT,
        debounce_ns=10 * NS_PER_MS,
    )
    yield Limit("inverter fault", "dut.state", -0.5, 4.5, cause=Cause.INVERTER_FAULT, modes=MODE_ARMED)
    for name, channel in temperatures(dut).items():
        levels = dut.temperatures[name]
        if channel not in heard:
            continue  # bench.layout.remarks says so
        yield Limit(f"{name} hot", channel, -40.0, levels.warn, level=WARN, hysteresis=_TEMPERATURE_HYSTERESIS_K)
        yield Limit(
            f"{name} too hot", channel, -40.0, levels.trip, cause=Cause.OVER_TEMPERATURE, debounce_ns=100 * NS_PER_MS,
        )  # fmt: skip


def temperatures(dut: Dut) -> dict[Monitored, str]:
    """The channel of each temperature that the DUT file gives limits for."""
    return {name: f"dut.{_TEMPERATURES[name]}" for name in dut.temperatures}


def _instruments(rig: Rig) -> Iterator[Limit]:
    """An instrument that stays silent, also on a fresh connection, stops the run (F-37, F-38)."""
    for name, dyno in rig.dynos.items():
        if name in rig.linked_dynos:  # a message that stays away is judged by its age
            yield _silent(name, f"{name}.speed", dyno)
        yield from _dyno_state(name)
    yield _silent("supply", "supply.voltage", rig.supply)
    yield from _supply_state()
    yield _silent("analyzer", "dc.voltage", rig.analyzer)
    for flange in rig.analyzer_flanges:
        yield _silent(flange, f"{flange}.torque", rig.analyzer)
    if rig.scanner is not None:
        yield _silent("scanner", "scanner.open", rig.scanner, _RETRY_NS)
        yield Limit("thermocouple open", "scanner.open", -0.5, 0.5, level=WARN)
    for part, instrument in rig.modbus.items():  # judged when the frames would be: they tell whether a stop is safe
        yield replace(_silent(part, _FIRST_OF[part], instrument), modes=MODE_ARMED | MODE_ENERGISED)


def _guards(rig: Rig) -> Iterator[Limit]:
    """What watches the cell while nobody is there: an input that trips or is not told ends the run."""
    for name in rig.unattended.guards:
        yield Limit(f"{name} quiet", name, -0.5, 0.5, cause=Cause.GUARD_TRIPPED, modes=MODE_ARMED)


def _shunt() -> Limit:
    """A flange that adds its shunt signal shows torque that is not there."""
    return Limit("shunt signal off", "io.shunt_cmd", -0.5, 0.5, modes=MODE_ARMED)


def _supply_state() -> Iterator[Limit]:
    """Alarms of its own, then who has it: 1 somebody else, 2 nobody since a restart. The first violated counts."""
    told = (
        ("supply alarm", "supply.alarm", 0.5, Cause.SUPPLY_TRIPPED),
        ("supply restarted", "supply.control", 1.5, Cause.INSTRUMENT_RESTARTED),
        ("supply under other control", "supply.control", 0.5, Cause.CONTROL_LOST),
    )
    for words, channel, high, cause in told:
        yield Limit(words, channel, -0.5, high, cause=cause, modes=MODE_ARMED)


def _dyno_state(name: str) -> Iterator[Limit]:
    """What a drive says of itself: 2 error, 3 under manual control, 4 restarted. The first that is violated counts."""
    told = (
        ("restarted", 3.5, Cause.INSTRUMENT_RESTARTED),
        ("under other control", 2.5, Cause.CONTROL_LOST),
        ("tripped", 1.5, Cause.DYNO_TRIPPED),
    )
    for words, high, cause in told:
        yield Limit(f"{name} {words}", f"{name}.state", -0.5, high, cause=cause, modes=MODE_ARMED)


def _silent(name: str, channel: str, instrument: Instrument, more_ns: int = 0) -> Limit:
    quiet_ns, cause = ns(instrument.silence) + more_ns, silent_cause(channel.partition(".")[0])
    modes = MODE_ARMED | MODE_STOPPING
    return Limit(f"{name} silent", channel, debounce_ns=quiet_ns, stale_ns=quiet_ns, cause=cause, modes=modes)


def _plausibility(rig: Rig, dut: Dut) -> Iterator[Limit]:
    """Two sources for one quantity (F-16, F-18, left against right); a lost torque is first judged as such."""
    ratio, rules = shaft_ratio(rig, dut), rig.plausibility
    dynos, debounce_ns = tuple(rig.dynos), ns(_beyond_a_poll(rig))
    share = tuple((f"{name}.speed", ratio / len(dynos)) for name in dynos)
    yield Limit(
        "motor speed against dynos", "dut.speed", -rules.speed, rules.speed, minus=share,
        cause=Cause.COUPLING_BROKEN, debounce_ns=debounce_ns, lost_ns=_LOST_NS, modes=MODE_ARMED,
    )  # fmt: skip
    yield Limit(
        "flange torque against inverter", TORQUE_APART, -1.0, 1.0, cause=Cause.TORQUE_IMPLAUSIBLE,
        cause_lost=Cause.SIGNAL_INVALID, lost_ns=2 * ns(rig.analyzer.patience), modes=MODE_ARMED,
    )  # fmt: skip
    if len(dynos) == 2:
        yield Limit(
            "half-shaft speeds", f"{dynos[0]}.speed", -rules.half_shaft_speed, rules.half_shaft_speed,
            minus=((f"{dynos[1]}.speed", 1.0),), cause=Cause.COUPLING_BROKEN, debounce_ns=debounce_ns,
            lost_ns=_LOST_NS,
        )  # fmt: skip


def _beyond_a_poll(rig: Rig) -> float:
    """How long two speeds may differ, in s. While they change, a drive that is asked now and then tells what was; it
    has spoken again by the end of this."""
    return max((1.5 * rig.dynos[name].poll for name in rig.linked_dynos), default=_FRAMES_S)


def loosened(rule: LimitRule, others: Iterable[Limit]) -> str:
    """The name of the limit of the same level that ``rule`` would be wider than, or nothing."""
    for other in others:
        if other.channel == rule.channel and other.level == _LEVELS[rule.level] and not other.minus:
            low, high = rule.low, rule.high
            if (low is not None and low < other.low) or (high is not None and high > other.high):
                return f"{other.name} ({other.low:g} to {other.high:g})"
    return ""


def _limit(rule: LimitRule, owner: str) -> Limit:
    quantity = rule.channel.partition(".")[2]
    return Limit(
        name=f"{rule.channel} of the {owner}",
        channel=rule.channel,
        low=-math.inf if rule.low is None else rule.low,
        high=math.inf if rule.high is None else rule.high,
        level=_LEVELS[rule.level],
        stop_class=rule.stop_class,
        cause=_CAUSES.get(rule.channel, _CAUSES.get(quantity, Cause.LIMIT)),
        debounce_ns=ns(rule.debounce),
        hysteresis=rule.hysteresis,
        stale_ns=ns(rule.stale),
        modes=_MODES[rule.active],
    )
