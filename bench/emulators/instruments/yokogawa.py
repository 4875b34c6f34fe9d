"""Emulated Yokogawa WT5000, WT3000E and WT1800E: grammar, item table, update events, integration, special values.

What a manual forbids counts as much as what it says: ratios do nothing until scaling is on, rows of pulse inputs are
mute while the input is analog, factors are never negative, nobody waits for an event that no filter lets through.
"""

import math
import re
from functools import partial

from bench.base.time import NS_PER_S
from bench.emulators.instruments import yokogawa_words as words
from bench.emulators.instruments.analyzer_model import Item
from bench.emulators.instruments.analyzer_peer import AnalyzerPeer, Surroundings
from bench.emulators.instruments.answers import Prepared
from bench.emulators.instruments.behaviour import Action, Behaviour
from bench.emulators.instruments.integrator import Integrator
from bench.emulators.instruments.yokogawa_inputs import InputGroup, MotorGroup
from drivers.power_analyzers import nameplates, yokogawa_commands
from drivers.power_analyzers.nameplates import Nameplate
from drivers.scpi_data import ScpiError
from drivers.scpi_table import Table

Indices = tuple[int, ...]

_ITEMS_MAX, _SHOWN_AT_FIRST, _RATIOS_MAX = 255, 15, 4
_INTERVAL = re.compile(r"([0-9.]+)(MS|S)?")
_ITEM = re.compile(r"([A-Z]+[0-9]?|NONE)(?:,(SIGM[AB]|SIGMC|[0-9]))?(,TOT(?:AL)?)?")
_POWER = re.compile(r"P([1-9])|P([ABC])|PM([1-4])?")
_SIGMAS = ("SIGMA", "SIGMB", "SIGMC")
_MOTOR = ("TORQUE", "TORQ", "SPEED", "SPE", "PM")
_FUNCTIONS = frozenset(
    [
        "NONE",
        "U",
        "I",
        "P",
        "S",
        "Q",
        "LAMBDA",
        "LAMB",
        "PHI",
        "FU",
        "FI",
        "CFU",
        "CFI",
        "PC",
        "TIME",
        "WH",
        "WHP",
        "WHM",
        "AH",
        "AHP",
        "AHM",
        "WS",
        "WQ",
        "SLIP",
    ]
) | {*_MOTOR, "ETA1", "ETA2", "ETA3", "ETA4"}
"""IM WT3001E-17EN p.6-44, in part."""
_ORDERED = frozenset(["U", "I", "P", "S", "Q", "LAMBDA", "LAMB", "PHI"])
"""These have an order of harmonics, which is told with them."""
_BY_FUNCTION = frozenset(["URMS", "UMN", "UDC", "URMN", "UAC", "IRMS", "IMN", "IDC", "IRMN", "IAC"])
"""Where U and I are told apart by the function."""
_BY_MODE = {"U": "voltage_mode", "I": "current_mode"}
_INTEGRATED = {"WH", "TIME"}
_EDGES = ("RISE", "FALL", "BOTH", "NEVer")
_INTEGRATIONS = ("NORMal", "CONTinuous", "RNORmal", "RCONtinuous")
_UPDATING = 1
_ASKED_ALL_DAY = [("clear_status", ""), ("wait_for", str(_UPDATING)), ("values", "")]
_FOR_EVER_NS = 1 << 60


