"""The server's side of Modbus TCP, as the specification has it, on a register map.

Source: MODBUS Application Protocol V1.1b3, 6 and 7. A request that is not allowed is refused by an exception and
changes nothing; what is no Modbus at all is thrown away (Messaging on TCP/IP V1.0b, 3.1.3). Both are counted.
"""

import struct
from collections.abc import Callable, Mapping, Sequence

from bench.emulators.instruments.faults import MESSAGE_FAULTS, STATE_FAULTS, FaultScript
from bench.emulators.instruments.peer import Peer
from drivers.register_map import Kind, Register, RegisterMap, Space

_HEAD = struct.Struct("!HHHB")
_ILLEGAL_FUNCTION, _ILLEGAL_ADDRESS, _ILLEGAL_VALUE, _NO_TARGET = 1, 2, 3, 11
_ANY_UNIT = (0, 255)
"""What a server that is reached directly answers to beside its own number (Messaging V1.0b, 4.4.2)."""


class Refusal(Exception):
    """An exception response."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class ModbusPeer(Peer):
    """Base of emulated devices with registers. A subclass implements ``raw``, ``take`` and ``befall``."""

    known_faults = tuple(kind for kind in (*MESSAGE_FAULTS, *STATE_FAULTS, "restart") if kind != "bare_lf")
    """Each request has an answer, so there is no empty line to be sent."""

    def __init__(self, registers: RegisterMap, unit: int, delay_ns: int, faults: FaultScript | None = None) -> None:
        super().__init__(b"", faults)
        self.garbage = _HEAD.pack(0xFFFF, 0, 5, unit) + b"\x04\x02\x00\x00"  # an answer to a question nobody asked
        self._unit = unit
        self._delay_ns = delay_ns
        self._rows: Mapping[tuple[Space, int], Register] = {
            (row.space, row.address + n): row for row in registers for n in range(row.size)
        }
        self._functions: Mapping[int, Callable[[bytes, int], bytes]] = {
            1: lambda body, t_ns: self._read_bits(Space.COIL, body, t_ns),
            2: lambda body, t_ns: self._read_bits(Space.DISCRETE_INPUT, body, t_ns),
            3: lambda body, t_ns: self._read_words(Space.HOLDING_REGISTER, body, t_ns),
            4: lambda body, t_ns: self._read_words(Space.INPUT_REGISTER, body, t_ns),
            5: self._write_coil,
            6: self._write_register,
            15: self._write_coils,
            16: self._write_registers,
            23: self._read_write,
        }

    def raw(self, row: Register, t_ns: int) -> Sequence[int]:
        """The words (or the bit) of a row now."""
        raise AssertionError("a subclass knows its values")

    def take(self, row: Register, value: float, t_ns: int) -> None:
        """Obey a value inside the row's range."""
        raise AssertionError("a subclass obeys")

    # --- frames ----------------------------------------------------------------------------------------------------

    def whole(self, data: bytes) -> bool:
        """Whether ``data`` is one request and nothing else."""
        return len(data) > 7 and _length(data) == len(data)

    def cut(self, data: bytes) -> tuple[list[bytes], bytes]:
        """The requests in ``data``, and the beginning of the next one."""
        requests: list[bytes] = []
        while len(data) > 7:
            end = _length(data)
            if not end:
                self.unknown += 1
                return requests, b""
            if len(data) < end:
                break
            requests.append(data[:end])
            data = data[end:]
        return requests, data

    def handle(self, message: bytes, t_ns: int) -> None:
        """One request, one answer."""
        transaction, _, _, unit = _HEAD.unpack_from(message)
        function, body = message[7], message[8:]
        try:
            pdu = bytes((function,)) + self._answer(unit, function, body, t_ns)
        except Refusal as refusal:
            self.unknown += 1
            pdu = bytes((function | 0x80, refusal.code))
        self.reply(t_ns + self._delay_ns, _HEAD.pack(transaction, 0, len(pdu) + 1, unit) + pdu, t_ns)

    def _answer(self, unit: int, function: int, body: bytes, t_ns: int) -> bytes:
        if unit != self._unit and unit not in _ANY_UNIT:
            raise Refusal(_NO_TARGET)
        run = self._functions.get(function)
        if run is None:
            raise Refusal(_ILLEGAL_FUNCTION)
        return run(body, t_ns)

    # --- functions -------------------------------------------------------------------------------------------------

    def _read_bits(self, space: Space, body: bytes, t_ns: int) -> bytes:
        address, count = _numbers(body, 2)
        rows = self._found(space, address, count, 2000)
        data = bytearray(-(-count // 8))
        for n, row in enumerate(rows):
            data[n // 8] |= self.raw(row, t_ns)[0] << n % 8
        return bytes((len(data),)) + data

    def _read_words(self, space: Space, body: bytes, t_ns: int) -> bytes:
        address, count = _numbers(body, 2)
        return self._words(space, address, count, t_ns)

    def _words(self, space: Space, address: int, count: int, t_ns: int) -> bytes:
        rows = self._found(space, address, count, 125)
        words = [self.raw(row, t_ns)[address + n - row.address] for n, row in enumerate(rows)]
        return struct.pack(f"!B{count}H", 2 * count, *words)

    def _write_coil(self, body: bytes, t_ns: int) -> bytes:
        address, value = _numbers(body, 2)
        if value not in (0, 0xFF00):
            raise Refusal(_ILLEGAL_VALUE)
        (row,) = self._found(Space.COIL, address, 1, 1)
        self.take(row, float(value > 0), t_ns)
        return body

    def _write_coils(self, body: bytes, t_ns: int) -> bytes:
        address, count = _numbers(body[:4], 2)
        rows = self._found(Space.COIL, address, count, 1968)
        data = _counted(body[4:], -(-count // 8))
        for n, row in enumerate(rows):
            self.take(row, float(data[n // 8] >> n % 8 & 1), t_ns)
        return body[:4]

    def _write_register(self, body: bytes, t_ns: int) -> bytes:
        address, word = _numbers(body, 2)
        self._put(address, (word,), 1, t_ns)
        return body

    def _write_registers(self, body: bytes, t_ns: int) -> bytes:
        address, count = _numbers(body[:4], 2)
        data = _counted(body[4:], 2 * count)
        self._put(address, struct.unpack(f"!{count}H", data), 123, t_ns)
        return body[:4]

    def _read_write(self, body: bytes, t_ns: int) -> bytes:
        read_address, read_count, address, count = _numbers(body[:8], 4)
        self._found(Space.HOLDING_REGISTER, read_address, read_count, 125)
        data = _counted(body[8:], 2 * count)
        self._put(address, struct.unpack(f"!{count}H", data), 121, t_ns)
        return self._words(Space.HOLDING_REGISTER, read_address, read_count, t_ns)

    def _put(self, address: int, words: Sequence[int], count_max: int, t_ns: int) -> None:
        """All of them or none."""
        found = self._found(Space.HOLDING_REGISTER, address, len(words), count_max)
        held = {row: list(self.raw(row, t_ns)) for row in found}
        for n, row in enumerate(found):
            held[row][address + n - row.address] = words[n]
        values = {row: row.value(raw)[0] for row, raw in held.items()}
        if not all(row.low <= value <= row.high for row, value in values.items()):
            raise Refusal(_ILLEGAL_VALUE)
        for row, value in values.items():
            self.take(row, value, t_ns)

    def _found(self, space: Space, address: int, count: int, count_max: int) -> list[Register]:
        """The row at each of these addresses."""
        if not 1 <= count <= count_max:
            raise Refusal(_ILLEGAL_VALUE)
        try:
            return [self._rows[space, address + n] for n in range(count)]
        except KeyError:
            raise Refusal(_ILLEGAL_ADDRESS) from None


def words_of(row: Register, value: float) -> tuple[int, ...]:
    """The words of a measured value; a single may hold anything, also NaN."""
    if row.kind is not Kind.F32:
        return row.raw(value)
    words = struct.unpack("!HH", struct.pack("!f", value / row.scale))
    return words if row.high_word_first else words[::-1]


def _length(data: bytes) -> int:
    """How long the request is by its header; 0 if it is none."""
    _, protocol, count, _ = _HEAD.unpack_from(data)
    return 6 + count if protocol == 0 and 2 <= count <= 254 else 0


def _numbers(body: bytes, count: int) -> tuple[int, ...]:
    if len(body) != 2 * count:
        raise Refusal(_ILLEGAL_VALUE)
    return struct.unpack(f"!{count}H", body)


def _counted(body: bytes, count: int) -> bytes:
    """Data after its own byte count, which must be ``count``."""
    if len(body) != 1 + count or body[0] != count % 256:
        raise Refusal(_ILLEGAL_VALUE)
    return body[1:]
