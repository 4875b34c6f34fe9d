"""Emulated ZES LMG670: two languages on one socket, values of one cycle after ``INIM``, ranges, ratios, errors."""

import math
from functools import partial

from bench.base.time import NS_PER_S
from bench.emulators.instruments.analyzer_figures import Figures
from bench.emulators.instruments.analyzer_peer import Surroundings
from bench.emulators.instruments.asked_items import AskedItemsPeer
from bench.emulators.instruments.behaviour import Action, Behaviour
from drivers.power_analyzers.nameplates import LMG670
from drivers.power_analyzers.zes_commands import LANGUAGES, TABLE
from drivers.scpi_data import ScpiError, number, whole, word

Indices = tuple[int, ...]

IDENTITY = "ZES ZIMMER Electronic Systems GmbH,LMG670,01234567,5.039"
_MECHANICAL = ("TORQUE", "SPEED", "PM")
_SUFFIX, _RANGE, _CHARACTER, _UNDEFINED = -114, -222, -141, -113
_RATIO = 1e-6, 1e6
_VALUES = {
    "urms": "URMS", "irms": "IRMS", "udc": "UDC", "idc": "IDC", "power": "P", "frequency": "FI",
    "torque": "TORQUE", "speed": "SPEED", "motor_power": "PM",
}  # fmt: skip


class LmgEmulator(AskedItemsPeer):
    """A fresh connection begins in SCPI; what belongs to the other language is not understood."""

    def __init__(self, at: Surroundings) -> None:
        self._language = "SCPI"
        super().__init__(TABLE, self._does(), LMG670, IDENTITY, at)

    def opened(self, t_ns: int) -> None:
        """A fresh connection speaks SCPI."""
        self._language = "SCPI"
        super().opened(t_ns)

    def _obey(self, action: Action, t_ns: int) -> bytes | None:
        text = action.command.text if action.command else "*"
        if not text.startswith("*") and text.startswith(":") != (self._language == "SCPI"):
            self.unknown += 1
            self.status.error(_UNDEFINED)
            return None
        return super()._obey(action, t_ns)

    def _does(self) -> dict[str, Behaviour]:
        kept, figures = self.kept, Figures(self, _nr3)
        return {
            **{name: Behaviour(get=partial(self._value, function)) for name, function in _VALUES.items()},
            "language": Behaviour(self._set_language),
            "errors": Behaviour(get=self._errors),
            "zero_suppression": kept("zero_suppression", _mark, b"1"),
            "groups": kept("groups", _list, b"1,1,1,1,1,1,1"),
            "format": kept("format", lambda text: word(text, ("ASCII", "PACKED")).encode(), b"ASCII"),
            "cycle_mode": kept("cycle_mode", lambda text: b"%d" % whole(text, 0, 9), b"0"),
            "cycle": Behaviour(self._set_cycle, lambda *_: f"{self.update_ns / NS_PER_S:.6E}".encode()),
            "synchronize": kept("synchronize", _source, b"U1"),
            "filter_auto": kept("filter_auto", _mark, b"1"),
            "filter": kept("filter", lambda text: b"%d" % whole(text, 0, 99), b"0"),
            "averaging": kept("averaging", lambda text: b"%d" % whole(text, 1, 999), b"1"),
            "voltage_auto": kept("voltage_auto", _mark, b"1"),
            "current_auto": kept("current_auto", _mark, b"1"),
            "voltage_range": figures.range(voltage=True),
            "current_range": figures.range(voltage=False),
            "vt": figures.ratio("vt", *_RATIO),
            "ct": figures.ratio("ct", *_RATIO),
            "next": Behaviour(self._next),
            "torque_upper": figures.point("upper"),
            "torque_lower": figures.point("lower"),
            "pulses": figures.pulses(),
        }

    # --- values ----------------------------------------------------------------------------------------------------

    def _next(self, _: Indices, argument: str, t_ns: int) -> None:
        self.hold(self.next_update_ns(t_ns))
        self.renew()

    def _value(self, function: str, indices: Indices, argument: str, t_ns: int) -> bytes:
        (self.motor if function in _MECHANICAL else self.input)(indices[0], _SUFFIX)
        value = self.shown((function, indices), t_ns)
        if math.isnan(value):
            return TABLE.dialect.no_data
        return TABLE.dialect.over_range if math.isinf(value) else _nr3(value)

    # --- settings --------------------------------------------------------------------------------------------------

    def _set_language(self, _: Indices, argument: str, t_ns: int) -> None:
        self._language = word(argument, LANGUAGES.spellings)

    def _errors(self, *_: object) -> bytes:
        entries = [self.next_error()]
        while not (entry := self.next_error()).startswith(b"0,"):
            entries.append(entry)
        return b",".join(entries)

    def _set_cycle(self, _: Indices, argument: str, t_ns: int) -> None:
        self.set_update(round(number(argument, "S") * 1e3, 6), _RANGE)


def _mark(argument: str) -> bytes:
    return b"%d" % whole(argument, 0, 1)


def _list(argument: str) -> bytes:
    sizes = [whole(text, 1, LMG670.elements) for text in argument.split(",")]
    if sum(sizes) > LMG670.elements:
        raise ScpiError(_RANGE)
    return ",".join(str(size) for size in sizes).encode()


def _source(argument: str) -> bytes:
    if len(argument) != 2 or argument[0] not in "UI" or argument[1] not in "1234567":
        raise ScpiError(_CHARACTER)
    return argument.encode()


def _nr3(value: float) -> bytes:
    return f"{value:.6E}".encode()


def lmg670(at: Surroundings) -> LmgEmulator:
    """An LMG670."""
    return LmgEmulator(at)
