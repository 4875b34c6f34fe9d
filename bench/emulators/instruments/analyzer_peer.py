"""What all emulated power analyzers have in common: the update clock, values with errors and marks, kept settings.

The maker's emulator adds the grammar: which commands there are, how items are called and how values are written.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.base.noise import noise_state
from bench.base.time import NS_PER_MS
from bench.emulators.instruments.accuracy import AnalyzerAccuracy, ErrorDraw
from bench.emulators.instruments.analyzer_model import AnalyzerModel, InputSetup, MotorSetup, Setup
from bench.emulators.instruments.answers import Answer, Prepared, Single, Update, pieces
from bench.emulators.instruments.behaviour import Behaviour
from bench.emulators.instruments.faults import FaultScript
from bench.emulators.instruments.sampling import NO_DATA, OVER_RANGE, ROW, fill_block
from bench.emulators.instruments.scpi_peer import ScpiPeer
from bench.emulators.instruments.wiring import AnalyzerWiring, Measured
from drivers.power_analyzers.nameplates import Nameplate
from drivers.scpi_data import ScpiError
from drivers.scpi_table import Table

Normal = Callable[[str], bytes]
"""What is kept of an argument in capitals. Raises ``ScpiError``."""

_SAME = 1e-4


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where an emulated analyzer stands: ``measured`` gives the truth, ``wiring`` says where it is connected,
    ``accuracy`` how wrong it may be shown, ``latency_ns`` is the time from the end of an update to its answer."""

    measured: Measured
    outputs: Sequence[str]
    wiring: AnalyzerWiring
    accuracy: AnalyzerAccuracy = field(default_factory=AnalyzerAccuracy)
    seed: int = 0
    name: str = "analyzer"
    identity: str = ""
    latency_ns: int = 2 * NS_PER_MS
    faults: FaultScript | None = None


class _Compiled(NamedTuple):
    """Rows of one set-up and one line of the accuracy tables, and what they are measured into."""

    rows: NDArray[np.void]
    values: NDArray[np.float64]
    block: NDArray[np.uint8]
    start: int


