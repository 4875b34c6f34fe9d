"""ZES LMG670 power analyzer. Not tested on hardware.

It speaks one of two languages at a time; a fresh connection begins in SCPI (assumed). The driver reads and sets up in
SHORT, goes to SCPI for single settings within one message, and chooses SHORT anew whenever it identifies the
instrument, which each fresh connection begins with. All inputs form one group, so they are synchronised as one; the
power of the phases is the sum of their inputs' powers.
"""

from collections.abc import Iterator
from itertools import chain

from bench.base.errors import DeviceError
from bench.base.ports import Identity
from bench.schedule.requests import Exchange, Operation
from drivers import scpi
from drivers.grammar import GrammarError
from drivers.power_analyzers.analyzer import Analyzer, Row
from drivers.power_analyzers.nameplates import LMG670
from drivers.power_analyzers.settings import AnalyzerSettings, Element, Item
from drivers.power_analyzers.text_values import put_texts
from drivers.power_analyzers.zes_commands import TABLE

_ROWS = {
    "URMS": "urms", "IRMS": "irms", "UDC": "udc", "IDC": "idc", "P": "power", "FU": "frequency", "FI": "frequency",
    "TORQUE": "torque", "SPEED": "speed", "PM": "motor_power",
}  # fmt: skip
_header = TABLE.header
_SHORT, _SCPI = f"{_header('language')} SHORT", f"{_header('language')} SCPI"


class ZesLmg670(Analyzer):
    """Seven inputs. Wiring is not set up: the power of the phases is the sum of their inputs' powers."""

    nameplate = LMG670
    table = TABLE
    commands = TABLE.commands

    def __init__(self, part: str = "analyzer", settings: AnalyzerSettings | None = None) -> None:
        super().__init__(part, settings)
        words = [self._words(item) for item in self.items]
        self._counts = [len(of_item) for of_item in words]
        asked = (f"{word}?" for word in chain.from_iterable(words))
        self._question = Exchange(TABLE.message(_header("next"), *asked), "line", self._deadline_ns)

    def identify(self) -> Operation[Identity]:
        """Choose the language, then as every analyzer."""
        with self.session:
            yield Exchange(TABLE.message(_SHORT), "")
        return (yield from super().identify())

    # --- readings --------------------------------------------------------------------------------------------------

    def question(self) -> Exchange:
        """All items of the cycle under way, as soon as it has ended."""
        return self._question

    def _take(self, reply: bytes, t_ns: int) -> None:
        put_texts(scpi.line(reply).split(b";"), self._measured, t_ns, self._counts)

    @staticmethod
    def _words(item: Item) -> list[str]:
        row = _ROWS.get(item.function)
        if row is None:
            raise ValueError(f"an LMG670 cannot tell {item.function} of {item.channel}; leave the item out")
        return [_header(row, number) for number in item.numbers]

    # --- set-up ----------------------------------------------------------------------------------------------------

    def _rows(self) -> Iterator[Row]:
        settings = self.settings
        yield from (
            (_header("zero_suppression"), "0"),
            (_header("groups"), str(self.nameplate.elements)),
            (_header("format"), "ASCII"),
            (_header("cycle_mode"), "0"),
            (_header("cycle"), f"{settings.update_ms / 1e3:g}"),
            (_header("synchronize"), settings.sync_source),
            (_header("filter_auto"), "0"),
            (_header("filter"), "0"),
            (_header("averaging"), "1"),
        )
        yield from chain.from_iterable(self._element_rows(element) for element in settings.elements)
        yield from chain.from_iterable(self._flange_rows(motor) for motor in settings.motors)

    @staticmethod
    def _element_rows(element: Element) -> Iterator[Row]:
        for n in element.numbers:
            yield _header("voltage_auto", n), "0"
            yield _header("current_auto", n), "0"
            yield _header("vt", n), "1"
            yield _header("ct", n), f"{element.ct_ratio:g}"

    def _message(self, *units: str) -> bytes:
        """In SHORT; what belongs to SCPI takes its language with it."""
        if not units[0].startswith(":"):
            return TABLE.message(*units)
        return TABLE.message(_SCPI, *units, _SHORT)

    # --- errors ----------------------------------------------------------------------------------------------------

    def _forget_errors(self) -> Operation[None]:
        yield Exchange(self._message(f"{_header('errors')}?"))

    def _no_errors(self, what: str) -> Operation[None]:
        text = scpi.line((yield Exchange(self._message(f"{_header('errors')}?")))).strip()
        code = text.partition(b",")[0].strip()
        if not code.lstrip(b"+-").isdigit():
            raise GrammarError('error entries such as 0,"No error"', text)
        if int(code) != 0:
            raise DeviceError(f"{self.part}: {text.decode('ascii', 'replace')} after writing {what}")
