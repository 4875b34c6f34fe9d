"""Pictures of endurance: the collectives of a step, and drift charts with their cumulative sums."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.report import drawing
from bench.report.drawing import ACCENT, COOL, FAINT, GOOD, INK, WARNING
from bench.report.endurance import DriftChart, Endured

_COLLECTIVES_INCHES = (9.6, 3.3)
_DRIFT_INCHES = (9.6, 4.4)
_MARK = 4.5


def collectives_plot(step: Endured, number: int) -> str:
    """How often each range of torque and junction temperature, how long the winding was how warm."""
    with drawing.styled():
        figure = Figure(figsize=_COLLECTIVES_INCHES)
        left, middle, right = (figure.add_axes((x, 0.16, 0.255, 0.70)) for x in (0.07, 0.395, 0.725))
        _exceedances(left, step.torque.exceedances(), "Torque collective", "range in Nm")
        _exceedances(middle, step.junction.exceedances(), "Junction collective", "swing in K")
        levels = step.winding.levels()
        right.set_title("Winding, time at level")
        right.set_xlabel("temperature in °C")
        right.set_ylabel("time in h")
        right.bar(
            [degc for degc, _ in levels], [s / 3600.0 for _, s in levels], 0.86 * step.winding.width, color=ACCENT
        )
        return drawing.svg(figure, f"collectives{number}", f"Load collectives of {step.kind.replace('_', ' ')}")


def _exceedances(axes: Axes, rows: list[tuple[float, float]], title: str, y: str) -> None:
    axes.set_title(title)
    axes.set_xlabel("cycles of at least this range")
    axes.set_ylabel(y)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(_power_of_ten)
    axes.xaxis.set_minor_formatter("")
    if rows:
        sizes, counts = np.array(rows).T
        axes.step(np.r_[counts, counts[-1]], np.r_[sizes, 0.0], where="pre", color=COOL)
        axes.plot(counts, sizes, color=COOL, marker="o", markersize=_MARK, linewidth=0)
        axes.set_xlim(0.4, 2.0 * counts[-1])
        axes.set_ylim(0.0, 1.15 * max(float(sizes[0]), 1.0))


def _power_of_ten(value: float, _place: float) -> str:
    return f"{value:.0f}" if value < 1e4 else f"{value:.0e}".replace("e+0", "e")


def chart_plot(chart: DriftChart, number: int) -> str:
    """Each check's distance from the baseline, and the two sums against the limit."""
    kept = [(n, row) for n, row in enumerate(chart.checks, 1) if row.get("eta_edu") is not None and not row["reason"]]
    if not kept:
        return ""
    last = chart.last
    places = np.array([n for n, _ in kept], float)
    mean = last["reference_eta"]
    apart = np.array([100.0 * (row["eta_edu"] - mean) for _, row in kept])
    with drawing.styled():
        figure = Figure(figsize=_DRIFT_INCHES)
        upper, lower = figure.add_axes((0.085, 0.46, 0.895, 0.45)), figure.add_axes((0.085, 0.12, 0.895, 0.27))
        upper.set_title(f"Drift of {chart.key.name} ({chart.key.speed_rpm:g} rpm, {chart.key.torque_nm:g} Nm)")
        upper.set_ylabel("efficiency in pp")
        upper.axvspan(0.5, chart.key.baseline + 0.5, color=FAINT, alpha=0.12, linewidth=0)
        upper.annotate("baseline", (0.5, 1.0), (5, -5), ("data", "axes fraction"), "offset points", va="top",
                       color=FAINT, fontsize=8.5)  # fmt: skip
        sigma = chart.key.repeatability_pp
        upper.axhspan(-sigma, sigma, color=GOOD, alpha=0.10, linewidth=0)
        upper.axhline(0.0, color=GOOD, linewidth=1)
        upper.plot(places, apart, color=INK, marker="o", markersize=_MARK, linewidth=0.8)
        span = 1.25 * max(float(np.abs(apart).max()), 2.0 * sigma)
        upper.set_ylim(-span, span)
        upper.tick_params(labelbottom=False)
        for name, colour in (("up", COOL), ("down", ACCENT)):
            lower.plot(places, [row[name] for _, row in kept], color=colour, label=f"sum {name}", linewidth=1.3)
        lower.axhline(last["chart_h"], color=WARNING, linewidth=1, linestyle=(0, (5, 3)), label="limit")
        lower.set_ylabel("sums")
        lower.set_xlabel("check")
        lower.set_ylim(0.0, None)
        lower.legend(loc="upper left", ncols=3, fontsize=8.5)
        for axes in (upper, lower):
            axes.set_xlim(0.5, len(chart.checks) + 0.5)
            if last["found_at"]:
                axes.axvline(places[min(last["found_at"], len(places)) - 1], color=WARNING, linewidth=1)
        tips = [
            drawing.Tip(n, float(y), f"check {n:.0f}: {100 * row['eta_edu']:.3f} %, {y:+.3f} pp")
            for n, y, (_, row) in zip(places, apart, kept, strict=True)
        ]
        return drawing.svg(figure, f"chart{number}", f"Drift chart of {chart.key.name}", upper, tips)
