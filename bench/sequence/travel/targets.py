"""What a plan may set, and where to: the operating point at the motor shaft, the media, the supply's voltage.

Everything else that can be commanded belongs to arming and to the stop: who could switch it in a plan, could energise
or open what nobody expects.
"""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, ValidationInfo
from pydantic_core import PydanticCustomError

from bench.base.units import Unit
from bench.config.channels import find_channel
from bench.config.file_model import in_file, several
from bench.config.quantity import quantity
from bench.config.suggest import suggestion
from bench.schedule.requests import Condition, Operation, Ramp
from bench.sequence.context import Context
from bench.sequence.electrical_check import analyzer_texts, supply_texts
from bench.sequence.held import driven, dyno_findings
from bench.sequence.known import VOLTAGE
from bench.sequence.point.ranges import fix
from bench.sequence.step import SPEED, TORQUE, Finding
from bench.sequence.travel.position import Rates
from bench.sequence.travel.transfer import go
from bench.sequence.waiting import wait

MEDIA = ("coolant.temp_cmd", "coolant.flow_cmd", "oil.temp_cmd", "oil.flow_cmd")
MAY_SET: dict[str, Unit] = {
    SPEED: Unit.RPM,
    TORQUE: Unit.NM,
    VOLTAGE: Unit.VOLT,
    **{name: Unit.LITRE_PER_MIN if "flow" in name else Unit.DEGC for name in MEDIA},
}
"""Name in a plan -> unit."""
_RATES = {
    SPEED: Unit.RPM_PER_S,
    TORQUE: Unit.NM_PER_S,
    VOLTAGE: Unit.VOLT_PER_S,
    **{name: Unit.KELVIN_PER_S for name in MEDIA if "temp" in name},
}
_ARRIVAL_MARGIN_S = 10.0
_SEARCH_RPM = 250.0

_NOT_A_PLANS = (
    ("dut.torque_cmd", "write 'torque', at the motor shaft"),
    ("dyno_?.speed_cmd", "both dynos turn together: write 'speed', at the motor shaft"),
    ("dyno_?.enable_cmd", "arming lets the dynos hold, and the stop lets them go; leave it to them"),
    ("supply.*current_cmd", "it protects the unit and stands in the rig file (supply.current_limit); change it there"),
    ("supply.output_cmd", "arming switches the supply on, and the stop off; leave it to them"),
    ("dut.*_cmd", "it belongs to the stop ladder; leave it to that"),
    ("dut.state_request", "arming starts the inverter, and the stop ends it; leave it to them"),
    ("io.*", "contactors, chain, watchdog and lamps belong to arming and to the core; leave them to these"),
)
"""Patterns of set-points that no plan commands, and why."""


def _refusal(name: str) -> str:
    for pattern, remedy in _NOT_A_PLANS:
        commanded = name.endswith(("_cmd", "_request")) or name == "io.watchdog"
        if fnmatch(name, pattern) and commanded:
            return f"{name!r} is not a plan's to set: {remedy}"
    if find_channel(name) is not None:
        return f"{name!r} is measured, not set; known: {', '.join(MAY_SET)}"
    return f"{name!r} cannot be set; {suggestion(name, MAY_SET)}"


def _quantities(value: Any, info: ValidationInfo, units: Mapping[str, Unit]) -> Any:
    """Each quantity in the unit of its name; all mistakes at once."""
    if not isinstance(value, dict):
        text = "write a mapping such as {speed: 3000 rpm, coolant.temp_cmd: 60 °C}"
        raise PydanticCustomError("targets", "{text}", {"text": text})
    found: dict[str, float] = {}
    wrong: list[tuple[tuple[str, ...], str]] = []
    for name, given in value.items():
        if name not in units:
            wrong.append(((name,), _refusal(name) if name not in MAY_SET else f"{name} has no rate; it is set at once"))
            continue
        try:
            plain = isinstance(given, int | float) and not in_file(info) and not isinstance(given, bool)
            found[name] = float(given) if plain else quantity(given, units[name])
        except PydanticCustomError as error:
            wrong.append(((name,), error.message()))
    several(wrong)
    return found


Targets = Annotated[
    dict[str, float],
    BeforeValidator(lambda v, info: _quantities(v, info, MAY_SET)),
    Field(min_length=1, json_schema_extra={"propertyNames": {"enum": list(MAY_SET)}}),
]
"""Set-points by name, in the units of ``MAY_SET``."""
TargetRates = Annotated[
    dict[str, float],
    BeforeValidator(lambda v, info: _quantities(v, info, _RATES)),
    Field(json_schema_extra={"propertyNames": {"enum": list(_RATES)}}),
]
"""Rates by name, a second."""


# --- the check -------------------------------------------------------------------------------------------------------
def target_findings(context: Context, targets: Mapping[str, float], key: str) -> Iterator[Finding]:
    """What lies outside the envelopes and ranges; an operating point of which one half is given must be possible at
    all, and is judged again on the way there."""
    for name, value in targets.items():
        reach = context.known.reach.get(name)
        if reach is not None and not reach.low <= value <= reach.high:
            bounds = f"{reach.low:g}..{reach.high:g} {MAY_SET[name].value}"
            yield Finding((key, name), f"{value:g} lies outside {bounds}, which rig and DUT allow; correct it")
    if SPEED in targets and TORQUE in targets:
        yield from _place(context, targets[SPEED], targets[TORQUE], key)
    elif SPEED in targets:
        yield from _fastest(context, targets[SPEED], key)
    elif TORQUE in targets:
        yield from _strongest(context, targets[TORQUE], key)


