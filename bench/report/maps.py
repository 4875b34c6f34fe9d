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
from bench.report.drawing import FAINT, INK, PAPER, WARNING, Tip
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
_UNCERTAINTY = LinearSegmentedColormap.from_list("uncertainty", ["#eef6f5", "#bcdedb", "#f3e3b3", "#f0b37e", "#d9715a"])
_LOSS_LEVELS = (0.25, 0.5, 1, 1.5, 2, 3, 4, 5, 6, 8, 10, 12, 15, 18, 22, 26, 30, 40, 50, 75, 100, 150)
_UNCERTAINTY_LEVELS = (0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0)
_TITLES = {
    "eta_edu": "Efficiency of the electric drive unit, DC terminals ↔ half-shafts",
    "eta_pe": "Efficiency of the power electronics, DC ↔ AC + field",
    "eta_motor_transmission": "Motor with transmission, AC + field ↔ half-shafts",
}
LARGE, SMALL = (9.6, 6.2), (6.9, 5.4)
"""Sizes in inches: across the page, and two side by side."""
_LINE = "#10131a"
_FEW = 16


def efficiency_map(model: ReportModel, name: str = "eta_edu", size: tuple[float, float] = LARGE) -> str:
    """The efficiency ``name`` as contour map, an inline SVG element."""
    with drawing.styled():
        figure, axes = _efficiency_figure(model, name, size)
        tips = [_tip(row) for row in model.rows]
        return drawing.svg(figure, name, f"Contour map: {_TITLES[name]}", axes, tips)


def efficiency_map_png(model: ReportModel, name: str = "eta_edu", dpi: int = 160) -> bytes:
    """The same as a PNG on white, for a README."""
    with drawing.styled():
        return drawing.png(_efficiency_figure(model, name, LARGE)[0], dpi)


def loss_map(model: ReportModel) -> str:
    """The unit's loss as contour map, an inline SVG element."""
    return _plain_map(
        model, "loss_w", 1e-3, "Loss of the unit, DC power less shaft power", _LOSS, "loss in kW", _LOSS_LEVELS
    )


def uncertainty_map(model: ReportModel) -> str:
    """The expanded uncertainty (k=2) of the unit's efficiency as contour map, inline SVG; empty with too few points."""
    title = "Uncertainty U (k = 2) of the unit's efficiency"
    return _plain_map(model, "u_eta_edu", 100.0, title, _UNCERTAINTY, "U in percentage points", _UNCERTAINTY_LEVELS)


def _plain_map(
    model: ReportModel, name: str, factor: float, title: str, colours: Any, label: str, steps: Sequence[float]
) -> str:
    surfaces = [surface._replace(value=factor * surface.value) for surface in _surfaces(plain_surface, model, name)]
    if not surfaces:
        return ""
    with drawing.styled():
        figure, axes = _frame(model, title, SMALL)
        high = float(np.nanmax([np.nanmax(surface.value) for surface in surfaces]))
        levels = np.array([0.0, *steps[: int(np.searchsorted(steps, high)) + 1]])
        _fill(figure, axes, surfaces, levels, colours, label)
        _furnish(axes, model)
        return drawing.svg(figure, name, f"Contour map: {title}", axes, [_tip(row) for row in model.rows])


def _efficiency_figure(model: ReportModel, name: str, size: tuple[float, float]) -> tuple[Figure, Axes]:
    figure, axes = _frame(model, _TITLES[name], size)
    surfaces = _surfaces(efficiency_surface, model, name)
    surfaces = [surface._replace(value=100.0 * surface.value) for surface in surfaces]
    if surfaces:
        every = np.concatenate([surface.value.ravel() for surface in surfaces])
        _fill(figure, axes, surfaces, _levels(every), _EFFICIENCY, "efficiency in %", _best(model, name))
    _furnish(axes, model)
    for row in _best(model, name):
        _star(axes, row, name)
    if len(model.rows) <= _FEW:
        _values(axes, model, name)
    return figure, axes


