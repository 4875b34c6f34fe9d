"""Figures as SVG that takes the page's colours: light, dark and print from the same bytes.

Ink, faint ink and paper are drawn in marker colours that are replaced by CSS variables. Ids are prefixed, so that
several figures live in one page, and come from a fixed salt, so that the same data gives the same bytes.
"""

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from html import escape
from typing import Any, NamedTuple

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

INK, FAINT, PAPER = "#010203", "#8a8b8c", "#fdfefe"
ACCENT, WARNING, GOOD, COOL = "#e4572e", "#d62246", "#2a9d8f", "#3a6ea5"
_VARIABLES = {INK: "var(--ink)", FAINT: "var(--faint)", PAPER: "var(--paper)"}
_PRINTED = {INK: "#1b2430", FAINT: "#8a94a0", PAPER: "#ffffff"}
_STYLE: Any = {
    "svg.fonttype": "path",
    "svg.hashsalt": "edu-bench",
    "font.family": "DejaVu Sans",
    "font.size": 9.5,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.titlesize": 12.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "grid.color": FAINT,
    "grid.alpha": 0.22,
    "grid.linewidth": 0.7,
    "text.color": INK,
    "text.parse_math": False,  # a name with a dollar sign is a name
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "legend.frameon": False,
    "lines.linewidth": 1.6,
}


# a hundredth of a point is finer than any screen; glyphs (short paths) keep all their digits
_LONG_PATH, _DECIMALS = re.compile(r' d="[^"]{600,}"'), re.compile(r"(\.\d\d)\d+")
_NAME_SPACES = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'


class Tip(NamedTuple):
    """A text that appears when the pointer rests on data position ``x``, ``y``."""

    x: float
    y: float
    text: str


@contextmanager
def styled() -> Iterator[None]:
    """The report's look; nothing of the user's own settings shines through."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        yield


def svg(figure: Figure, name: str, label: str, axes: Axes | None = None, tips: Sequence[Tip] = ()) -> str:
    """``figure`` as an inline SVG element; ``label`` is read to those who cannot see it."""
    sink = io.StringIO()
    figure.savefig(sink, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    text = sink.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<!--.*?-->\s*", "", text, flags=re.DOTALL)
    for marker, variable in _VARIABLES.items():
        text = text.replace(marker, variable)
    text = re.sub(r'(\bid="|xlink:href="#|url\(#)', rf"\g<1>{name}-", text)
    text = _LONG_PATH.sub(lambda match: _DECIMALS.sub(r"\1", match[0]), text)
    head = f'<svg viewBox="\\1" role="img" aria-label="{escape(label)}" {_NAME_SPACES}>'
    text = re.sub(r'<svg [^>]*?viewBox="([^"]+)"[^>]*>', head, text, count=1)
    return text.replace("</svg>", (_tips(figure, axes, tips) if axes is not None else "") + "</svg>")


def png(figure: Figure, dpi: int = 160) -> bytes:
    """``figure`` on white paper, for pages that cannot hold SVG."""
    sink = io.BytesIO()
    _recolour(figure)
    figure.savefig(sink, format="png", dpi=dpi, facecolor="white", metadata={"Software": None})
    return sink.getvalue()


def _recolour(figure: Figure) -> None:
    for artist in figure.findobj():
        for get, put in (("get_color", "set_color"), ("get_edgecolor", "set_edgecolor")):
            colour = getattr(artist, get, lambda: None)()
            if isinstance(colour, str) and colour in _PRINTED:
                getattr(artist, put)(_PRINTED[colour])


def _tips(figure: Figure, axes: Axes, tips: Sequence[Tip]) -> str:
    height = figure.get_size_inches()[1] * 72.0
    found = []
    for tip in tips:
        x, y = axes.transData.transform((tip.x, tip.y)) * 72.0 / figure.dpi
        found.append(f'<circle cx="{x:.1f}" cy="{height - y:.1f}" r="5"><title>{escape(tip.text)}</title></circle>')
    return f'<g class="tips" fill-opacity="0">{"".join(found)}</g>'
