"""The maps: efficiency and loss over speed and torque, with the envelope, iso-lines and every measured point."""

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import BoundaryNorm, LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from matplotlib.text import Text
from numpy.typing import NDArray

from bench.record.points import Row
from bench.report import drawing
from bench.report.drawing import FAINT, INK, WARNING, Tip
from bench.report.model import EFFICIENCIES, ReportModel
from bench.report.surface import Surface, efficiency_surface, envelope_of, plain_surface

Floats = NDArray[np.float64]

# dark and violet where power is lost, warm and bright where it arrives; light enough for black iso-lines
_EFFICIENCY = LinearSegmentedColormap.from_list(
    "efficiency",
    ["#3b2a6b", "#33508f", "#2c7da0", "#37a6a2", "#62c28e", "#a6d96a", "#e4ec6c", "#fdd049", "#fba53a", "#f4793b"],
)
_LOSS = LinearSegmentedColormap.from_list(
    "loss", ["#f3f7ee", "#d3e8c9", "#a3d2bb", "#6bb5b4", "#3f8fa8", "#2f6592", "#353c76", "#33204f"]
)
_LEVELS = np.array(
    [
        *(0, 40, 50, 60, 70, 75, 80, 84, 86, 88, 89, 90, 91, 92, 93, 94, 95, 96),
        *(96.5, 97, 97.5, 98, 98.5, 99, 99.5, 100),
    ]
)
_TITLES = {
    "eta_edu": "Efficiency of the electric drive unit, DC terminals ↔ half-shafts",
    "eta_pe": "Efficiency of the power electronics, DC ↔ AC + field",
    "eta_motor_transmission": "Efficiency of motor with transmission, AC + field ↔ half-shafts",
}
_SIZE_INCHES = (9.6, 6.4)
_LINE = "#10131a"


def efficiency_map(model: ReportModel, name: str = "eta_edu") -> str:
    """The efficiency ``name`` as contour map, an inline SVG element."""
    with drawing.styled():
        figure, axes = _efficiency_figure(model, name)
        tips = [_tip(row) for row in model.rows]
        return drawing.svg(figure, name, f"Contour map: {_TITLES[name]}", axes, tips)


def efficiency_map_png(model: ReportModel, name: str = "eta_edu", dpi: int = 160) -> bytes:
    """The same as a PNG on white, for a README."""
    with drawing.styled():
        return drawing.png(_efficiency_figure(model, name)[0], dpi)


def loss_map(model: ReportModel) -> str:
    """The unit's loss as contour map, an inline SVG element."""
    with drawing.styled():
        figure, axes = _frame(model, "Loss of the electric drive unit, DC power less shaft power")
        surfaces = _surfaces(plain_surface, model, "loss_w")
        surfaces = [surface._replace(value=surface.value / 1e3) for surface in surfaces]
        if surfaces:
            high = float(np.nanmax([np.nanmax(surface.value) for surface in surfaces]))
            levels = np.concatenate([[0.0], _loss_levels(high)])
            _fill(figure, axes, surfaces, levels, _LOSS, "loss in kW")
        _furnish(axes, model, None)
        return drawing.svg(figure, "loss", "Contour map of the loss", axes, [_tip(row) for row in model.rows])


def _loss_levels(high_kw: float) -> Floats:
    steps = np.array([0.25, 0.5, 1, 1.5, 2, 3, 4, 5, 6, 8, 10, 12, 15, 18, 22, 26, 30, 40, 50, 75, 100, 150])
    return steps[: int(np.searchsorted(steps, high_kw)) + 1]


def _efficiency_figure(model: ReportModel, name: str) -> tuple[Figure, Axes]:
    figure, axes = _frame(model, _TITLES[name])
    surfaces = _surfaces(efficiency_surface, model, name)
    surfaces = [surface._replace(value=100.0 * surface.value) for surface in surfaces]
    if surfaces:
        every = np.concatenate([surface.value.ravel() for surface in surfaces])
        _fill(figure, axes, surfaces, _levels(every), _EFFICIENCY, "efficiency in %")
    _furnish(axes, model, name)
    return figure, axes


