"""The plots over time: drift of the reference point, settling of the points, temperatures at the points."""

from itertools import cycle

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.base.time import NS_PER_S
from bench.report import drawing
from bench.report.drawing import ACCENT, COOL, GOOD, WARNING
from bench.report.model import ReportModel

_SIZE_INCHES = (9.6, 3.1)
_TEMPERATURES = (
    ("dut_winding_temp_mean", "winding", ACCENT),
    ("dut_rotor_temp_mean", "rotor", "#8e5ea2"),
    ("dut_junction_temp_mean", "junction", "#c9971c"),
    ("dut_oil_temp_mean", "oil", GOOD),
    ("coolant_temp_in_mean", "coolant in", COOL),
)
_DASHES = ("--", "-.", (0, (8, 2)), (0, (1, 1)), (0, (3, 1, 1, 1, 1, 1)), (0, (8, 2, 2, 2)))
"""Of thermocouples at places where the unit has no sensor of its own; the others are dotted in its colour."""


def _axes(title: str, x: str, y: str, right: float = 0.98) -> tuple[Figure, Axes]:
    figure = Figure(figsize=_SIZE_INCHES)
    axes = figure.add_axes((0.075, 0.155, right - 0.075, 0.735))
    axes.set_title(title)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    return figure, axes


def drift_plot(model: ReportModel) -> str:
    """How the reference point moved during the run; empty without references."""
    if not model.references:
        return ""
    with drawing.styled():
        figure, axes = _axes("Drift of the reference point", "run time in h", "change of efficiency in pp")
        t = np.array([reference.t_s for reference in model.references]) / 3600.0
        moved = 100.0 * (np.array([reference.eta for reference in model.references]) - model.references[0].eta)
        limit = model.drift_limit_pp
        if limit is not None:
            axes.axhspan(-limit, limit, color=GOOD, alpha=0.1, linewidth=0)
            for sign in (-1, 1):
                axes.axhline(sign * limit, color=GOOD, linewidth=1, linestyle=(0, (5, 3)))
            axes.annotate(f"limit ±{limit:g} pp", (1, limit), (-4, -4), ("axes fraction", "data"), "offset points",
                          ha="right", va="top", color=GOOD, fontsize=8.5)  # fmt: skip
        span = 1.25 * max(limit or 0.0, float(np.abs(moved).max()), 0.01)
        axes.set_ylim(-span, span)
        axes.plot(t, moved, color=ACCENT, marker="o", markersize=5)
        tips = [
            drawing.Tip(float(x), float(y), f"reference {i}: {100 * reference.eta:.3f} %, {y:+.3f} pp")
            for i, (x, y, reference) in enumerate(zip(t, moved, model.references, strict=True), start=1)
        ]
        return drawing.svg(figure, "drift", "Drift of the reference point over the run", axes, tips)


def settling_plot(model: ReportModel) -> str:
    """How long each point took to settle; empty without evidence."""
    if not model.settling:
        return ""
    with drawing.styled():
        figure, axes = _axes("Settling, evidence window included", "point", "time in s")
        for zone, colour in (("continuous", COOL), ("short_time", "#c9971c"), ("no_load", COOL), ("net_power", COOL)):
            chosen = [item for item in model.settling if item.zone == zone and item.satisfied]
            if chosen:
                place = [item.point for item in chosen], [item.seconds for item in chosen]
                axes.vlines(place[0], 0, place[1], color=colour, linewidth=1.1, alpha=0.5)
                axes.scatter(*place, s=13, color=colour, label=f"{zone.replace('_', ' ')} zone")
        missed = [item for item in model.settling if not item.satisfied]
        if missed:
            place = [item.point for item in missed], [item.seconds for item in missed]
            axes.scatter(*place, s=36, marker="x", color=WARNING, label="did not settle")
        axes.set_ylim(0, None)
        axes.set_xlim(0, max(item.point for item in model.settling) + 1)
        axes.legend(loc="upper right", ncols=3, fontsize=8.5)
        tips = [
            drawing.Tip(item.point, item.seconds, f"point {item.point}: {item.seconds:.1f} s, {item.zone}")
            for item in model.settling
        ]
        return drawing.svg(figure, "settling", "Time each point took to settle", axes, tips)


def temperature_plot(model: ReportModel) -> str:
    """Temperatures at the points, over the run; empty where none was measured."""
    t = model.column("start_ns", False) / NS_PER_S / 3600.0
    t[["of_run" in row for row in model.rows]] = np.nan  # they have the clock of the run they were taken over from
    curves = [(model.column(name, False), label, colour) for name, label, colour in _TEMPERATURES]
    curves = [curve for curve in curves if np.isfinite(curve[0]).any()]
    thermocouples = _thermocouples(model)
    if not curves and not thermocouples:
        return ""
    own = {label: colour for _, label, colour in curves}
    with drawing.styled():
        figure, axes = _axes("Temperatures at the points", "run time in h", "temperature in °C", right=0.85)
        for values, label, colour in curves:
            axes.plot(t, values, color=colour, marker="o", markersize=2.4, linewidth=0.9, label=label)
        dashes = cycle(_DASHES)
        for name in thermocouples:
            label = name.removeprefix("scanner_").removesuffix("_temp_mean").replace("_", " ")
            style = (own[label], ":") if label in own else ("0.35", next(dashes))
            axes.plot(
                t, model.column(name, False), color=style[0], linestyle=style[1], linewidth=1.1, label=f"{label} (tc)"
            )
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), fontsize=8.5)
        return drawing.svg(figure, "temperatures", "Temperatures at the points over the run")


def _thermocouples(model: ReportModel) -> list[str]:
    """Columns of the bench's own thermocouples."""
    names = {name for row in model.rows for name in row if name.startswith("scanner_") and name.endswith("_temp_mean")}
    return sorted(name for name in names if np.isfinite(model.column(name, False)).any())