class AnalyzerPeer(ScpiPeer):
    """Base of the emulated analyzers."""

    def __init__(
        self,
        table: Table,
        behaviours: Mapping[str, Behaviour],
        plate: Nameplate,
        identity: str,
        at: Surroundings,
    ) -> None:
        common = {"identity": Behaviour(get=lambda *_: self._identity)}
        self._texts: dict[str, bytes] = {}
        super().__init__(table, {**common, **behaviours}, 2 * NS_PER_MS, at.faults)
        self.plate = plate
        self._identity = (at.identity or identity).encode()
        self._measured = at.measured
        self.model = AnalyzerModel(at.wiring, at.outputs, at.accuracy, ErrorDraw(at.seed, at.name))
        self._noise = noise_state(at.seed, f"{at.name}.noise")
        self._latency_ns = at.latency_ns
        self.update_ns = 500 * NS_PER_MS
        numbers = range(1, plate.elements + 1)
        widest_v, widest_a = plate.voltage_ranges_v[-1], plate.current_ranges_a[-1]
        self.setup = Setup(
            inputs={n: InputSetup(widest_v, widest_a) for n in numbers},
            motors={n: MotorSetup() for n in range(1, plate.motors + 1)},
        )
        self._compiled: dict[float, _Compiled] = {}
        self._answers: dict[float, Answer] = {}
        self._warm_up()

    # --- update clock ----------------------------------------------------------------------------------------------

    def last_update_ns(self, t_ns: int) -> int:
        """When the values of the last update were there, at ``t_ns``."""
        return (t_ns - self._latency_ns) // self.update_ns * self.update_ns + self._latency_ns

    def next_update_ns(self, t_ns: int) -> int:
        """When the values of the update under way are there."""
        return self.last_update_ns(t_ns) + self.update_ns

    def set_update(self, milliseconds: float, code: int) -> None:
        """Raises ``ScpiError`` with ``code`` unless the nameplate has this interval."""
        if milliseconds not in self.plate.updates_ms:
            raise ScpiError(code, "Data out of range")
        self.update_ns = round(milliseconds * NS_PER_MS)

    # --- values ----------------------------------------------------------------------------------------------------

    def changed(self) -> None:
        """The set-up has changed: what was made of it is made again."""
        self._compiled.clear()
        self._answers.clear()

    def measure(self, t_ns: int) -> _Compiled:
        """All items of the latest update: NaN is no data, infinity over-range; scripted faults are applied."""
        truth, _ = self._measured()
        band_hz = self.model.band(truth)
        made = self._compiled.get(band_hz)
        if made is None:
            made = self._compiled[band_hz] = self._make(band_hz)
        rows, values, block, start = made
        shown = self.setup.shown
        fill_block(truth, rows, values, self._noise, block, start, shown)
        if self.faults:
            self._spoil(made, t_ns)
        return made

    def _block_of_items(self) -> Prepared:
        """The answer to come when the update under way ends, as a block of singles: that of the accuracy tables' line
        that holds now."""
        truth, _ = self._measured()
        band_hz = self.model.band(truth)
        answer = self._answers.get(band_hz)
        if answer is None:
            made = self._make(band_hz)
            parts = pieces(made.block[: made.start].tobytes(), *map(Single, range(self.setup.shown)), b"\n")
            answer = self._answers[band_hz] = Answer(made.rows, parts, self._noise)
        return Prepared(answer, 0, None, Update(self.update_ns, self._latency_ns, self.model.line_of(band_hz)))

    def _warm_up(self) -> None:
        """Compile (or load) before anybody asks: no item, no noise drawn."""
        truth, nothing, block = np.zeros(1), np.zeros(0), np.zeros(0, np.uint8)
        fill_block(truth, np.zeros(0, ROW), nothing, self._noise, block, 0, 0)

    def _make(self, band_hz: float) -> _Compiled:
        rows = self.model.rows(self.setup, band_hz)
        length = 4 * self.setup.shown
        head = f"#{len(str(length))}{length}".encode()
        block = np.frombuffer(head + bytes(length), np.uint8).copy()
        return _Compiled(rows, np.zeros(len(rows)), block, len(head))

    def _spoil(self, made: _Compiled, t_ns: int) -> None:
        for kind, value, pattern in (("inf", np.inf, OVER_RANGE), ("nan", np.nan, NO_DATA)):
            if self.faults.active(kind, t_ns):  # type: ignore[arg-type]
                made.values[: self.setup.shown] = value
                word = int(pattern).to_bytes(4, "big")
                made.block[made.start :] = np.frombuffer(word * self.setup.shown, np.uint8)

    # --- settings --------------------------------------------------------------------------------------------------

    def kept(self, name: str, normal: Normal, initial: bytes) -> Behaviour:
        """A setting that is only kept and told."""

        def put(indices: tuple[int, ...], argument: str, t_ns: int) -> None:
            self._texts[f"{name}{indices}"] = normal(argument.upper())
            self.changed()

        return Behaviour(put, lambda indices, *_: self.spelled(self._texts.get(f"{name}{indices}", initial)))

    def spelled(self, text: bytes) -> bytes:
        """How an answer writes what was kept."""
        return text

    def input(self, number: int, code: int) -> InputSetup:
        """The set-up of one input. Raises ``ScpiError`` with ``code`` if there is none."""
        if number not in self.setup.inputs:
            raise ScpiError(code, "Header suffix out of range")
        return self.setup.inputs[number]

    def motor(self, number: int, code: int) -> MotorSetup:
        """The set-up of one motor input. Raises ``ScpiError`` with ``code`` if there is none."""
        if number not in self.setup.motors:
            raise ScpiError(code, "Header suffix out of range")
        return self.setup.motors[number]

    def set_range(self, number: int, voltage: bool, value: float, codes: tuple[int, int]) -> None:
        """Fix a range. Raises ``ScpiError``: no such input, no such range on the nameplate."""
        given = self.input(number, codes[0])
        steps = self.plate.voltage_ranges_v if voltage else self.plate.current_ranges_a
        step = next((step for step in steps if abs(step - value) <= _SAME * step), None)
        if step is None:
            raise ScpiError(codes[1], "Data out of range")
        if voltage:
            given.voltage_range = step
        else:
            given.current_range = step
        self.changed()