def _values(axes: Axes, model: ReportModel, name: str) -> None:
    """With few points there is room to write each value."""
    best = _best(model, name)
    for row in model.rows:
        if row.get(name) is None or row in best:
            continue
        place = row["speed_rpm"], row["torque_nm"]
        look: Any = {"fontsize": 8.5, "color": INK, "zorder": 8, "xytext": (6, 5), "textcoords": "offset points"}
        note = axes.annotate(f"{100 * row[name]:.1f}", place, **look)
        note.set_path_effects([withStroke(linewidth=2.4, foreground=PAPER)])


def _best(model: ReportModel, name: str) -> list[Row]:
    found = (model.best(name, regenerating) for regenerating in (False, True))
    return [row for row in found if row is not None]


def _surfaces(make: Any, model: ReportModel, name: str) -> list[Surface]:
    found = [make(model, name, regenerating) for regenerating in (False, True)]
    return [surface for surface in found if surface is not None]


def _levels(values: Floats) -> Floats:
    """Iso-lines in %, denser the better the unit is; the lowest 2 % of the area share one colour."""
    values = values[np.isfinite(values)]
    low, high = float(np.percentile(values, 2)), float(values.max())
    top = np.ceil(2.0 * high) / 2.0
    levels = [top]
    for far, step in ((2.5, 0.5), (6.0, 1.0), (14.0, 2.0), (30.0, 5.0), (100.0, 10.0)):
        steps = step * np.arange(np.ceil(top / step), np.ceil((top - far) / step) - 1, -1)
        levels.extend(steps[steps <= levels[-1] - 0.4 * step])
    usable = np.array(sorted(levels))
    return usable[max(int(np.searchsorted(usable, low)) - 1, 0) :]


def _fill(
    figure: Figure,
    axes: Axes,
    surfaces: Sequence[Surface],
    levels: Floats,
    colours: Any,
    label: str,
    best: Sequence[Row] = (),
) -> None:
    """Coloured bands, iso-lines with their values, and the colour bar."""
    norm = BoundaryNorm(levels, colours.N)
    texts: list[Text] = []
    for surface in surfaces:
        place = (surface.speed_rpm, surface.torque_nm, np.ma.masked_invalid(surface.value))
        bands = axes.contourf(*place, levels=levels, cmap=colours, norm=norm, extend="min")
        lines = axes.contour(*place, levels=levels[1:], colors=_LINE, linewidths=0.55, alpha=0.65)
        texts += axes.clabel(lines, fmt="%g", fontsize=7.5, inline=False, colors=_LINE)
    _thin_out(axes, texts, best)
    box = axes.get_position()
    beside = figure.add_axes((box.x1 + 0.12 / figure.get_figwidth(), box.y0, 0.17 / figure.get_figwidth(), box.height))
    bar = figure.colorbar(bands, cax=beside, ticks=levels, format="%g", spacing="uniform")
    bar.set_label(label)
    cast("Any", bar.outline).set_visible(False)
    bar.ax.tick_params(length=0, labelsize=8)


def _thin_out(axes: Axes, texts: Sequence[Text], best: Sequence[Row]) -> None:
    """Drop labels that would cover another one, a best point or the zero line; the colour bar tells what they said."""
    stars = [axes.transLimits.transform((row["speed_rpm"], row["torque_nm"])) for row in best]
    kept = [(x + shift, y + 0.03) for x, y in stars for shift in (0.0, 0.035, 0.07, 0.1)]
    low, high = axes.get_ylim()
    for text in texts:
        x, y = axes.transLimits.transform(text.get_position())
        crowded = any(abs(x - a) < 0.035 and abs(y - b) < 0.03 for a, b in kept)
        if crowded or abs(text.get_position()[1]) < 0.055 * (high - low):
            text.remove()
            continue
        kept.append((x, y))
        text.set_path_effects([withStroke(linewidth=2.2, foreground="#ffffff70")])


