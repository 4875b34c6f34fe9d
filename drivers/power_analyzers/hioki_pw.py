"""Hioki PW8001 power analyzer. Not tested on hardware.

Values are held; a reading is one message: take the next update, wait until it is there, these values. Currents are
those of the recognised sensor, so a rig's ratio is 1 unless a further transformer lies between. The power of the phases
is the instrument's own sum (``P234``): which channels are in it depends on the wiring.
"""

import re
from collections.abc import Iterator
from itertools import chain

from bench.base.errors import DeviceError
from bench.base.quality import Quality
from bench.schedule.requests import Exchange, Operation
from drivers import scpi
from drivers.power_analyzers.analyzer import Analyzer, Row
from drivers.power_analyzers.hioki_commands import TABLE
from drivers.power_analyzers.nameplates import PW8001
from drivers.power_analyzers.settings import AnalyzerSettings, Element, Item
from drivers.power_analyzers.text_values import put_texts

_NAMES = {
    "URMS": "Urms", "IRMS": "Irms", "UDC": "Udc", "IDC": "Idc", "P": "P", "FU": "fU", "FI": "fI",
    "TORQUE": "Tq", "SPEED": "Spd", "PM": "Pm",
}  # fmt: skip
_WIRINGS = {"1P2W": "1P2W", "1P3W": "1P3W", "3P3W": "3P3W2M", "3V3A": "3V3A", "3P4W": "3P4W"}
_MARK = re.compile(rb"[+-]?([789])\1*(?:\.\1*)?E\+[0-9]+")
"""999.99E+9 over range, 777.77E+9 no data, 888.88E+9 scaling error (PW3335A985-01 p.68; their length differs)."""
_MARK_LEAST = 1e9
_FAULTS = 0x3C
"""Command, execution, device and query errors of the standard event register (PW3390A975-01 p.11)."""
_header = TABLE.header


def number(text: bytes) -> tuple[float, Quality]:
    """A value, or what stands in its place. Raises ``GrammarError``."""
    value, quality = scpi.number(text)
    mark = _MARK.fullmatch(text.strip(b" "))
    if quality is not Quality.GOOD or mark is None or abs(value) < _MARK_LEAST:
        return value, quality
    return float("nan"), Quality.OVER_RANGE if mark[1] == b"9" else Quality.NOT_A_NUMBER


class HiokiPW8001(Analyzer):
    """Eight channels, four motors."""

    nameplate = PW8001
    table = TABLE
    commands = TABLE.commands

    def __init__(self, part: str = "analyzer", settings: AnalyzerSettings | None = None) -> None:
        super().__init__(part, settings)
        asked = f"{_header('values')}? {','.join(self._word(item) for item in self.items)}"
        message = TABLE.message(_header("trigger"), _header("wait"), asked)
        self._question = Exchange(message, "line", self._deadline_ns)

    # --- readings --------------------------------------------------------------------------------------------------

    def question(self) -> Exchange:
        """All items of the next update."""
        return self._question

    def _take(self, reply: bytes, t_ns: int) -> None:
        put_texts(scpi.line(reply).split(b";"), self._measured, t_ns, number=number)

    @staticmethod
    def _word(item: Item) -> str:
        name = _NAMES.get(item.function)
        if name is None:
            raise ValueError(f"a PW8001 cannot tell {item.function} of {item.channel}; leave the item out")
        return f"{name}{''.join(str(n) for n in item.numbers)}"

    # --- set-up ----------------------------------------------------------------------------------------------------

    def _rows(self) -> Iterator[Row]:
        settings = self.settings
        yield from (
            (_header("header"), "OFF"),
            (_header("hold"), "ON"),
            (_header("refresh"), f"{settings.update_ms}MS"),
            (_header("averaging"), "OFF"),
        )
        yield from chain.from_iterable(self._element_rows(element) for element in settings.elements)
        yield from chain.from_iterable(self._flange_rows(motor) for motor in settings.motors)

    def _element_rows(self, element: Element) -> Iterator[Row]:
        hertz = self.settings.frequency_filter_hz
        yield _header("wiring", element.numbers[0]), _WIRINGS[element.wiring]
        for n in element.numbers:
            yield _header("voltage_auto", n), "OFF"
            yield _header("current_auto", n), "OFF"
            yield _header("vt", n), "1"
            yield _header("ct", n), f"{element.ct_ratio:g}"
            yield _header("line_filter", n), "OFF"
            yield _header("zero_cross_filter", n), f"{hertz:g}" if hertz else "OFF"
            yield _header("synchronize", n), self.settings.sync_source

    # --- errors ----------------------------------------------------------------------------------------------------

    def _forget_errors(self) -> Operation[None]:
        yield Exchange(TABLE.message(_header("clear_status")), "")

    def _no_errors(self, what: str) -> Operation[None]:
        events = scpi.integer(scpi.line((yield Exchange(TABLE.question("event")))))
        if events & _FAULTS:
            raise DeviceError(f"{self.part}: *ESR? is {events} after writing {what}; a command was refused")
