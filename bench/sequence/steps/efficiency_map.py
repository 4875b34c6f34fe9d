"""Step ``efficiency_map``: every point of a grid, in both zones, with references against drift."""

from collections.abc import Iterator

from bench.config.grid import OperatingPoint, check_points, check_speeds, grid_points, listed_points
from bench.schedule.requests import Operation
from bench.sequence.context import Context
from bench.sequence.electrical_check import carried_texts, period_texts
from bench.sequence.held import driven, dyno_findings
from bench.sequence.point.map_parameters import MapParameters
from bench.sequence.point.measuring import SHORT_TIME_MAX_S
from bench.sequence.point.point import measure_point, rates_of, task_of
from bench.sequence.point.reference import References, measure_reference
from bench.sequence.step import Finding, Path
from bench.sequence.travel.drive import travel_s
from bench.sequence.verdict import FAILED, StepVerdict

_SETTLING_FACTOR = 3.1
"""A point settles thermally after about this many windows (measured in the virtual world)."""
_RECOVERY_S = 16.0


def points_of(parameters: MapParameters, context: Context) -> tuple[OperatingPoint, ...]:
    """All points, in order."""
    if parameters.points is not None:
        return listed_points(context.dut, parameters.points)
    return grid_points(context.dut, parameters.speeds or (), parameters.fractions or ())


def _envelope_findings(parameters: MapParameters, context: Context) -> Iterator[Finding]:
    for i, message in check_speeds(context.dut, parameters.speeds or ()):
        yield Finding(("speeds", i), message)
    for i, key, message in check_points(context.dut, parameters.points or ()):
        yield Finding(("points", i, key), message)


def place_findings(
    context: Context, speed_rpm: float, torque_nm: float, path: Path, names: tuple[str | int, str | int]
) -> list[Finding]:
    """Whether one operating point of the parameters lies inside the envelopes of DUT and dynos."""
    dut = context.dut
    found = []
    if speed_rpm > dut.speed_max_rpm:
        found.append(
            Finding((*path, names[0]), f"{speed_rpm:g} rpm exceeds the DUT's {dut.speed_max_rpm:g} rpm; lower it")
        )
    low, high = dut.torque_min_nm(speed_rpm), dut.torque_max_nm(speed_rpm)
    if not low <= torque_nm <= high:
        bounds = f"{low:.1f}..{high:.1f} Nm at {speed_rpm:g} rpm"
        found.append(
            Finding((*path, names[1]), f"{torque_nm:g} Nm lies outside the DUT's envelope {bounds}; correct it")
        )
    return found + dyno_findings(context, speed_rpm, torque_nm, path, names)


def _grid_place(parameters: MapParameters, point: OperatingPoint) -> Path:
    if parameters.points is not None:
        return ("points", point.number - 1)
    return ("speeds",)


def _dyno_findings(parameters: MapParameters, context: Context) -> Iterator[Finding]:
    """One finding for the worst point is enough: the first that the dynos cannot hold."""
    for point in points_of(parameters, context):
        for finding in dyno_findings(context, point.speed_rpm, point.torque_nm, (), ("speed", "torque")):
            yield Finding(_grid_place(parameters, point), finding.message)
            return


def _driven_findings(parameters: MapParameters, context: Context) -> Iterator[Finding]:
    """Every fraction and point at which brakes would have to turn the unit."""
    if not context.bench.absorbing:
        return
    for i, fraction in enumerate(parameters.fractions or ()):
        if fraction <= 0.0:
            yield Finding(("fractions", i), driven(fraction).replace("Nm", "of the torque", 1))
    for i, listed in enumerate(parameters.points or ()):
        if listed.torque <= 0.0:
            yield Finding(("points", i, "torque"), driven(listed.torque))


def _short_time_findings(parameters: MapParameters, context: Context) -> Iterator[Finding]:
    short = [point for point in points_of(parameters, context) if point.zone == "short_time"]
    if not short:
        return
    if parameters.short_time is None:
        yield Finding((), f"{len(short)} points exceed the continuous torque; add 'short_time'")
        return
    slowest = min(point.speed_rpm for point in short)
    output_rpm = context.flange_speed_rpm(slowest)
    seconds = parameters.measure.revolutions * 60.0 / output_rpm
    if seconds > SHORT_TIME_MAX_S:
        least = parameters.measure.revolutions * 60.0 / SHORT_TIME_MAX_S * context.bench.shaft_ratio
        text = f"{parameters.measure.revolutions:g} output revolutions take {seconds:.1f} s at {slowest:g} rpm"
        remedy = f"start above {least:.0f} rpm, or ask for fewer revolutions"
        yield Finding(
            ("measure", "revolutions"), f"{text}; a short-time point may last {SHORT_TIME_MAX_S:g} s: {remedy}"
        )


