"""What the drivers of periphery over Modbus TCP have in common: everything but their register maps.

Each set-point is written and read back, together with all its neighbours. Now and then all of them are read again, so
that a device that lost them, or that somebody else drives, is noticed (F-39, F-46, F-48).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from bench.base.errors import DeviceError
from bench.base.ports import Identity
from bench.base.quality import Quality
from bench.base.time import NS_PER_MS
from bench.schedule.requests import Exchange, Operation
from drivers import modbus
from drivers.command import Command
from drivers.grammar import GrammarError
from drivers.modbus import ModbusClient
from drivers.readout import OneReadout, Readout, read
from drivers.register_map import Block, Register, RegisterMap, Space, Use, blocks
from drivers.session import Expected, Session

_READ = {
    Space.COIL: modbus.read_coils,
    Space.DISCRETE_INPUT: modbus.read_discrete_inputs,
    Space.INPUT_REGISTER: modbus.read_input_registers,
    Space.HOLDING_REGISTER: modbus.read_holding_registers,
}
IDENTITY = ("maker", "model", "serial", "firmware")
"""Names of the rows that make up the identity."""


@dataclass(frozen=True, slots=True)
class ModbusSettings:
    """``written``: rows of use SETTING and their values."""

    unit: int = 1
    latency_ms: float = 1.0
    timeout_ms: int = 100
    written: Mapping[str, float] = field(default_factory=dict)
    expected: Expected = field(default_factory=Expected)

    @classmethod
    def of_rig(cls, section: Mapping[str, Any], written: Mapping[str, float] | None = None) -> "ModbusSettings":
        """From a part's section of a rig file."""
        timeout_ms = round(section["timeout"] * 1e3)
        return cls(section["unit"], timeout_ms=timeout_ms, written=written or {}, expected=Expected.of_rig(section))