def _place(context: Context, speed_rpm: float, torque_nm: float, key: str) -> Iterator[Finding]:
    found = [*_fastest(context, speed_rpm, key)]
    low, high = context.dut.torque_min_nm(speed_rpm), context.dut.torque_max_nm(speed_rpm)
    if not found and not low <= torque_nm <= high:
        bounds = f"{low:.1f}..{high:.1f} Nm at {speed_rpm:g} rpm"
        text = f"{torque_nm:g} Nm lies outside the DUT's envelope {bounds}; correct it"
        found.append(Finding((key, TORQUE), text))
    if not found:
        found += dyno_findings(context, speed_rpm, torque_nm, (key,), (SPEED, TORQUE))
    if not found:
        point, lower = [(speed_rpm, torque_nm)], "ask for less"
        texts = (*supply_texts(context, point, "the point", lower), *analyzer_texts(context, point, lower))
        found += [Finding((key, TORQUE), text) for text in texts]
    yield from found


def _fastest(context: Context, speed_rpm: float, key: str) -> Iterator[Finding]:
    place = (key, SPEED)
    shaft_rpm = context.flange_speed_rpm(abs(speed_rpm))
    if abs(speed_rpm) > context.dut.speed_max_rpm:
        yield Finding(place, f"{speed_rpm:g} rpm exceeds the DUT's {context.dut.speed_max_rpm:g} rpm; lower it")
    elif shaft_rpm > context.bench.dyno_speed_max_rpm:
        told = f"{speed_rpm:g} rpm is {shaft_rpm:.0f} rpm at the flange"
        yield Finding(place, f"{told}; the dyno turns {context.bench.dyno_speed_max_rpm:g} rpm at most")
    elif context.bench.absorbing and speed_rpm <= 0.0:
        yield Finding(place, "a brake holds nothing at standstill; ask for a speed, or take a rig with drives")


def _strongest(context: Context, torque_nm: float, key: str) -> Iterator[Finding]:
    dut = context.dut
    speeds = [_SEARCH_RPM * n for n in range(int(dut.speed_max_rpm // _SEARCH_RPM) + 1)]
    low, high = min(map(dut.torque_min_nm, speeds)), max(map(dut.torque_max_nm, speeds))
    if context.bench.absorbing and torque_nm <= 0.0:
        yield Finding((key, TORQUE), driven(torque_nm))
    elif not low <= torque_nm <= high:
        text = f"{torque_nm:g} Nm lies outside {low:.1f}..{high:.1f} Nm, the DUT's envelope at any speed"
        yield Finding((key, TORQUE), f"{text}; correct it")


def rate_findings(context: Context, targets: Mapping[str, float], rates: Mapping[str, float]) -> Iterator[Finding]:
    """Rates of what moves at all, as fast as the rig allows."""
    most = {SPEED: context.bench.speed_rate_max_rpm_s, TORQUE: context.bench.torque_rate_max_nm_s}
    for name, rate in rates.items():
        highest = most.get(name) or (context.known.reach[name].rate_max if name in context.known.reach else rate)
        unit = _RATES[name].value
        if name not in targets:
            yield Finding(("rates", name), f"{name} has no target in 'to'; add one, or take the rate out")
        elif rate <= 0.0:
            yield Finding(("rates", name), f"{rate:g} {unit} leads nowhere; it must be above 0")
        elif rate > highest:
            yield Finding(("rates", name), f"{rate:g} {unit} exceeds the rig's {highest:g} {unit}; lower it")


# --- going there -----------------------------------------------------------------------------------------------------
def send(context: Context, targets: Mapping[str, float], rates: Mapping[str, float]) -> Operation[str]:
    """Media and voltage begin to move, then the operating point goes to its place and arrives; \"\" or the reason."""
    context.position.settled = None
    others = [name for name in targets if name not in (SPEED, TORQUE)]
    if VOLTAGE in targets:
        context.position.supply_v = targets[VOLTAGE]
        yield from fix(context, [(context.position.speed_rpm, context.position.torque_nm)])
    for name in others:
        yield Ramp(name, targets[name], rates.get(name, 0.0))
    if SPEED not in targets and TORQUE not in targets:
        return ""
    speed_rpm = targets.get(SPEED, context.position.speed_rpm)
    torque_nm = targets.get(TORQUE, context.position.torque_nm)
    for finding in _place(context, speed_rpm, torque_nm, "to"):
        return finding.message
    ordinary = Rates()
    pace = Rates(rates.get(SPEED, ordinary.speed_rpm_s), rates.get(TORQUE, ordinary.torque_nm_s))
    _, problem = yield from go(context, speed_rpm, torque_nm, pace)
    return problem


def arrive(targets: Mapping[str, float], seconds: float) -> Operation[str]:
    """Wait for the end of the ramps of media and voltage; \"\" or the reason."""
    done = tuple(Condition("done", name) for name in targets if name not in (SPEED, TORQUE))
    return (yield from wait(done, seconds + _ARRIVAL_MARGIN_S, "ramp")) if done else ""
