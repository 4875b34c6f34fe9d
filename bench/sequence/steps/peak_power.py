"""Step ``peak_power``: full torque for ten seconds, repeated, as UN GTR 21 has it for the system power of a vehicle.

What follows the text (ECE/TRANS/180/Add.21): at the speed of the highest power the torque goes up to the full one for
at least 10 s; peak power is the highest mean over 2 s inside these 10 s, sustained power the mean from 8 s to 10 s (SAE
J2908 calls them impulse and sustained); of five repetitions the last four count, and each must lie within ±5 % of their
mean, or it is repeated; all values come 10 times a second or faster. What is assumed for a unit on a bench: the 10 s
begin when the torque begins to rise; the unit begins each repetition at or below the same winding temperature instead
of being driven between them; more repetitions are added one by one until the last four agree; the power is that of the
half-shafts, without the standard's factor for the transmission of a vehicle.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Annotated

from pydantic import Field

from bench.config.file_model import FileModel
from bench.config.quantity import DegC, Percent, Seconds, SpeedRpm, TorqueNm, TorqueRate
from bench.schedule.requests import Collect, Collected, Now, Operation, Record, SleepUntil, Window
from bench.sequence.channels import measured_channels
from bench.sequence.context import Context
from bench.sequence.electrical_check import analyzer_texts, supply_texts
from bench.sequence.point.full_torque import SPEED_SHARE, full_torque_nm
from bench.sequence.point.peak_repetition import Repetition, disagreement, judged, result
from bench.sequence.point.ranges import fix
from bench.sequence.point.shaft_power import after
from bench.sequence.point.short_time import recover
from bench.sequence.repeating import repeated
from bench.sequence.step import Finding
from bench.sequence.steps.efficiency_map import place_findings
from bench.sequence.travel.drive import ramp_torque, travel_s
from bench.sequence.travel.position import Rates
from bench.sequence.travel.transfer import go
from bench.sequence.verdict import StepVerdict

_RISE_S = 2.0
_UPDATE_S = 0.1
_LATE_S = 0.5
"""Until the last values have come."""
_RECOVERY_S = 60.0


class PeakPowerParameters(FileModel):
    """The point at the motor shaft, from which state each repetition begins, and how alike they must be."""

    speed: Annotated[SpeedRpm, Field(gt=0)]
    torque: Annotated[TorqueNm, Field(gt=0)] | None = None
    """Without it: the highest that the envelope has at this speed and 0.5 % around it: no dyno holds it exactly."""
    rate: Annotated[TorqueRate, Field(gt=0)] | None = None
    """How fast the torque rises. Without it: as fast as the rig allows."""
    hold: Annotated[Seconds, Field(ge=10, le=30)] = 10.0
    winding_start: DegC
    recover_speed: Annotated[SpeedRpm, Field(gt=0)]
    recover_torque: TorqueNm
    recover_timeout: Annotated[Seconds, Field(gt=0)]
    repetitions: Annotated[int, Field(ge=3, le=50)] = 5
    """The first does not count."""
    more: Annotated[int, Field(ge=0, le=50)] = 5
    """Repetitions that may be added until those that count agree."""
    band: Annotated[Percent, Field(gt=0, le=100)] = 5.0
    """How far a repetition may lie from the mean of all that count (+-)."""


class PeakPower:
    """The step kind ``peak_power``."""

    name = "peak_power"
    parameters = PeakPowerParameters

    def check(self, parameters: PeakPowerParameters, context: Context) -> list[Finding]:
        """Envelopes of unit and dynos, supply, analyzer, how fast the torque rises, and where the unit cools down."""
        speed_rpm, torque_nm = parameters.speed, torque_of(parameters, context)
        found = place_findings(context, speed_rpm, torque_nm, (), ("speed", "torque"))
        found += () if found else _edge(parameters, context)
        recovering = (parameters.recover_speed, parameters.recover_torque)
        cooling = place_findings(context, *recovering, (), ("recover_speed", "recover_torque"))
        found += cooling or _warming(context, *recovering)
        found += _rise_findings(parameters, context, torque_nm)
        if context.bench.update_s > _UPDATE_S:
            text = f"the analyzer tells {1.0 / context.bench.update_s:g} values a second, UN GTR 21 asks for 10"
            found.append(Finding((), f"{text}; lower 'update' in the rig file"))
        if not found:
            point, lower = [(speed_rpm, torque_nm)], "ask for less torque, or another speed"
            texts = (*supply_texts(context, point, "full torque", lower), *analyzer_texts(context, point, lower))
            found += [Finding(("speed",), text) for text in texts]
        return found

    def points(self, parameters: PeakPowerParameters, context: Context) -> int:
        """None: its results stand in tables of their own."""
        return 0

    def estimate_s(self, parameters: PeakPowerParameters, context: Context) -> float:
        """Travel, and the repetitions with a guess of the recovery between them, seconds."""
        here = (context.position.speed_rpm, context.position.torque_nm)
        there = (parameters.speed, parameters.recover_torque)
        once_s = parameters.hold + _LATE_S + min(_RECOVERY_S, parameters.recover_timeout)
        once_s += 2.0 * travel_s(there, (parameters.recover_speed, torque_of(parameters, context)), Rates())
        return travel_s(here, there, Rates()) + parameters.repetitions * once_s

    def run(self, parameters: PeakPowerParameters, context: Context) -> Operation[StepVerdict]:
        """Repeat until those that count agree; journaled as ``peak_repetition`` for each and ``peak_power``."""
        done: list[Repetition] = []
        counting: Sequence[Repetition] = ()
        for number in range(1, parameters.repetitions + parameters.more + 1):
            label = {"repetition": number}
            done.append((yield from repeated(partial(_repeat, context, parameters, number), label)))
            counting = done[1 - parameters.repetitions :] if number >= parameters.repetitions else ()
            if counting and not disagreement(counting, parameters.band):
                break
        told = result(counting, parameters.band)
        where = {"speed_rpm": parameters.speed, "torque_nm": torque_of(parameters, context)}
        yield Record("peak_power", {**where, "repetitions": len(done), **told})
        return StepVerdict(told["verdict"], (told["reason"],) if told["reason"] else ())


def torque_of(parameters: PeakPowerParameters, context: Context) -> float:
    """The full torque, Nm."""
    return full_torque_nm(context, parameters.speed) if parameters.torque is None else parameters.torque


def _edge(parameters: PeakPowerParameters, context: Context) -> Iterator[Finding]:
    highest_nm = full_torque_nm(context, parameters.speed)
    if parameters.torque is not None and parameters.torque > highest_nm:
        text = f"{parameters.torque:g} Nm lies outside the envelope as soon as the speed swings"
        yield Finding(("torque",), f"{text} by {100 * SPEED_SHARE:g} %; ask for {highest_nm:g} Nm at most")


def _rate(parameters: PeakPowerParameters, context: Context) -> float:
    return context.bench.torque_rate_max_nm_s if parameters.rate is None else parameters.rate


def _warming(context: Context, speed_rpm: float, torque_nm: float) -> Iterator[Finding]:
    continuous = context.dut.continuous_torque_nm(speed_rpm)
    if abs(torque_nm) > continuous:
        text = f"nothing cools down with {torque_nm:g} Nm at {speed_rpm:g} rpm (continuous torque {continuous:.0f} Nm)"
        yield Finding(("recover_torque",), f"{text}; lower it")


def _rise_findings(parameters: PeakPowerParameters, context: Context, torque_nm: float) -> Iterator[Finding]:
    most, rate = context.bench.torque_rate_max_nm_s, _rate(parameters, context)
    place = ("rate",) if parameters.rate is not None else ()
    if rate > most:
        yield Finding(place, f"{rate:g} Nm/s exceeds the rig's {most:g} Nm/s; lower it")
    rise_nm = abs(torque_nm - parameters.recover_torque)
    if rise_nm > _RISE_S * rate:
        text = f"the torque takes {rise_nm / rate:.1f} s to rise, while the unit warms up; {_RISE_S:g} s are allowed"
        yield Finding(place, f"{text}: raise the rate to {rise_nm / _RISE_S:.0f} Nm/s")


def _repeat(context: Context, parameters: PeakPowerParameters, number: int) -> Operation[Repetition]:
    """Cool down, full torque, and back at once; journaled."""
    rates = Rates()
    label = {"repetition": number}
    before = yield from recover(context, parameters, rates, label)
    _, problem = yield from go(context, parameters.speed, parameters.recover_torque, rates)
    torque_nm = torque_of(parameters, context)
    yield from fix(context, [(parameters.speed, parameters.recover_torque), (parameters.speed, torque_nm)])
    yield Collect(measured_channels(context))
    start_ns: int = yield Now()
    stuck = yield from ramp_torque(context, torque_nm, Rates(torque_nm_s=_rate(parameters, context)))
    yield SleepUntil(after(start_ns, parameters.hold))
    stuck = (yield from ramp_torque(context, parameters.recover_torque, rates)) or stuck
    yield SleepUntil(after(start_ns, parameters.hold + _LATE_S))
    window: Window = yield Collected(after(start_ns, parameters.hold), last=True)
    problems = [*before, *(text for text in (problem, stuck) if text)]
    repetition, told = judged(context, window, start_ns, problems, (number, parameters.speed))
    yield Record("peak_repetition", {**label, **told})
    return repetition
