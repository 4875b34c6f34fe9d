"""One row of a command table: what a manual says of one command. Driver, emulator and reference page share it."""

from typing import NamedTuple

UNVERIFIED = "unverified"
"""No page at hand: check on hardware before trusting it."""


class Span(NamedTuple):
    """Numbers from ``low`` to ``high`` in the row's unit; with ``of`` as parts of that figure of the instrument."""

    low: float
    high: float
    of: str = ""

    def bounds(self, whole: float = 1.0) -> tuple[float, float]:
        """The limits, ``whole`` being the figure that ``of`` names."""
        return self.low * whole, self.high * whole

    def __str__(self) -> str:
        if self.of:
            return f"{100.0 * self.low:g} .. {100.0 * self.high:g} % of {self.of}"
        return f"{self.low:g} .. {self.high:g}"


class Words(NamedTuple):
    """A choice of words, each with its short form in capitals: ``NORMal``."""

    spellings: tuple[str, ...]

    def __str__(self) -> str:
        return ", ".join(self.spellings)


SWITCH = Words(("ON", "OFF"))
"""On and off; 1 and 0 mean the same (SCPI-99 volume 1, 7.3)."""


class Command(NamedTuple):
    """``name`` is how driver and emulator refer to the row; ``text`` is the command as the manual prints it.

    A text that ends with ``?`` can only be asked; a row without ``reply`` can only be set. ``unit`` and ``range`` hold
    for what is set; a ``range`` in words where neither ``Span`` nor ``Words`` fits. ``reply`` is the answer's form: NR1
    (whole), NR2 (with point), NR3 (with exponent), ``NR2 V`` (with its unit), word, text, block, list ... ``source``:
    title and page, or ``unverified`` with what is known.
    """

    name: str
    text: str
    purpose: str
    unit: str = ""
    range: Span | Words | str = ""
    reply: str = ""
    source: str = UNVERIFIED

    @property
    def sets(self) -> bool:
        """Whether it can be written."""
        return not self.text.endswith("?")

    @property
    def asks(self) -> bool:
        """Whether it can be asked."""
        return bool(self.reply)