def _frame(model: ReportModel, title: str, size: tuple[float, float]) -> tuple[Figure, Axes]:
    figure = Figure(figsize=size)
    # fixed margins in inches: the maps of a page line up, and no layout engine has to try
    left, right, bottom, top = 0.72, 0.95, 0.82, 0.58
    width, height = size[0] - left - right, size[1] - bottom - top
    axes = figure.add_axes((left / size[0], bottom / size[1], width / size[0], height / size[1]))
    axes.set_title(f"{title}\n", pad=4)
    where = "  ·  ".join(text for text in (model.dut, model.rig, model.name) if text)
    axes.text(0, 1.012, where, transform=axes.transAxes, fontsize=8.5, color=FAINT, va="bottom")
    envelope = envelope_of(model)
    axes.set_xlim(0, max(envelope.speed_rpm) * 1.01)
    axes.set_ylim(min(envelope.torque_min_nm) * 1.08, max(envelope.torque_max_nm) * 1.08)
    axes.set_xlabel("motor speed in rpm")
    axes.set_ylabel("motor torque in Nm")
    return figure, axes


def _furnish(axes: Axes, model: ReportModel) -> None:
    """Envelope, power lines, measured points, quadrants."""
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
    for y, text in ((0.985, "motoring"), (0.015, "regenerating")):
        axes.text(
            0.995, y, text, transform=axes.transAxes, ha="right", va="top" if y > 0.5 else "bottom",
            fontsize=10, color=FAINT, style="italic",
        )  # fmt: skip
    _legend(axes, bool(envelope.continuous_nm))


def _points(axes: Axes, model: ReportModel) -> None:
    for zone, marker, size in (("continuous", "o", 12), ("short_time", "D", 11)):
        rows = [row for row in model.rows if row.get("zone") == zone and row.get("verdict") == "accepted"]
        place = [row["speed_rpm"] for row in rows], [row["torque_nm"] for row in rows]
        label = f"measured, {zone.replace('_', ' ')}"
        look: Any = {"color": _LINE, "edgecolors": "#ffffffa0", "linewidths": 0.4, "zorder": 5}
        axes.scatter(*place, s=size, marker=marker, label=label, **look)
    flagged = [row for row in model.rows if row.get("verdict") != "accepted"]
    if flagged:
        place = [row["speed_rpm"] for row in flagged], [row["torque_nm"] for row in flagged]
        axes.scatter(*place, s=34, marker="x", color=WARNING, linewidths=1.8, zorder=6, label="flagged, not mapped")


def _star(axes: Axes, row: Row, name: str) -> None:
    """Mark a best point, with its value and uncertainty."""
    uncertainty = row.get(f"u_{name}")
    text = f"{100 * row[name]:.1f} %"
    if uncertainty is not None:
        text += f" ± {100 * uncertainty:.1f}"
    x, y = row["speed_rpm"], row["torque_nm"]
    star = {"marker": "*", "markersize": 13, "color": "#ffffff", "markeredgecolor": _LINE, "markeredgewidth": 0.9}
    axes.add_line(Line2D([x], [y], zorder=7, **cast("Any", star)))
    left = x > 0.75 * axes.get_xlim()[1]
    side: Any = {"ha": "right" if left else "left", "xytext": (-9 if left else 9, 9), "textcoords": "offset points"}
    note = axes.annotate(text, (x, y), **side, fontsize=9.5, weight="bold", color=INK, zorder=8)
    note.set_path_effects([withStroke(linewidth=3.0, foreground=PAPER)])


def _legend(axes: Axes, continuous: bool) -> None:
    axes.plot([], [], color=INK, linewidth=2.0, label="torque envelope")
    if continuous:
        axes.plot([], [], color=INK, linewidth=1.1, linestyle=(0, (5, 3)), label="continuous torque")
    entries = len(axes.get_legend_handles_labels()[0])
    columns = entries if axes.bbox.width > 550 or entries < 5 else 3
    below = (0.5, -0.42 / (axes.bbox.height / 100.0))
    axes.legend(
        loc="upper center", bbox_to_anchor=below, ncols=columns, fontsize=8, handlelength=1.6, columnspacing=1.3
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
