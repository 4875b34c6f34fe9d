"""The report: one self-contained HTML file that opens offline, in light and dark, and prints."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from bench.base.time import clock_text, ns
from bench.record.points import Row
from bench.report.cycle_plot import cycle_plot
from bench.report.cycles import Cycles
from bench.report.endurance import Endurance
from bench.report.endurance_plot import chart_plot, collectives_plot
from bench.report.maps import LARGE, SMALL, efficiency_map, loss_map, uncertainty_map
from bench.report.model import EFFICIENCIES, ReportModel
from bench.report.plots import drift_plot, settling_plot, temperature_plot
from bench.report.results import HEADLINES, RESULTS, Result
from bench.report.table import Cell, TableColumn, cell, present


class Tile(NamedTuple):
    """One figure at the top: what, how much, more about it, and its mood (``good``, ``bad`` or none)."""

    label: str
    value: str
    note: str = ""
    mood: str = ""


class Picture(NamedTuple):
    """One drawing; ``wide`` takes the whole width."""

    svg: Markup
    wide: bool


_COLUMNS = (
    TableColumn("speed", "rpm", "speed_rpm", 1.0, 0),
    TableColumn("torque", "Nm", "torque_nm"),
    TableColumn("DC", "kW", "dc_power_mean", 1e-3, 2),
    TableColumn("AC", "kW", "ac_power_mean", 1e-3, 2),
    TableColumn("half-shafts", "kW", "p_out_w", 1e-3, 2),
    TableColumn("loss", "kW", "loss_w", 1e-3, 2),
    TableColumn("η unit", "%", "eta_edu", 100.0, 2, "u_eta_edu", True),
    TableColumn("η electronics", "%", "eta_pe", 100.0, 2, "u_eta_pe", True),
    TableColumn("η motor + trans.", "%", "eta_motor_transmission", 100.0, 2, "u_eta_motor_transmission", True),
    TableColumn("ripple", "pp", "ripple_pp", 1.0, 3),
    TableColumn("winding", "°C", "dut_winding_temp_mean"),
    TableColumn("oil", "°C", "dut_oil_temp_mean"),
)
_CYCLE_COLUMNS = (
    TableColumn("way", "km", "distance_km", 1.0, 3),
    TableColumn("consumption", "kWh/100 km", "consumption_kwh_100km", 1.0, 2, "u_consumption_kwh_100km"),
    TableColumn("DC taken", "Wh", "dc_in_wh", 1.0, 1, "u_dc_in_wh"),
    TableColumn("DC regenerated", "Wh", "dc_out_wh", 1.0, 1, "u_dc_out_wh"),
    TableColumn("phases, net", "Wh", "ac_net_wh", 1.0, 1, "u_ac_net_wh"),
    TableColumn("half-shafts driving", "Wh", "shaft_driving_wh", 1.0, 1, "u_shaft_driving_wh"),
    TableColumn("braking", "Wh", "shaft_braking_wh", 1.0, 1, "u_shaft_braking_wh"),
    TableColumn("loss", "Wh", "loss_wh", 1.0, 1, "u_loss_wh"),
    TableColumn("speed error", "km/h rms", "speed_rms_kmh", 1.0, 2),
    TableColumn("outside", "% of time", "outside_share", 100.0, 2),
    TableColumn("torque error", "Nm rms", "torque_rms_nm", 1.0, 2),
    TableColumn("limited", "s", "limited_s", 1.0, 0),
    TableColumn("winding", "°C max", "winding_max_degc", 1.0, 1),
)
_TRACES = 6
"""As many curves are drawn; the others are in the journal."""


def render_html(model: ReportModel) -> str:
    """The whole page."""
    columns = present(_COLUMNS, model.rows)
    cycles = model.cycles.rows if model.cycles else ()
    cycle_columns = present(_CYCLE_COLUMNS, cycles)
    return _template().render(
        model=model,
        tiles=tiles(model),
        maps=_maps(model),
        plots=_plots(model),
        columns=columns,
        rows=_lines(model.rows, columns),
        cycles=_lines(cycles, cycle_columns),
        cycle_columns=cycle_columns,
        cycle_plots=_cycle_plots(model),
        results=[(result, columns, _lines(rows, columns)) for result, rows, columns in _results(model)],
        result_plots=_result_plots(model),
        facts=_facts(model),
        clock=lambda t_s: clock_text(ns(t_s)),
    )


def _lines(rows: Sequence[Row], columns: Sequence[TableColumn]) -> list[tuple[Row, list[Cell]]]:
    return [(row, [cell(row, column) for column in columns]) for row in rows]


def _results(model: ReportModel) -> Iterator[tuple[Result, Sequence[Row], Sequence[TableColumn]]]:
    for result in RESULTS:
        if rows := model.results.get(result.key):
            yield result, rows, present(result.columns, rows)


@cache
def _template() -> Template:
    loader = PackageLoader("bench", "report")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True,
                       lstrip_blocks=True).get_template("report.html.j2")  # fmt: skip


def tiles(model: ReportModel) -> list[Tile]:
    """The figures that a reader wants first."""
    found = [
        *(_point_tiles(model) if model.rows or model.planned or not (model.cycles or model.results) else ()),
        *(cycle_tiles(model.cycles) if model.cycles else ()),
        *_headlines(model),
        *_endurance_tiles(model.endurance),
        Tile("bench time", f"{clock_text(ns(model.duration_s))} h", f"world: {model.world}" if model.world else ""),
    ]
    return found if model.stop_confirmed is None else [*found, _stop(model.stop_confirmed, model)]


def _headlines(model: ReportModel) -> Iterator[Tile]:
    for headline in HEADLINES:
        for row in model.results.get(headline.key, ()):
            watts, u_watts = row[headline.value], row[headline.uncertainty]
            value = "–" if watts is None else f"{1e-3 * watts:.1f} kW"
            where = f"{row['speed_rpm']:g} rpm" if row["speed_rpm"] is not None else ""
            more = "" if watts is None or u_watts is None else f"± {1e-3 * u_watts:.1f} kW"
            mood = "good" if row["verdict"] == "passed" else "bad"
            yield Tile(headline.label, value, ", ".join(filter(None, (more, where))), mood)


def _point_tiles(model: ReportModel) -> list[Tile]:
    planned = f" of {model.planned}" if model.planned else ""
    flagged = f"{model.flagged} flagged" if model.flagged else "none flagged"
    peaks = (_peak(model, regenerating) for regenerating in (False, True))
    drift = [_drift(model)] if model.references else []
    return [Tile("points accepted", f"{model.accepted}{planned}", flagged), *peaks, *drift]


def _endurance_tiles(endurance: Endurance) -> Iterator[Tile]:
    for step in endurance.steps:
        row = step.row
        asked = f" of {row['asked_cycles']}" if row["asked_cycles"] else ""
        mood = {"passed": "good", "failed": "bad"}.get(row["verdict"], "")
        note = f"{step.kind.replace('_', ' ')}, {row['load_s'] / 3600.0:.1f} h, {row['out_of_band']} out of band"
        yield Tile("cycles in band", f"{row['cycles']}{asked}", note, mood)
    for chart in endurance.charts:
        last = chart.last
        value = "none found" if not last["found_at"] else f"{last['shift_pp']:+.3f} pp".replace("-", "−")
        note = f"{chart.key.name}, {len(chart.checks)} checks"
        yield Tile("drift", value, note, "good" if last["chart_verdict"] == "passed" else "bad")


def cycle_tiles(cycles: Cycles) -> list[Tile]:
    """Means over all repetitions; the tracking is that of the worst."""
    found = []
    count = len(cycles.totals)
    repetitions = f"mean of {count} repetitions" if count > 1 else "one repetition"
    if (taken := cycles.mean("consumption_kwh_100km")) is not None:
        u_taken = cycles.mean("u_consumption_kwh_100km") or 0.0
        found.append(Tile("consumption per 100 km", f"{taken:.2f} kWh", f"± {u_taken:.2f} kWh, {repetitions}"))
    if (back := cycles.mean("dc_out_wh")) is not None:
        share = 100.0 * back / max(cycles.mean("dc_in_wh") or 0.0, 1e-9)
        found.append(
            Tile("regenerated", f"{back * 1e-3:.3f} kWh", f"{share:.1f} % of what was taken, at the DC terminals")
        )
    if cycles.totals:
        outside = max(row["outside_occasions"] for row in cycles.totals)
        known = [row["speed_rms_kmh"] for row in cycles.totals if row["speed_rms_kmh"] is not None]
        passed = all(row["verdict"] == "passed" for row in cycles.totals)
        note = f"{outside} times outside the driving tolerance" if outside else "always inside the driving tolerance"
        value = f"{max(known):.2f} km/h" if known else "–"
        found.append(Tile("speed error", value, note if known else "not measured", "good" if passed else "bad"))
    return found


def _stop(confirmed: bool, model: ReportModel) -> Tile:
    rungs = f"{sum(rung.outcome == 'confirmed' for rung in model.rungs)} of {len(model.rungs)} rungs"
    word, mood = ("confirmed", "good") if confirmed else ("not confirmed", "bad")
    return Tile("stop", word, rungs if model.rungs else "", mood)


def _peak(model: ReportModel, regenerating: bool) -> Tile:
    label = "best, " + ("regenerating" if regenerating else "motoring")
    row = model.best("eta_edu", regenerating)
    if row is None:
        return Tile(label, "–")
    uncertainty = row.get("u_eta_edu")
    more = f"± {100 * uncertainty:.2f} pp, " if uncertainty is not None else ""
    where = f"{row['speed_rpm']:.0f} rpm, {row['torque_nm']:.0f} Nm".replace("-", "−")
    return Tile(label, f"{100 * row['eta_edu']:.1f} %", more + where)


def _drift(model: ReportModel) -> Tile:
    if model.drift_pp is None:
        return Tile("reference drift", "–", "fewer than two references")
    limit = model.drift_limit_pp
    mood = "" if limit is None else "good" if abs(model.drift_pp) <= limit else "bad"
    note = f"limit ±{limit:g} pp, {len(model.references)} references" if limit is not None else ""
    return Tile("reference drift", f"{model.drift_pp:+.3f} pp".replace("-", "−"), note, mood)


def _maps(model: ReportModel) -> list[Picture]:
    names = [name for name in EFFICIENCIES if model.has(name)]
    pictures = [
        _picture(efficiency_map(model, name, LARGE if i == 0 else SMALL), i == 0) for i, name in enumerate(names)
    ]
    return pictures + [_picture(svg, False) for svg in (loss_map(model), uncertainty_map(model)) if svg]


def _plots(model: ReportModel) -> list[Picture]:
    drawn = (drift_plot(model), settling_plot(model), temperature_plot(model))
    return [_picture(svg, True) for svg in drawn if svg]


def _cycle_plots(model: ReportModel) -> list[Picture]:
    traces = model.cycles.traces[:_TRACES] if model.cycles else ()
    return [_picture(cycle_plot(trace, number), True) for number, trace in enumerate(traces, 1)]


def _result_plots(model: ReportModel) -> dict[str, list[Picture]]:
    """Pictures above a table, by its key."""
    steps, charts = model.endurance.steps, model.endurance.charts
    drawn = {
        "endurance": [collectives_plot(step, number) for number, step in enumerate(steps, 1)],
        "drift": [chart_plot(chart, number) for number, chart in enumerate(charts, 1)],
    }
    return {key: [_picture(svg, True) for svg in svgs if svg] for key, svgs in drawn.items()}


def _picture(svg: str, wide: bool) -> Picture:
    return Picture(Markup(svg), wide)


def _facts(model: ReportModel) -> list[tuple[str, list[tuple[str, str]]]]:
    """What the run was made of, in groups of name and value."""
    manifest = model.manifest
    basis = sorted({str(row["u_basis"]) for row in model.rows if row.get("u_basis")})
    run = {"plan": model.plan, "DUT": model.dut, "rig": model.rig, "world": model.world, "seed": model.seed}
    run |= {"core program": manifest.get("program", ""), "uncertainty from": ", ".join(basis)}
    run |= {"duration": _duration(manifest.get("foresight", {}))}
    groups: list[tuple[str, Mapping[str, Any]]] = [
        ("Run", run),
        ("Parameters of the plan", _parameters(manifest)),
        ("Instruments", _identities(manifest)),
        ("Versions", manifest.get("versions", {})),
    ]
    hashes = {
        name: told["sha256"] for name, told in {**manifest.get("inputs", {}), **manifest.get("files", {})}.items()
    }
    groups.append(("Files, SHA-256", hashes))
    return [
        (title, [(str(key), str(value)) for key, value in group.items() if value not in ("", None)])
        for title, group in groups
        if group
    ]


def _duration(eta: Mapping[str, Any]) -> str:
    """What was foreseen, what it took, and how well the end was known on the way."""
    if not eta:
        return ""
    foreseen, took = (clock_text(ns(eta[key])) for key in ("foreseen_s", "took_s"))
    errors = ", ".join(f"{error:+.1f} % at {share} %" for share, error in eta["error_percent"].items())
    return f"{foreseen} h foreseen, {took} h taken; error of the end as told: {errors} of the run"


def _parameters(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Their values, and which of them were set for this run."""
    given, values = manifest.get("set", ()), manifest.get("parameters", {})
    return {name: f"{value} (set)" if name in given else str(value) for name, value in values.items()}


def _identities(manifest: Mapping[str, Any]) -> dict[str, str]:
    identities: Mapping[str, Mapping[str, Any]] = manifest.get("identities", {})
    order = ("maker", "model", "part_number", "serial", "firmware", "software", "calibration")
    return {part: " ".join(str(told[key]) for key in order if told.get(key)) for part, told in identities.items()}
