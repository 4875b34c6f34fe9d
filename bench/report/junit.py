"""The run as JUnit XML, for CI servers: a case for each point, repetition of a cycle, result of
a step and condition of the verdict."""

from collections.abc import Iterator
from typing import NamedTuple
from xml.etree import ElementTree

from bench.base.time import NS_PER_S
from bench.record.points import Row
from bench.report.model import ReportModel
from bench.report.results import RESULTS


class _Case(NamedTuple):
    name: str
    seconds: float
    outcome: str  # "", "skipped" or "failure"
    message: str


def render_junit(model: ReportModel) -> bytes:
    """``junit.xml``. Flagged points are skipped cases (the plan's allowance judges their number); no wall time."""
    totals = model.cycles.totals if model.cycles else ()
    cases = [*map(_point, model.rows), *map(_repetition, totals), *_results(model), *_conditions(model)]
    counts: dict[str, str] = {kind: str(sum(case.outcome == word for case in cases)) for kind, word in _KINDS.items()}
    figures = {"tests": str(len(cases)), **counts, "errors": "0", "time": f"{model.duration_s:.3f}"}
    suite = ElementTree.Element("testsuite", {"name": model.plan or "run", **figures})
    for case in cases:
        place = {"classname": f"{model.plan}.{model.dut}", "name": case.name, "time": f"{case.seconds:.3f}"}
        element = ElementTree.SubElement(suite, "testcase", place)
        if case.outcome:
            ElementTree.SubElement(element, case.outcome, {"message": case.message})
    suites = ElementTree.Element("testsuites")
    suites.append(suite)
    ElementTree.indent(suites)
    text: bytes = ElementTree.tostring(suites, "utf-8", xml_declaration=True)
    return text + b"\n"


_KINDS = {"failures": "failure", "skipped": "skipped"}


def _point(row: Row) -> _Case:
    name = f"point {row['point']:03d}: {row['speed_rpm']:g} rpm {row['torque_nm']:g} Nm"
    seconds = (row.get("end_ns", 0) - row.get("start_ns", 0)) / NS_PER_S
    flagged = row.get("verdict") != "accepted"
    place = f", step {row['step']}" if "step" in row else ""
    reason = f"flagged: {row.get('reason', '')}" if flagged else ""
    return _Case(name + place, seconds, "skipped" if flagged else "", reason)


def _repetition(row: Row) -> _Case:
    name = f"cycle {row['drive']:02d}: {row['cycle']}, repetition {row['repetition']:d}"
    failed = row.get("verdict") != "passed"
    return _Case(name, row["duration_s"], "failure" if failed else "", str(row.get("reason", "")))


def _results(model: ReportModel) -> Iterator[_Case]:
    for result in RESULTS:
        for row in model.results.get(result.key, ()) if result.case else ():
            seconds = (row.get("end_ns", 0) - row.get("start_ns", 0)) / NS_PER_S
            outcome = {"passed": "", "flagged": "skipped"}.get(row["verdict"], "failure")
            yield _Case(result.case.format(**row), seconds, outcome, str(row["reason"]))


def _conditions(model: ReportModel) -> Iterator[_Case]:
    reasons = "; ".join(model.reasons) or f"the run is {model.verdict}"
    yield _Case("verdict of the run", model.duration_s, "" if model.verdict == "passed" else "failure", reasons)
    drift, limit = model.drift_pp, model.drift_limit_pp
    if drift is not None and limit is not None:
        message = f"{drift:+.3f} pp, limit {limit:g} pp"
        yield _Case("drift of the reference point", 0.0, "" if abs(drift) <= limit else "failure", message)
    if model.stop_confirmed is not None:
        missed = ", ".join(rung.name for rung in model.rungs if rung.outcome != "confirmed")
        yield _Case("stop confirmed", 0.0, "" if model.stop_confirmed else "failure", f"not confirmed: {missed}")
