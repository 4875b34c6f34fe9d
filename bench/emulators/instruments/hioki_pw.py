"""Emulated Hioki PW8001: held values taken by ``*TRG``, values by name, ranges of the sensors, marks for no value."""

import math
import re
from functools import partial

from bench.base.time import NS_PER_MS
from bench.emulators.instruments.analyzer_figures import Figures
from bench.emulators.instruments.analyzer_model import Item
from bench.emulators.instruments.analyzer_peer import Surroundings
from bench.emulators.instruments.asked_items import AskedItemsPeer
from bench.emulators.instruments.behaviour import Behaviour
from drivers.power_analyzers.hioki_commands import TABLE
from drivers.power_analyzers.nameplates import PW8001
from drivers.scpi_data import ScpiError, number, switch, word

Indices = tuple[int, ...]

IDENTITY = "HIOKI,PW8001-15,220912345,V1.60"
_SUFFIX, _RANGE, _CHARACTER = -114, -222, -141
_RATIO = 0.01, 9999.99
_NAMES = {
    "URMS": "URMS", "IRMS": "IRMS", "UDC": "UDC", "IDC": "IDC", "P": "P", "FU": "FU", "FI": "FI",
    "TQ": "TORQUE", "SPD": "SPEED", "PM": "PM",
}  # fmt: skip
_ITEM = re.compile(r"([A-Z]+)([1-8]{1,3})")
_ITEMS_MAX = 180
_REFRESH = re.compile(r"([0-9]+)MS")
_WIRINGS = {"1P2W": (1, 1), "1P3W": (2, 2), "3P3W2M": (2, 2), "3V3A": (3, 2), "3P3W3M": (3, 3), "3P4W": (3, 3)}
"""Channels, and how many of them, the first ones, sum up to the power (PW8001 instruction manual p.214)."""


class PwEmulator(AskedItemsPeer):
    """What was refused shows in ``*ESR?``; there is no error queue to ask."""

    def __init__(self, at: Surroundings) -> None:
        self._hold = "OFF"
        self._wanted = False
        self._wirings = self.kept("wiring", partial(_one_of, tuple(_WIRINGS)), b"1P2W")
        super().__init__(TABLE, self._does(), PW8001, IDENTITY, at)
        self.headers = "full"

    def _does(self) -> dict[str, Behaviour]:
        kept, figures = self.kept, Figures(self, _nr2)
        return {
            "header": Behaviour(self._set_header, lambda *_: b"ON" if self.headers else b"OFF"),
            "hold": Behaviour(self._set_hold, lambda *_: self._hold.encode()),
            "trigger": Behaviour(self._trigger),
            "wait": Behaviour(self._wait),
            "refresh": Behaviour(self._set_refresh, lambda *_: b"%dMS" % (self.update_ns // NS_PER_MS)),
            "averaging": kept("averaging", partial(_one_of, ("OFF", "EXP", "MOV")), b"OFF"),
            "wiring": self._wirings,
            "synchronize": kept("synchronize", _source, b"U1"),
            "line_filter": kept("line_filter", _cutoff, b"OFF"),
            "zero_cross_filter": kept("zero_cross_filter", _cutoff, b"OFF"),
            "voltage_auto": kept("voltage_auto", _on_off, b"ON"),
            "current_auto": kept("current_auto", _on_off, b"ON"),
            "voltage_range": figures.range(voltage=True),
            "current_range": figures.range(voltage=False),
            "vt": figures.ratio("vt", *_RATIO),
            "ct": figures.ratio("ct", *_RATIO),
            "values": Behaviour(get=self._values),
            "torque_upper": figures.point("upper"),
            "torque_lower": figures.point("lower"),
            "pulses": figures.pulses(),
        }

    # --- values ----------------------------------------------------------------------------------------------------

    def _trigger(self, *_: object) -> None:
        self._wanted = self._hold != "OFF"

    def _wait(self, _: Indices, argument: str, t_ns: int) -> None:
        """Until what ``*TRG`` asked for is there."""
        if self._wanted:
            self.hold(self.next_update_ns(t_ns))
            self.renew()
            self._wanted = False

    def _values(self, _: Indices, argument: str, t_ns: int) -> bytes:
        items = [self._item(text) for text in argument.upper().replace(" ", "").split(",")]
        if len(items) > _ITEMS_MAX:
            raise ScpiError(-223)
        if self._hold == "OFF":
            self.renew()
        return b";".join(_text(self.shown(item, t_ns)) for item in items)

    def _item(self, text: str) -> Item:
        """Of a channel; or the power of channels that are wired together (``P234``)."""
        match = _ITEM.fullmatch(text)
        if match is None or match[1] not in _NAMES:
            raise ScpiError(_CHARACTER)
        function, numbers = _NAMES[match[1]], tuple(int(digit) for digit in match[2])
        if len(numbers) == 1:
            return function, numbers
        together, summed = self._wired(numbers[0])
        if function != "P" or numbers != together:
            raise ScpiError(_CHARACTER)
        return function, summed

    def _wired(self, first: int) -> tuple[Indices, Indices]:
        """The channels of a wiring, and those whose powers it sums."""
        get = self._wirings.get
        channels, summed = _WIRINGS[get((first,), "", 0).decode() if get else "1P2W"]
        numbers = tuple(range(first, first + channels))
        return numbers, numbers[:summed]

    # --- settings --------------------------------------------------------------------------------------------------

    def _set_header(self, _: Indices, argument: str, t_ns: int) -> None:
        self.headers = "full" if switch(argument, _CHARACTER) else ""

    def _set_hold(self, _: Indices, argument: str, t_ns: int) -> None:
        self._hold = word(argument, ("OFF", "ON", "PEAK"))

    def _set_refresh(self, _: Indices, argument: str, t_ns: int) -> None:
        match = _REFRESH.fullmatch(argument.upper())
        if match is None:
            raise ScpiError(_CHARACTER)
        self.set_update(float(match[1]), _RANGE)


def _text(value: float) -> bytes:
    """``+222.7412E+0``, or the marks for no data and over-range."""
    if math.isnan(value):
        return TABLE.dialect.no_data
    if math.isinf(value):
        return TABLE.dialect.over_range
    exponent = next((e for e in (-3, 0, 3, 6) if abs(value) < 999.99995 * 10.0**e), 9)
    return f"{value / 10.0**exponent:+.4f}E{exponent:+d}".encode()


def _nr2(value: float) -> bytes:
    return f"{value:.4f}".encode()


def _on_off(argument: str) -> bytes:
    return b"ON" if switch(argument, _CHARACTER) else b"OFF"


def _one_of(words: tuple[str, ...], argument: str) -> bytes:
    return word(argument, words, _CHARACTER).encode()


def _source(argument: str) -> bytes:
    if re.fullmatch(r"[UI][1-8]|DC|EXT", argument) is None:
        raise ScpiError(_CHARACTER)
    return argument.encode()


def _cutoff(argument: str) -> bytes:
    return b"OFF" if argument == "OFF" else _nr2(number(argument, "HZ", 1.0, 2e6))


def pw8001(at: Surroundings) -> PwEmulator:
    """A PW8001 with its motor inputs."""
    return PwEmulator(at)
