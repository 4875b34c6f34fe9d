"""The curves of one repetition of a drive cycle: speed wanted and measured, and the power at the DC terminals."""

import numpy as np
from matplotlib.figure import Figure

from bench.report import drawing
from bench.report.cycles import Trace
from bench.report.drawing import ACCENT, COOL, FAINT, GOOD, INK

_SIZE_INCHES = (9.6, 4.6)


def cycle_plot(trace: Trace, number: int) -> str:
    """``number`` makes the picture's name unique in the page."""
    seconds = np.arange(len(trace.curves["wanted_kmh"]), dtype=float)
    with drawing.styled():
        figure = Figure(figsize=_SIZE_INCHES)
        speed, power = figure.add_axes((0.075, 0.52, 0.905, 0.40)), figure.add_axes((0.075, 0.11, 0.905, 0.34))
        speed.set_title(f"{trace.cycle}, repetition {trace.repetition}")
        speed.plot(seconds, trace.curves["wanted_kmh"], color=FAINT, linewidth=2.6, label="wanted")
        speed.plot(seconds, trace.curves["speed_kmh"], color=INK, linewidth=0.9, label="driven")
        speed.set_ylim(0.0, 1.22 * max(float(np.nanmax(trace.curves["wanted_kmh"])), 1.0))
        speed.set_ylabel("speed in km/h")
        speed.tick_params(labelbottom=False)
        speed.legend(loc="upper left", ncols=2, fontsize=8.5)
        dc_kw = trace.curves["dc_kw"]
        power.axhline(0.0, color=FAINT, linewidth=0.8)
        power.fill_between(seconds, np.maximum(dc_kw, 0.0), color=ACCENT, alpha=0.35, linewidth=0, label="taken")
        power.fill_between(seconds, np.minimum(dc_kw, 0.0), color=GOOD, alpha=0.45, linewidth=0, label="regenerated")
        power.plot(seconds, dc_kw, color=COOL, linewidth=0.6)
        power.set_ylabel("DC power in kW")
        power.set_xlabel("time in s")
        power.legend(loc="upper left", ncols=2, fontsize=8.5)
        for axes in (speed, power):
            axes.set_xlim(0, len(seconds) - 1)
            for _, last in trace.phases[:-1]:
                axes.axvline(last, color=FAINT, linewidth=0.8, linestyle=(0, (4, 3)))
        for name, last in trace.phases if len(trace.phases) > 1 else ():
            speed.annotate(name.replace("_", " "), (last, 1.0), (-4, -3), ("data", "axes fraction"), "offset points",
                           ha="right", va="top", color=FAINT, fontsize=8.5)  # fmt: skip
        return drawing.svg(figure, f"cycle{number}", f"Speed and power over {trace.cycle}")