class YokogawaEmulator(AnalyzerPeer):
    """One of the family."""

    def __init__(self, at: Surroundings, plate: Nameplate, table: Table, identity: str) -> None:
        self._dialect = table.dialect
        self._modes = "voltage_mode" in table.rows
        self._inputs = InputGroup(self, self._modes, table.rows["frequency_filter"].reply == "NR1")
        self._integrator = Integrator()
        self._filter = self.kept("filter", partial(words.one_of, _EDGES), b"NEVer")
        self._verbose = True
        does = {**self._sequence(), **self._numeric(), **self._inputs.does(), **MotorGroup(self).does()}
        super().__init__(table, does, plate, identity, at)
        self.headers = "full"
        self.setup.shown = _SHOWN_AT_FIRST
        for given in self.setup.inputs.values():
            given.scaled = False
        self._words = ["NONE"] * _ITEMS_MAX
        self._ratios: dict[int, str] = {}
        self._float = False
        self._held: bytes | None = None
        self._cleared_ns = -1
        self._stale = True

    def changed(self) -> None:
        """The set-up has changed: items are understood anew."""
        super().changed()
        self._stale = True

    def _sequence(self) -> dict[str, Behaviour]:
        kept = self.kept
        held = Behaviour(self._set_hold, lambda *_: b"%d" % (self._held is not None))
        return {
            "clear_status": Behaviour(self._clear),
            "remote": kept("remote", words.on_off, b"0"),
            "header": Behaviour(self._set_header, lambda *_: b"%d" % bool(self.headers)),
            "verbose": Behaviour(self._set_verbose, lambda *_: b"%d" % self._verbose),
            "wait_for": Behaviour(self._wait),
            "error": Behaviour(get=self.next_error),
            "condition": Behaviour(get=lambda _, __, t_ns: b"%d" % self._updating(t_ns)),
            "filter": self._filter,
            "extended_event": Behaviour(get=self._take_event),
            "rate": Behaviour(self._set_rate, lambda *_: words.engineering(self.update_ns / NS_PER_S, 4)),
            "hold": held,
            "number_hold": held,
            "averaging": kept("averaging", words.on_off, b"0"),
            "efficiency": Behaviour(self._set_ratio, lambda x, *_: self._ratios.get(x[0], "OFF").encode()),
        }

    def _numeric(self) -> dict[str, Behaviour]:
        integrator = self._integrator
        return {
            "format": Behaviour(self._set_format, lambda *_: self.spelled(b"FLOat" if self._float else b"ASCii")),
            "items": Behaviour(self._set_number, lambda *_: b"%d" % self.setup.shown),
            "item": Behaviour(self._set_item, self._item),
            "values": Behaviour(get=self._value),
            "integration_mode": self.kept("mode", partial(words.one_of, _INTEGRATIONS), b"NORMal"),
            "integration_timer": self.kept("timer", lambda text: text.encode(), b"0,0,0"),
            "integration_start": Behaviour(lambda _, __, t_ns: integrator.start(t_ns)),
            "integration_stop": Behaviour(self._stop_integration),
            "integration_reset": Behaviour(lambda *_: integrator.reset()),
            "integration_state": Behaviour(get=lambda *_: self.spelled(integrator.state)),
        }

    # --- events of the update clock --------------------------------------------------------------------------------

    def _updating(self, t_ns: int) -> int:
        """Bit 0 of the condition: from the end of an interval until its values are there."""
        return _UPDATING if (t_ns - 1) % self.update_ns < self._latency_ns else 0

    def _edges(self) -> bytes:
        return self._filter.get((1,), "", 0)[:3] if self._filter.get else b""

    def _next_event_ns(self, t_ns: int) -> int:
        """When the next event of an update comes, from ``t_ns`` on; never if no edge is an event."""
        began_ns = t_ns // self.update_ns * self.update_ns + self.update_ns
        found = {b"FAL": (self.next_update_ns(t_ns),), b"RIS": (began_ns,), b"NEV": (_FOR_EVER_NS,)}
        return min(found.get(self._edges(), (self.next_update_ns(t_ns), began_ns)))

    def _happened(self, t_ns: int) -> bool:
        return self._next_event_ns(self._cleared_ns) <= t_ns

    def _clear(self, _: Indices, argument: str, t_ns: int) -> None:
        """*CLS: standard and extended events and the error queue (IM WT3001E-17EN p.6-114)."""
        self.status.clear()
        self._cleared_ns = t_ns

    def _take_event(self, _: Indices, argument: str, t_ns: int) -> bytes:
        happened = self._happened(t_ns)
        self._cleared_ns = t_ns
        return b"%d" % (_UPDATING * happened)

    def _wait(self, _: Indices, argument: str, t_ns: int) -> None:
        """Go on when an event of the mask has come, at once if it has already (p.6-25)."""
        mask = int(words.figure(argument, "", 0, 65535))
        if not mask & _UPDATING:
            self.hold(t_ns + _FOR_EVER_NS)
        elif not self._happened(t_ns):
            self.hold(self._next_event_ns(t_ns))

    def _prepare(self, message: bytes) -> Prepared | None:
        """All items as a block once the update under way has ended: events cleared, waited for, values."""
        actions = self._behaviours.resolve(message)
        asked = [(action.command.name if action.command else "", action.argument) for action in actions]
        falling = self._edges() == b"FAL"
        calm = self._float and self._held is None and not self._integrator.running and not self._stale and falling
        return self._block_of_items() if calm and asked == _ASKED_ALL_DAY else None

    def heard(self, t_ns: int) -> None:
        """See ``Preparing``: status and events were cleared by that message."""
        super().heard(t_ns)
        self._clear((), "", t_ns)

    # --- values ----------------------------------------------------------------------------------------------------

    def _value(self, _: Indices, argument: str, t_ns: int) -> bytes:
        if self._integrator.running:
            self._integrate(t_ns)
        if argument:
            return self._one_value(int(words.figure(argument, "", 1, _ITEMS_MAX)), t_ns)
        return self._held if self._held is not None else self._all_values(t_ns)

    def _all_values(self, t_ns: int) -> bytes:
        if self._stale:
            self._understand()
        made = self.measure(t_ns)
        if self._float:
            return made.block.tobytes()
        return b",".join(self._text(value) for value in made.values[: self.setup.shown].tolist())

    def _one_value(self, place: int, t_ns: int) -> bytes:
        word = self._words[place - 1]
        function, _, element = word.partition(",")
        if function in _INTEGRATED:
            return self._written(self._integrator.shown(function, element))
        if self._stale:
            self._understand()
        made = self.measure(t_ns)
        return self._written(float(made.values[place - 1]) if place <= self.setup.shown else float("nan"))

    def _written(self, value: float) -> bytes:
        return words.block_of(value) if self._float else self._text(value)

    def _text(self, value: float) -> bytes:
        if value != value:
            return self._dialect.no_data
        return self._dialect.over_range if math.isinf(value) else b"%.5E" % value

    def _understand(self) -> None:
        """Items as the model knows them, under the wiring and the modes in force."""
        self.setup.items = [self._model_item(word) for word in self._words[: self.setup.shown]]
        self.setup.ratios = {n: ratio for n, text in self._ratios.items() if (ratio := self._ratio(text)) is not None}
        self._stale = False

    def _model_item(self, word: str) -> Item:
        function, _, element = word.partition(",")
        if function.startswith("ETA"):
            return "ETA", (int(function[3:]),)
        if function in _MOTOR:
            known = {"TORQ": "TORQUE", "SPE": "SPEED"}.get(function, function)
            return known, (int(element or 1),)
        numbers = self._numbers(element, function == "P")
        if self._modes and function in _BY_MODE and numbers:
            mode = self._inputs.mode(_BY_MODE[function], numbers[0])
            return f"{function}{mode}", numbers
        return function, numbers

    def _numbers(self, element: str, power: bool = False) -> tuple[int, ...]:
        """Of an input or of a unit; the power of a unit is in some of its inputs."""
        if not element.startswith("SIGM"):
            return (int(element),) if element else ()
        sums, place = self._inputs.sums(power), _SIGMAS.index(element)
        return sums[place] if place < len(sums) else ()

    def _ratio(self, text: str) -> tuple[Item, Item] | None:
        parts = [_POWER.fullmatch(part) for part in text.split(",")]
        if len(parts) != 2 or not all(parts):
            return None
        numerator, denominator = (self._power(match) for match in parts if match)
        return numerator, denominator

    def _power(self, match: re.Match[str]) -> Item:
        single, sigma, motor = match.groups()
        if single:
            return "P", (int(single),)
        if sigma:
            return "P", self._numbers(f"SIGM{sigma}", power=True)
        return "PM", (int(motor or 1),)

    # --- integration -----------------------------------------------------------------------------------------------

    def _integrate(self, t_ns: int) -> None:
        """Up to now, with the powers of the last update: between two questions they are taken as constant."""
        if self._stale:
            self._understand()
        shown = self.measure(t_ns).values
        powers = {
            word.partition(",")[2]: float(shown[place])
            for place, word in enumerate(self._words[: self.setup.shown])
            if word.startswith("P,")
        }
        self._integrator.advance(powers, t_ns)

    def _stop_integration(self, _: Indices, argument: str, t_ns: int) -> None:
        if self._integrator.running:
            self._integrate(t_ns)
        self._integrator.stop()

    # --- settings --------------------------------------------------------------------------------------------------

    def _set_header(self, _: Indices, argument: str, t_ns: int) -> None:
        on = words.on_off(argument) == b"1"
        self.headers = ("full" if self._verbose else "short") if on else ""

    def _set_verbose(self, _: Indices, argument: str, t_ns: int) -> None:
        self._verbose = words.on_off(argument) == b"1"
        if self.headers:
            self.headers = "full" if self._verbose else "short"

    def spelled(self, text: bytes) -> bytes:
        """Words in long form, or short where verbose is off."""
        return words.spelled(text, self._verbose)

    def _headed(self, action: Action, answer: bytes) -> bytes:
        """What can only be asked is answered without header (IM WT3001E-17EN p.6-74, 6-96, 6-103)."""
        asked_only = action.command is not None and not action.command.sets
        return answer if asked_only else super()._headed(action, answer)

    def _set_hold(self, _: Indices, argument: str, t_ns: int) -> None:
        self._held = self._all_values(t_ns) if words.on_off(argument) == b"1" else None

    def _set_rate(self, _: Indices, argument: str, t_ns: int) -> None:
        match = _INTERVAL.fullmatch(argument.upper().replace(" ", ""))
        if match is None:
            raise ScpiError(words.TYPE, "Data type error")
        self.set_update(float(match[1]) * (1.0 if match[2] == "MS" else 1000.0), words.RANGE)

    def _set_format(self, _: Indices, argument: str, t_ns: int) -> None:
        self._float = words.one_of(("ASCii", "FLOat"), argument) == b"FLOat"

    def _set_number(self, _: Indices, argument: str, t_ns: int) -> None:
        self.setup.shown = int(words.figure(argument, "", 1, _ITEMS_MAX))
        self.changed()

    def _set_item(self, indices: Indices, argument: str, t_ns: int) -> None:
        match = _ITEM.fullmatch(argument.upper().replace(" ", ""))
        known = _FUNCTIONS if self._modes else _FUNCTIONS | _BY_FUNCTION
        if match is None or match[1] not in known or not 1 <= indices[0] <= _ITEMS_MAX:
            raise ScpiError(words.CHARACTER, "Invalid character data")
        self._words[indices[0] - 1] = match[1] if match[2] is None else f"{match[1]},{match[2]}"
        self.changed()

    def _item(self, indices: Indices, *_: object) -> bytes:
        if not 1 <= indices[0] <= _ITEMS_MAX:
            raise ScpiError(words.SUFFIX, "Header suffix out of range")
        word = self._words[indices[0] - 1]
        ordered = word.partition(",")[0] in _ORDERED
        return word.encode() + (b"," + self.spelled(b"TOTal") if ordered else b"")

    def _set_ratio(self, indices: Indices, argument: str, t_ns: int) -> None:
        text = argument.upper().replace(" ", "")
        if not 1 <= indices[0] <= _RATIOS_MAX:
            raise ScpiError(words.SUFFIX, "Header suffix out of range")
        if text != "OFF" and self._ratio(text) is None:
            raise ScpiError(words.CHARACTER, "Invalid character data")
        self._ratios[indices[0]] = text
        self.changed()


def wt5000(at: Surroundings) -> YokogawaEmulator:
    """A WT5000."""
    return YokogawaEmulator(at, nameplates.WT5000, yokogawa_commands.WT5000, "YOKOGAWA,WT5000,91X412345,F1.03")


def wt3000e(at: Surroundings) -> YokogawaEmulator:
    """A WT3000E with four 30 A inputs; it does not tell its serial number (IM WT3001E-17EN p.6-114)."""
    identity = "YOKOGAWA,WT3004E-2A0-30A4,0,F6.01"
    return YokogawaEmulator(at, nameplates.WT3000E, yokogawa_commands.WT3000E, identity)


def wt1800e(at: Surroundings) -> YokogawaEmulator:
    """A WT1800E with six inputs."""
    return YokogawaEmulator(at, nameplates.WT1800E, yokogawa_commands.WT1800E, "YOKOGAWA,WT1806E,C2SB00001E,F2.01")