def _surfaces(make: Any, model: ReportModel, name: str) -> list[Surface]:
    found = [make(model, name, regenerating) for regenerating in (False, True)]
    return [surface for surface in found if surface is not None]


def _levels(values: Floats) -> Floats:
    """Iso-lines that are dense where the unit is good; the lowest 2 % of the area share one colour."""
    values = values[np.isfinite(values)]
    low, high = float(np.percentile(values, 2)), float(values.max())
    inside = _LEVELS[(low < _LEVELS) & (high > _LEVELS)]
    below = _LEVELS[low >= _LEVELS]
    above = _LEVELS[high <= _LEVELS]
    return np.concatenate([below[-1:], inside, above[:1]])


def _fill(figure: Figure, axes: Axes, surfaces: Sequence[Surface], levels: Floats, colours: Any, label: str) -> None:
    """Coloured bands, iso-lines with their values, and the colour bar."""
    norm = BoundaryNorm(levels, colours.N)
    texts: list[Text] = []
    for surface in surfaces:
        place = (surface.speed_rpm, surface.torque_nm, np.ma.masked_invalid(surface.value))
        bands = axes.contourf(*place, levels=levels, cmap=colours, norm=norm, extend="min")
        lines = axes.contour(*place, levels=levels[1:], colors=_LINE, linewidths=0.55, alpha=0.65)
        texts += axes.clabel(lines, fmt="%g", fontsize=7.5, inline=False, colors=_LINE)
    _thin_out(axes, texts)
    bar = figure.colorbar(
        bands, ax=axes, pad=0.015, fraction=0.045, aspect=32, ticks=levels, format="%g", spacing="uniform"
    )
    bar.set_label(label)
    cast("Any", bar.outline).set_visible(False)
    bar.ax.tick_params(length=0, labelsize=8)


def _thin_out(axes: Axes, texts: Sequence[Text]) -> None:
    """Drop labels that would cover another one or the zero line; the colour bar tells what they said."""
    kept: list[tuple[float, float]] = []
    low, high = axes.get_ylim()
    for text in texts:
        x, y = axes.transLimits.transform(text.get_position())
        crowded = any(abs(x - a) < 0.035 and abs(y - b) < 0.03 for a, b in kept)
        if crowded or abs(text.get_position()[1]) < 0.055 * (high - low):
            text.remove()
            continue
        kept.append((x, y))
        text.set_path_effects([withStroke(linewidth=2.2, foreground="#ffffff70")])


def _frame(model: ReportModel, title: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=_SIZE_INCHES, layout="constrained")
    axes = figure.add_subplot()
    axes.set_title(f"{title}\n", pad=4)
    where = "  ·  ".join(text for text in (model.dut, model.rig, model.name) if text)
    axes.text(0, 1.012, where, transform=axes.transAxes, fontsize=8.5, color=FAINT, va="bottom")
    envelope = envelope_of(model)
    axes.set_xlim(0, max(envelope.speed_rpm) * 1.01)
    axes.set_ylim(min(envelope.torque_min_nm) * 1.08, max(envelope.torque_max_nm) * 1.08)
    axes.set_xlabel("motor speed in rpm")
    axes.set_ylabel("motor torque in Nm")
    return figure, axes


