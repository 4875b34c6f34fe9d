"""The page of a night: one self-contained HTML file."""

from collections import Counter
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from bench.base.time import clock_text, ns
from bench.report.night import RANKS, Night


def render_night(night: Night) -> str:
    """The whole page."""
    return _template().render(
        night=night,
        looks=night.looks,
        ranks=RANKS,
        links={run.folder: run.link for run in night.runs},
        counts=sorted(Counter(run.verdict for run in night.runs).items()),
        notes=[(run.folder, note) for run in night.runs for note in run.notes],
        total_s=sum(run.model.duration_s for run in night.runs),
        clock=lambda t_s: clock_text(ns(t_s)),
    )


@cache
def _template() -> Template:
    loader = PackageLoader("bench", "report")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True,
                       lstrip_blocks=True).get_template("night.html.j2")  # fmt: skip
