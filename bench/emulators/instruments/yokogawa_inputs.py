"""The groups INPut and MOTor of the emulated Yokogawa WT family: what is set, and what it does to the values."""

from functools import partial

from bench.emulators.instruments import yokogawa_words as words
from bench.emulators.instruments.analyzer_figures import Figures
from bench.emulators.instruments.analyzer_peer import AnalyzerPeer
from bench.emulators.instruments.behaviour import Behaviour
from drivers.scpi_data import ScpiError

Indices = tuple[int, ...]

_RATIO = 1e-4, 99_999.9999
_MODES = ("RMS", "MEAN", "DC", "RMEAN")
_MODE_ROWS = ("voltage_mode", "current_mode")
_INPUTS = {"P1W2": 1, "P1W3": 2, "P3W3": 2, "P3W4": 3, "V3A3": 3, "NONE": 1}
"""How many inputs a unit of this wiring has (IM WT3001E-17EN p.6-73)."""
_TWO_WATTMETERS = ("P3W3", "V3A3")


def _figures(peer: AnalyzerPeer) -> Figures:
    return Figures(
        peer,
        words.nr2,
        words.figure,
        (words.SUFFIX, words.RANGE, words.MISSING),
        written_volts=partial(words.engineering, digits=4),
        written_amperes=partial(words.engineering, digits=3),
        written_hertz=partial(words.engineering, digits=5),
    )


class InputGroup:
    """Ranges, ratios, filters, wiring, synchronisation.

    ``modes``: U and I are r.m.s. or DC by a mode; ``switched``: the frequency filter is on or off, without a frequency.
    """

    def __init__(self, peer: AnalyzerPeer, modes: bool, switched: bool) -> None:
        self._peer = peer
        self._figures = _figures(peer)
        self._modes = {name: peer.kept(name, partial(words.one_of, _MODES), b"RMS") for name in _MODE_ROWS if modes}
        self._frequency_filter = (words.on_off, b"0") if switched else (words.cutoff, b"OFF")
        self._wiring: tuple[str, ...] = ()

    def does(self) -> dict[str, Behaviour]:
        """By row of the table."""
        kept, figures = self._peer.kept, self._figures
        return {
            "crest_factor": kept("crest_factor", partial(words.choice, ("3", "6")), b"3"),
            "wiring": Behaviour(self._set_wiring, lambda *_: ",".join(self._units()).encode()),
            "null": kept("null", words.on_off, b"0"),
            "voltage_auto": kept("voltage_auto", words.on_off, b"0"),
            "current_auto": kept("current_auto", words.on_off, b"0"),
            "voltage_range": figures.range(voltage=True),
            "current_range": figures.range(voltage=False),
            "scaling": Behaviour(self._set_scaling, lambda x, *_: b"%d" % figures.given(x).scaled),
            "vt": figures.ratio("vt", *_RATIO),
            "ct": figures.ratio("ct", *_RATIO),
            "sfactor": figures.ratio("power_factor", *_RATIO),
            "line_filter": kept("line_filter", words.cutoff, b"OFF"),
            "frequency_filter": kept("frequency_filter", *self._frequency_filter),
            "synchronize": kept("synchronize", words.source, b"NONE"),
            **self._modes,
        }

    def sums(self, power: bool = False) -> list[tuple[int, ...]]:
        """The inputs of each unit that has several; the first unit is SIGMA. Its ``power`` is the sum of two inputs in
        3P3W and 3V3A (IM WT3001E-51EN p.7-44)."""
        found, first = [], 1
        for unit in self._units():
            numbers = tuple(range(first, first + _INPUTS[unit]))
            first += len(numbers)
            if len(numbers) > 1:
                found.append(numbers[:2] if power and unit in _TWO_WATTMETERS else numbers)
        return found

    def mode(self, name: str, number: int) -> str:
        """``RMS`` or ``DC``: what U (``voltage_mode``) or I of an input is."""
        get = self._modes[name].get
        return get((number,), "", 0).decode() if get else ""

    def _units(self) -> tuple[str, ...]:
        return self._wiring or ("P1W2",) * self._peer.plate.elements

    def _set_scaling(self, indices: Indices, argument: str, t_ns: int) -> None:
        self._figures.given(indices).scaled = words.on_off(argument) == b"1"
        self._peer.changed()

    def _set_wiring(self, _: Indices, argument: str, t_ns: int) -> None:
        units = tuple(unit.strip() for unit in argument.upper().split(","))
        if not set(units) <= set(_INPUTS):
            raise ScpiError(words.CHARACTER, "Invalid character data")
        if sum(_INPUTS[unit] for unit in units) > self._peer.plate.elements:
            raise ScpiError(words.RANGE, "Data out of range")
        self._wiring = units
        self._peer.changed()


class MotorGroup:
    """Torque by frequency, speed by pulses."""

    def __init__(self, peer: AnalyzerPeer) -> None:
        self._peer = peer
        kinds = partial(words.one_of, ("ANALog", "PULSe"))
        self._types = {name: peer.kept(name, kinds, b"ANALog") for name in ("torque_type", "speed_type")}

    def does(self) -> dict[str, Behaviour]:
        """By row of the table."""
        pulse, kept, figures = self._pulse_only, self._peer.kept, _figures(self._peer)
        return {
            **self._types,
            "motor_synchronize": kept("motor_synchronize", words.source, b"NONE"),
            "pm_scaling": figures.factor("power_scale", *_RATIO),
            "torque_range": pulse("torque_type", kept("torque_range", words.pair, b"50.0000,-50.0000")),
            "torque_upper": pulse("torque_type", figures.point("upper")),
            "torque_lower": pulse("torque_type", figures.point("lower")),
            "torque_scaling": figures.factor("torque_scale", *_RATIO),
            "speed_range": pulse("speed_type", kept("speed_range", words.pair, b"10000.0000,0.0000")),
            "pulses": pulse("speed_type", figures.pulses()),
            "speed_scaling": figures.factor("speed_scale", *_RATIO),
        }

    def _pulse_only(self, kind: str, does: Behaviour) -> Behaviour:
        """Refused, and as a question not answered, while the input is analog (IM WT3001E-17EN p.6-82, 6-83)."""
        get_kind = self._types[kind].get
        assert get_kind is not None and does.set is not None and does.get is not None
        put, get = does.set, does.get

        def check(indices: Indices) -> None:
            if not get_kind(indices, "", 0).startswith(b"PULS"):
                raise ScpiError(words.CONFLICT, "Setting conflict")

        def put_checked(indices: Indices, argument: str, t_ns: int) -> None:
            check(indices)
            put(indices, argument, t_ns)

        def get_checked(indices: Indices, argument: str, t_ns: int) -> bytes:
            check(indices)
            return get(indices, argument, t_ns)

        return Behaviour(put_checked, get_checked)