def _rate_findings(parameters: MapParameters, context: Context) -> Iterator[Finding]:
    limits = (
        ("torque", context.bench.torque_rate_max_nm_s, "Nm/s"),
        ("speed", context.bench.speed_rate_max_rpm_s, "rpm/s"),
    )
    for key, most, unit in limits:
        if getattr(parameters.ramp, key) > most:
            asked = getattr(parameters.ramp, key)
            yield Finding(("ramp", key), f"{asked:g} {unit} exceeds the rig's {most:g} {unit}; lower it")


def _update_findings(parameters: MapParameters, context: Context) -> Iterator[Finding]:
    """The slowest point has the longest period of the phases."""
    places = [(point.speed_rpm, _grid_place(parameters, point)) for point in points_of(parameters, context)]
    if parameters.reference is not None:
        places.append((parameters.reference.speed, ("reference", "speed")))
    if places:
        slowest_rpm, place = min(places)
        for text in period_texts(context, slowest_rpm):
            yield Finding(place, text)


def _carried_findings(parameters: MapParameters, context: Context) -> Iterator[Finding]:
    """What supply and analyzer must carry at the ends of the grid."""
    place: Path = ("points",) if parameters.points is not None else ("fractions",)
    places = [(point.speed_rpm, point.torque_nm) for point in points_of(parameters, context)]
    for text in carried_texts(context, places, "ask for less torque at high speed"):
        yield Finding(place, text)


class EfficiencyMap:
    """The step kind ``efficiency_map``."""

    name = "efficiency_map"
    parameters = MapParameters

    def check(self, parameters: MapParameters, context: Context) -> list[Finding]:
        """Envelopes of DUT and dynos, rates, updates, short-time zone, reference and recovery points."""
        found = [*_envelope_findings(parameters, context), *_rate_findings(parameters, context)]
        found += _driven_findings(parameters, context)
        found += _update_findings(parameters, context)
        if not found:
            found += [*_dyno_findings(parameters, context), *_short_time_findings(parameters, context)]
        if not found:
            found += _carried_findings(parameters, context)
        if (short := parameters.short_time) is not None:
            names = ("recover_speed", "recover_torque")
            found += place_findings(context, short.recover_speed, short.recover_torque, ("short_time",), names)
        if (reference := parameters.reference) is not None:
            names = ("speed", "torque")
            found += place_findings(context, reference.speed, reference.torque, ("reference",), names)
        return found

    def points(self, parameters: MapParameters, context: Context) -> int:
        """One row of the table for each point of the grid."""
        return len(points_of(parameters, context))

    def estimate_s(self, parameters: MapParameters, context: Context) -> float:
        """Travel, settling, measuring, recovery and references, seconds."""
        total, here = 0.0, (context.position.speed_rpm, context.position.torque_nm)
        points = points_of(parameters, context)
        for point in points:
            task = task_of(context, parameters, point, {})
            there = (point.speed_rpm, point.torque_nm)
            total += travel_s(here, there, rates_of(parameters)) + task.seconds
            settling = _SETTLING_FACTOR if point.zone == "continuous" else 1.0
            total += settling * task.criteria.window_s + (0.0 if point.zone == "continuous" else _RECOVERY_S)
            here = there
        if parameters.reference is not None:
            count = len(points) // parameters.reference.every + 2
            total += count * (7.5 * parameters.settle.window + parameters.measure.at_least + 20.0)
        return total

    def run(self, parameters: MapParameters, context: Context) -> Operation[StepVerdict]:
        """Visit every point; a reference before the first, every so many points, and after the last."""
        references = References.of(context.taken)
        points, done = points_of(parameters, context), context.taken.points()
        every = parameters.reference.every if parameters.reference else len(points) + 1
        first, begun = context.tally.points, False
        for i, point in enumerate(points):
            if (taken := done.get(first + i + 1)) is not None:
                context.tally.add(taken["verdict"])
                continue
            if i % every == 0 or not begun:
                yield from measure_reference(context, parameters, references)
            begun = True
            yield from measure_point(context, parameters, point, first + i + 1)
        yield from measure_reference(context, parameters, references)
        return _verdict(parameters, references)


def _verdict(parameters: MapParameters, references: References) -> StepVerdict:
    if parameters.reference is None:
        return StepVerdict()
    reasons = list(references.failed)
    limit_pp = parameters.reference.drift
    found = references.judge(limit_pp)
    if not found.within:
        reasons.append(f"the reference point drifted by {found.largest_pp:+.2f} pp; {limit_pp:g} pp are allowed")
    return StepVerdict(FAILED if reasons else "passed", tuple(reasons))