class ModbusPart(OneReadout):
    """Driver: ``read`` gives the map's readings as ``INBOX`` records."""

    tested_on_hardware = False
    registers: ClassVar[RegisterMap]
    commands: ClassVar[tuple[Command, ...]]
    check_every: ClassVar[int] = 0
    """Each n-th question is about the set-points instead of the readings; 0: none."""

    def __init__(self, part: str, settings: ModbusSettings | None = None) -> None:
        self.part = part
        self.settings = settings or ModbusSettings()
        self.session = Session(part, self.settings.expected)
        measured, self._commanded = self.registers.of(Use.READING), self.registers.of(Use.SETPOINT)
        self.readout = Readout([row.name for row in measured])
        self.setpoints = tuple(row.name for row in self._commanded)
        (self._inputs,), (self._outputs,) = blocks(measured), blocks(self._commanded)
        self._written = [self.registers[name] for name in self.settings.written]
        self._in_force = dict.fromkeys(self.setpoints, math.nan)  # NaN: nobody knows
        self._until_check = self.check_every
        self._asked = self._inputs
        self._age_ns = round(self.settings.latency_ms * NS_PER_MS)
        self._client = ModbusClient(self.settings.unit, self.settings.timeout_ms * NS_PER_MS)

    # --- questions -------------------------------------------------------------------------------------------------

    def identify(self) -> Operation[Identity]:
        """Maker, model, serial and firmware. Raises ``DeviceError`` if it is another device than before."""
        (block,) = blocks(self.registers.of(Use.IDENTITY))
        with self.session:
            items = yield from self._items(block)
            try:
                told = [row.text(block.raw_of(row, items)) for row in map(self.registers.__getitem__, IDENTITY)]
            except ValueError as error:
                raise GrammarError("an identity in ASCII", modbus.words_as_bytes(items)) from error
            return self.session.meet(Identity(*told))

    def set_up(self) -> Operation[Mapping[str, str]]:
        """Set-points zero and settings as the rig has them; all read back."""
        self._in_force.update(dict.fromkeys(self.setpoints, math.nan))
        with self.session:
            yield from self._client.ask(_zeros(self._outputs))
            for row in self._written:
                raw = self._raw(row, self.settings.written[row.name])
                yield from self._client.ask(modbus.write_registers(row.address, raw))
        self._in_force.update(dict.fromkeys(self.setpoints, 0.0))
        return (yield from self.verify())

    def verify(self) -> Operation[Mapping[str, str]]:
        """Settings, and set-points as far as they are known, as written (F-39, F-46, F-48). Raises ``DeviceError``."""
        in_force: dict[str, str] = {}
        with self.session:
            for block in blocks(self._written):
                items = yield from self._items(block)
                for row in block.rows:
                    got = self._same(row, block.raw_of(row, items), self.settings.written[row.name])
                    in_force[row.name] = f"{got:g}"
            in_force |= self._check((yield from self._items(self._outputs)))
        return in_force

    def read(self) -> Operation[NDArray[np.void]]:
        """One reading, see ``take``."""
        return read(self)

    def question(self) -> Exchange:
        """All readings; now and then all set-points."""
        self._until_check -= 1
        self._asked = self._outputs if self._until_check == 0 else self._inputs
        if self._until_check <= 0:
            self._until_check = self.check_every
        return self._client.question(_request(self._asked))

    def take(self, reply: bytes, arrived_ns: int) -> NDArray[np.void]:
        """Fresh ``INBOX`` records (the driver's own array: post it before the next read), none for set-points that are
        as they should be. Raises ``DeviceError``."""
        out, items = self.readout, _items(self._asked, self._client.answer(reply))
        if self._asked is self._outputs:
            self._check(items)
            return out.records[:0]
        for place, row in enumerate(self._inputs.rows):
            out.values[place], out.qualities[place] = row.value(self._inputs.raw_of(row, items))
        out.times[:] = arrived_ns - self._age_ns
        return out.records

    # --- set-points ------------------------------------------------------------------------------------------------

    def write(self, index: int, value: float) -> Operation[None]:
        """Obey set-point ``index`` of ``setpoints``; read back. Raises ``DeviceError`` if it is not followed."""
        row = self._commanded[index]
        raw = self._raw(row, value)
        self._in_force[row.name] = math.nan
        with self.session:
            if row.space is Space.COIL:
                yield from self._client.ask(modbus.write_coil(row.address, bool(raw[0])))
                items = yield from self._items(self._outputs)
            else:
                place = self._outputs.address, self._outputs.count
                request = modbus.read_write_registers(*place, row.address, raw)
                items = modbus.unpack_words((yield from self._client.ask(request)))
            self._look_at_the_others(items)
            self._in_force[row.name] = self._same(row, self._outputs.raw_of(row, items), value)

    def energises(self, index: int, value: float) -> bool:
        """Whether this write could bring energy in, so that it must not be repeated after a failure."""
        return False

    def in_force(self, index: int) -> Operation[float]:
        """What the device holds for set-point ``index`` of ``setpoints``."""
        row = self._commanded[index]
        with self.session:
            value, _ = row.value((yield from self._items(Block((row,)))))
        self._in_force[row.name] = value
        return value

    # --- inside ----------------------------------------------------------------------------------------------------

    def _items(self, block: Block) -> Operation[Sequence[int]]:
        return _items(block, (yield from self._client.ask(_request(block))))

    def _check(self, items: Sequence[int]) -> dict[str, str]:
        """``items``: all set-points; those that are known. Raises ``DeviceError`` for one that is not as it was
        written."""
        known = [row for row in self._commanded if not math.isnan(self._in_force[row.name])]
        raw = {row: self._outputs.raw_of(row, items) for row in known}
        return {row.name: f"{self._same(row, raw[row], self._in_force[row.name]):g}" for row in known}

    def _look_at_the_others(self, items: Sequence[int]) -> None:
        """Nobody asked them to change: whoever did it may do it again, so nothing is believed until a new set-up."""
        try:
            self._check(items)
        except DeviceError as error:
            self.session.poison(str(error))
            raise

    def _same(self, row: Register, raw: Sequence[int], wanted: float) -> float:
        got, quality = row.value(raw)
        if quality is not Quality.GOOD or not abs(got - wanted) <= row.resolution:
            told = f"{row.name} reads back {got:g} after {wanted:g} {row.unit} was written (F-46)"
            raise DeviceError(f"{self.part}: {told}; see who else drives it, then arm again")
        return got

    def _raw(self, row: Register, value: float) -> tuple[int, ...]:
        try:
            return row.raw(value)
        except ValueError as error:
            raise DeviceError(f"{self.part}: {error}; correct the set-point or the rig's limits") from error


def _request(block: Block) -> modbus.Request:
    return _READ[block.space](block.address, block.count)


def _items(block: Block, data: bytes) -> Sequence[int]:
    if block.space in (Space.COIL, Space.DISCRETE_INPUT):
        return modbus.unpack_bits(data, block.count)
    return modbus.unpack_words(data)


def _zeros(block: Block) -> modbus.Request:
    """All set-points of a block to zero at once."""
    if block.space is Space.COIL:
        return modbus.write_coils(block.address, [False] * block.count)
    return modbus.write_registers(block.address, [0] * block.count)