def _furnish(axes: Axes, model: ReportModel, name: str | None) -> None:
    """Envelope, power lines, measured points, the best points, quadrants."""
    envelope = envelope_of(model)
    speed = np.asarray(envelope.speed_rpm)
    for torque in (envelope.torque_max_nm, envelope.torque_min_nm):
        axes.plot(speed, torque, color=INK, linewidth=2.0, solid_joinstyle="round", zorder=4)
    if envelope.continuous_nm:
        for sign in (1.0, -1.0):
            curve = sign * np.asarray(envelope.continuous_nm)
            axes.plot(speed, curve, color=INK, linewidth=1.1, linestyle=(0, (5, 3)), zorder=4)
    axes.axhline(0, color=INK, linewidth=0.8)
    _points(axes, model)
    if name is not None:
        for regenerating in (False, True):
            _peak(axes, model.best(name, regenerating), name)
    for y, text in ((0.985, "motoring"), (0.015, "regenerating")):
        axes.text(
            0.995, y, text, transform=axes.transAxes, ha="right", va="top" if y > 0.5 else "bottom",
            fontsize=10, color=FAINT, style="italic",
        )  # fmt: skip
    _legend(axes, bool(envelope.continuous_nm))


def _points(axes: Axes, model: ReportModel) -> None:
    for zone, marker, size in (("continuous", "o", 9), ("short_time", "D", 9)):
        rows = [row for row in model.rows if row.get("zone") == zone and row.get("verdict") == "accepted"]
        place = [row["speed_rpm"] for row in rows], [row["torque_nm"] for row in rows]
        label = f"measured, {zone.replace('_', ' ')} zone"
        axes.scatter(*place, s=size, marker=marker, color=_LINE, linewidths=0, alpha=0.8, zorder=5, label=label)
    flagged = [row for row in model.rows if row.get("verdict") != "accepted"]
    if flagged:
        place = [row["speed_rpm"] for row in flagged], [row["torque_nm"] for row in flagged]
        axes.scatter(*place, s=34, marker="x", color=WARNING, linewidths=1.8, zorder=6, label="flagged, not in the map")


def _peak(axes: Axes, row: Row | None, name: str) -> None:
    if row is None:
        return
    uncertainty = row.get(f"u_{name}")
    text = f"{100 * row[name]:.1f} %"
    if uncertainty is not None:
        text += f" ± {100 * uncertainty:.1f}"
    x, y = row["speed_rpm"], row["torque_nm"]
    star = {"marker": "*", "markersize": 13, "color": "#ffffff", "markeredgecolor": _LINE, "markeredgewidth": 0.9}
    axes.add_line(Line2D([x], [y], zorder=7, **cast("Any", star)))
    left = x > 0.75 * axes.get_xlim()[1]
    side: Any = {"ha": "right" if left else "left", "xytext": (-9 if left else 9, 9), "textcoords": "offset points"}
    note = axes.annotate(text, (x, y), **side, fontsize=9.5, weight="bold", color=_LINE, zorder=8)
    note.set_path_effects([withStroke(linewidth=3.0, foreground="#ffffffe0")])


def _legend(axes: Axes, continuous: bool) -> None:
    axes.plot([], [], color=INK, linewidth=2.0, label="torque envelope")
    if continuous:
        axes.plot([], [], color=INK, linewidth=1.1, linestyle=(0, (5, 3)), label="continuous torque")
    axes.legend(
        loc="upper center", bbox_to_anchor=(0.5, -0.085), ncols=5, fontsize=8, handletextpad=0.5, columnspacing=1.4
    )


def _tip(row: Row) -> Tip:
    lines = [f"point {row['point']}: {row['speed_rpm']:.0f} rpm, {row['torque_nm']:.1f} Nm ({row.get('zone', '')})"]
    for key, label in EFFICIENCIES.items():
        if row.get(key) is not None:
            uncertainty = row.get(f"u_{key}")
            more = f" ± {100 * uncertainty:.2f} pp" if uncertainty is not None else ""
            lines.append(f"{label}: {100 * row[key]:.2f} %{more}")
    if row.get("loss_w") is not None:
        lines.append(f"loss: {row['loss_w'] / 1e3:.2f} kW")
    if row.get("reason"):
        lines.append(str(row["reason"]))
    return Tip(row["speed_rpm"], row["torque_nm"], "\n".join(lines))
