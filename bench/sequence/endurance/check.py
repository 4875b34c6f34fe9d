"""The static check of an endurance step: the way of a cycle against unit and dynos, its corners against the rest."""

from collections.abc import Iterator

import numpy as np

from bench.sequence.context import Context
from bench.sequence.electrical_check import analyzer_texts, supply_texts
from bench.sequence.endurance.checks import findings
from bench.sequence.endurance.course import Course, Point, course_of
from bench.sequence.endurance.parameters import EnduranceParameters
from bench.sequence.held import dyno_findings
from bench.sequence.step import Finding

_GUARD_RPM = 60.0
"""The unit may be this much ahead of or behind its set-point; the torque must be allowed there too."""
_SAMPLES = 9


def endurance_findings(parameters: EnduranceParameters, context: Context) -> list[Finding]:
    """Everything that would be refused or could not be reached."""
    course, kind = course_of(parameters), parameters.kind
    found = [Finding((kind,), text) for text in dict.fromkeys(_outside(course, context))]
    found += _rate_findings(parameters, context)
    if not found:
        places = (dyno_findings(context, *point, (kind,), ("speed", "torque")) for point in course.corners)
        texts = dict.fromkeys(finding.message for place in places for finding in place)
        found += [Finding((kind,), text) for text in texts]
    if not found:
        lower = "ask for less torque"
        electrical = (*supply_texts(context, course.corners, "the cycle", lower),
                      *analyzer_texts(context, course.corners, lower))  # fmt: skip
        found += [Finding((kind,), text) for text in electrical]
    return [*found, *findings(parameters.checks, context)]


def _outside(course: Course, context: Context) -> Iterator[str]:
    """Where the way of a cycle leaves the envelope."""
    dut = context.dut
    for stage, here in course.ways():
        for speed_rpm, torque_nm in _along(here, stage.point):
            if speed_rpm > dut.speed_max_rpm:
                yield f"{stage.name}: {speed_rpm:g} rpm exceeds the DUT's {dut.speed_max_rpm:g} rpm; lower it"
                break
            near = (max(0.0, speed_rpm - _GUARD_RPM), min(speed_rpm + _GUARD_RPM, dut.speed_max_rpm))
            low, high = max(map(dut.torque_min_nm, near)), min(map(dut.torque_max_nm, near))
            if not low <= torque_nm <= high:
                told = f"{stage.name}: {torque_nm:g} Nm at {speed_rpm:.0f} rpm lies outside the DUT's envelope"
                yield f"{told} ({low:.1f}..{high:.1f} Nm around this speed); correct it"
                break


def _along(here: Point, there: Point) -> list[Point]:
    speeds, torques = (np.linspace(a, b, _SAMPLES).tolist() for a, b in zip(here, there, strict=True))
    return list(zip(speeds, torques, strict=True))


def _rate_findings(parameters: EnduranceParameters, context: Context) -> Iterator[Finding]:
    bench = context.bench
    dynos_rpm_s = bench.dyno_speed_rate_rpm_s * bench.shaft_ratio
    limits = (
        ("torque_rate", bench.torque_rate_max_nm_s, "Nm/s", "the rig's"),
        ("speed_rate", min(bench.speed_rate_max_rpm_s, dynos_rpm_s), "rpm/s", "what rig and dynos allow,"),
    )
    for key, most, unit, whose in limits:
        asked = getattr(parameters, key)
        if asked > most:
            yield Finding((key,), f"{asked:g} {unit} exceeds {whose} {most:g} {unit}; lower it")
