"""Step ``measure``: a named measurement at the operating point where the bench is."""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from bench.analysis.window import mean_std
from bench.base.time import ns
from bench.config.channels import find_channel
from bench.config.file_model import FileModel
from bench.config.limits import ChannelName
from bench.config.names import Line
from bench.config.quantity import Seconds
from bench.schedule.requests import Measure as MeasureRequest
from bench.schedule.requests import Operation, Record, Until, Window
from bench.sequence.channels import PACE, analyzer_channels, measured_channels
from bench.sequence.context import Context
from bench.sequence.electrical_check import period_texts
from bench.sequence.point.measuring import faults
from bench.sequence.point.point import derated
from bench.sequence.point.ranges import fix
from bench.sequence.point.record import efficiencies, point_record
from bench.sequence.repeating import repeated
from bench.sequence.step import METER, Finding
from bench.sequence.verdict import FAILED, FLAGGED, PASSED, StepVerdict

EVENT = "measurement"
_EXTRA_S = 5.0
_TRIES = 2
_CHANNELS_MAX = 20
_POWERS = ("eta_pe", "eta_motor_transmission", "eta_edu", "u_eta_pe", "u_eta_motor_transmission", "u_eta_edu",
           "loss_w", "u_loss_w", "p_out_w")  # fmt: skip


class MeasureParameters(FileModel):
    """A window at the present operating point: mean, scatter and number of values of each channel, and efficiencies."""

    name: Line
    """What the tables call it."""
    duration: Annotated[Seconds, Field(gt=0, le=3600)]
    updates: Annotated[int, Field(ge=1, le=72_000)] = 1
    """At least so many of the analyzer; the window lasts until both have come."""
    channels: Annotated[tuple[ChannelName, ...], Field(min_length=1, max_length=_CHANNELS_MAX)] | None = None
    """Those that the table shows. Without it: all that a point keeps."""


class Measure:
    """The step kind ``measure``."""

    name = "measure"
    parameters = MeasureParameters
    here = True
    commands = (METER,)

    def check(self, parameters: MeasureParameters, context: Context) -> list[Finding]:
        """The channels are there, and the window holds values of each."""
        found = []
        for i, channel in enumerate(parameters.channels or ()):
            if text := context.known.absent(channel):
                found.append(Finding(("channels", i), text))
        seconds = dict.fromkeys([*(parameters.channels or ()), PACE], parameters.duration)
        texts = [context.known.too_short(channel, s, values=1) for channel, s in sorted(seconds.items())]
        found += [Finding(("duration",), text) for text in texts if text]
        return found

    def points(self, parameters: MeasureParameters, context: Context) -> int:
        """None: measurements stand in a table of their own."""
        return 0

    def estimate_s(self, parameters: MeasureParameters, context: Context) -> float:
        """The window, seconds."""
        return max(parameters.duration, parameters.updates * context.bench.update_s)

    def run(self, parameters: MeasureParameters, context: Context) -> Operation[StepVerdict]:
        """Fix the ranges, keep a window, judge; journaled as ``measurement``."""
        keeping = _Keeping(context, parameters)
        window, ranges = yield from repeated(keeping.keep, {"step": self.name})
        told = judged(context, parameters, window, ranges, keeping.doubt)
        yield Record(EVENT, told)
        return StepVerdict(FAILED, (told["reason"],)) if told["verdict"] == FAILED else StepVerdict()


@dataclass(slots=True)
class _Keeping:
    """A window, kept anew after a freeze or a pause: then the bench must be as steady as before, or it is doubted."""

    context: Context
    parameters: MeasureParameters
    doubt: str = ""
    tries: int = 0

    def keep(self) -> Operation[tuple[Window, dict[str, float]]]:
        """The window, and the analyzer's ranges in it."""
        context, position = self.context, self.context.position
        if self.tries:
            self.doubt = yield from _steady_again(context)
        self.tries += 1
        ranges = yield from fix(context, [(position.speed_rpm, position.torque_nm)])
        channels = tuple(dict.fromkeys((*measured_channels(context), *(self.parameters.channels or ()))))
        seconds, updates = self.parameters.duration, self.parameters.updates
        for _ in range(_TRIES):
            timeout_ns = ns(max(seconds, 2.0 * updates * context.bench.update_s) + _EXTRA_S)
            window: Window = yield MeasureRequest(channels, ns(seconds), updates, PACE, timeout_ns)
            if not faults(window, analyzer_channels(context), updates):
                break
        return window, dict(ranges)


def _steady_again(context: Context) -> Operation[str]:
    """Wait until what the last ``settle`` has asked for holds again; \"\", or why the measurement is doubted."""
    if context.position.settled is None:
        return "measured after a break, and no 'settle' says when the bench is steady again"
    conditions, timeout_s = context.position.settled
    steady: bool = yield Until(conditions, ns(timeout_s))
    return "" if steady else f"after a break the bench did not settle again within {timeout_s:g} s"


def judged(
    context: Context, parameters: MeasureParameters, window: Window, ranges: dict[str, float], doubt: str = ""
) -> dict[str, Any]:
    """The record of a measurement. It fails where values of its channels are missing; it is flagged where the bench had
    not settled, the inverter derated, or the powers cannot be right. A part of a period has no power."""
    position = context.position
    shown = parameters.channels or measured_channels(context)
    lost = faults(window, shown, 1)
    doubts = [text for text in (position.doubt, doubt) if text]
    doubts += ["the inverter derated"] if derated(window) else []
    powers: dict[str, Any] = dict.fromkeys(_POWERS)
    unpowered = [*faults(window, analyzer_channels(context), 1), *period_texts(context, abs(position.speed_rpm))]
    if not unpowered:
        here = (position.speed_rpm, position.torque_nm)
        columns, odd = point_record(context, window, *here, ranges, usable=not derated(window))
        powers = {name: columns.get(name) for name in _POWERS}
        doubts += odd
    else:
        powers |= efficiencies({}, usable=False)
    reasons = [*lost, *doubts]
    return {
        "name": parameters.name,
        "speed_rpm": position.speed_rpm,
        "torque_nm": position.torque_nm,
        "start_ns": window.start_ns,
        "end_ns": window.end_ns,
        "duration_s": (window.end_ns - window.start_ns) / 1e9,
        "updates": len(window.values.get(PACE, ())),
        **powers,
        "no_power": "; ".join(unpowered),
        "values": [_values(window, channel) for channel in shown],
        "verdict": FAILED if lost else FLAGGED if doubts else PASSED,
        "reason": "; ".join(reasons),
    }


def _values(window: Window, channel: str) -> dict[str, Any]:
    values, known = window.values.get(channel, ()), find_channel(channel)
    mean, std = mean_std(values)
    figures = {"mean": mean, "std": std} if len(values) else {"mean": None, "std": None}
    unit = known.unit.value if known else ""
    return {"channel": channel, "unit": unit, **figures, "values": len(values), "bad": window.bad.get(channel, 0)}
