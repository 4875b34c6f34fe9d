"""Modbus TCP, the client's side: header, function codes, exceptions, and what binds an answer to its question.

Sources: MODBUS Application Protocol Specification V1.1b3 (functions: 6, exceptions: 7); MODBUS Messaging on TCP/IP
Implementation Guide V1.0b (header: 3.1.3). Addresses count from 0, as on the wire; manuals often count from 1.
"""

import struct
from collections.abc import Sequence
from typing import NamedTuple

from bench.base.errors import DeviceError
from bench.schedule.requests import Exchange, Operation
from drivers.grammar import GrammarError

READ_COILS, READ_DISCRETE_INPUTS, READ_HOLDING_REGISTERS, READ_INPUT_REGISTERS = 1, 2, 3, 4
WRITE_COIL, WRITE_REGISTER, WRITE_COILS, WRITE_REGISTERS, READ_WRITE_REGISTERS = 5, 6, 15, 16, 23

BITS_READ_MAX, WORDS_READ_MAX = 2000, 125  # 6.1 to 6.4
BITS_WRITTEN_MAX, WORDS_WRITTEN_MAX, WORDS_EXCHANGED_MAX = 1968, 123, 121  # 6.11, 6.12, 6.17
ON, OFF = 0xFF00, 0x0000  # 6.5

EXCEPTIONS = {
    1: "illegal function",
    2: "illegal data address",
    3: "illegal data value",
    4: "server device failure",
    5: "acknowledge: it takes long",
    6: "server device busy",
    8: "memory parity error",
    10: "gateway path unavailable",
    11: "gateway target device failed to respond",
}
"""Exception codes (7)."""

_HEADER = struct.Struct("!HHHB")  # transaction, protocol (0), bytes that follow, unit
_ADU_MIN, _ADU_MAX = 9, 260
_EXCEPTION = 0x80


class ModbusException(DeviceError):
    """The device refuses a request in good order; ``code`` is one of ``EXCEPTIONS``."""

    def __init__(self, request: "Request", code: int) -> None:
        super().__init__(
            f"function {request.function} at address {request.address} was refused: {code} {EXCEPTIONS[code]!r}"
        )
        self.code = code


class Request(NamedTuple):
    """One request: the PDU, and how many bytes of data its answer brings (-1: it repeats ``echo``)."""

    function: int
    address: int
    body: bytes
    data_bytes: int
    echo: bytes = b""

    def data_of(self, pdu: bytes) -> bytes:
        """The data of the answer ``pdu``. Raises ``ModbusException`` for a refusal, ``GrammarError`` for another's."""
        if len(pdu) == 2 and pdu[0] == self.function | _EXCEPTION and pdu[1] in EXCEPTIONS:
            raise ModbusException(self, pdu[1])
        if self.data_bytes < 0:
            if pdu != bytes((self.function,)) + self.echo:
                raise GrammarError(f"function {self.function} and what was written, repeated", pdu)
            return b""
        if pdu[:2] != bytes((self.function, self.data_bytes)) or len(pdu) != 2 + self.data_bytes:
            raise GrammarError(f"function {self.function} and {self.data_bytes} bytes", pdu)
        return pdu[2:]


def read_coils(address: int, count: int) -> Request:
    """``count`` outputs of one bit (6.1)."""
    return _read_bits(READ_COILS, address, count)


def read_discrete_inputs(address: int, count: int) -> Request:
    """``count`` inputs of one bit (6.2)."""
    return _read_bits(READ_DISCRETE_INPUTS, address, count)


def read_holding_registers(address: int, count: int) -> Request:
    """``count`` words that can be written too (6.3)."""
    return _read_words(READ_HOLDING_REGISTERS, address, count)


def read_input_registers(address: int, count: int) -> Request:
    """``count`` words that can be read only (6.4)."""
    return _read_words(READ_INPUT_REGISTERS, address, count)


def write_coil(address: int, on: bool) -> Request:
    """One output (6.5)."""
    _check(address, 1, 1)
    body = struct.pack("!HH", address, ON if on else OFF)
    return Request(WRITE_COIL, address, body, -1, body)


def write_register(address: int, word: int) -> Request:
    """One word (6.6)."""
    _check(address, 1, 1)
    body = struct.pack("!H", address) + _packed((word,))
    return Request(WRITE_REGISTER, address, body, -1, body)


def write_coils(address: int, bits: Sequence[bool]) -> Request:
    """Several outputs (6.11)."""
    _check(address, len(bits), BITS_WRITTEN_MAX)
    head, data = struct.pack("!HH", address, len(bits)), pack_bits(bits)
    return Request(WRITE_COILS, address, head + bytes((len(data),)) + data, -1, head)


def write_registers(address: int, words: Sequence[int]) -> Request:
    """Several words (6.12)."""
    _check(address, len(words), WORDS_WRITTEN_MAX)
    head, data = struct.pack("!HH", address, len(words)), _packed(words)
    return Request(WRITE_REGISTERS, address, head + bytes((len(data),)) + data, -1, head)


def read_write_registers(address: int, count: int, write_address: int, words: Sequence[int]) -> Request:
    """Write ``words`` first, then read ``count`` words at ``address`` (6.17): a set-point and its read-back in one."""
    _check(address, count, WORDS_READ_MAX)
    _check(write_address, len(words), WORDS_EXCHANGED_MAX)
    data = _packed(words)
    body = struct.pack("!HHHHB", address, count, write_address, len(words), len(data)) + data
    return Request(READ_WRITE_REGISTERS, address, body, 2 * count)


def pack_bits(bits: Sequence[bool]) -> bytes:
    """Eight to a byte, the first lowest; what is left is zero."""
    data = bytearray(-(-len(bits) // 8))
    for n, bit in enumerate(bits):
        data[n // 8] |= bool(bit) << n % 8
    return bytes(data)


def unpack_bits(data: bytes, count: int) -> list[bool]:
    """The first ``count`` bits of ``data``."""
    return [bool(data[n // 8] >> n % 8 & 1) for n in range(count)]


def unpack_words(data: bytes) -> tuple[int, ...]:
    """Words of 16 bits, the high byte first."""
    return struct.unpack(f"!{len(data) // 2}H", data)


def words_as_bytes(words: Sequence[int]) -> bytes:
    """Words as they are on the wire."""
    return _packed(words)


def adu(transaction: int, unit: int, request: Request) -> bytes:
    """``request`` as it goes over TCP."""
    return _HEADER.pack(transaction, 0, len(request.body) + 2, unit) + bytes((request.function,)) + request.body


def answer_of(reply: bytes, transaction: int, unit: int, request: Request) -> bytes:
    """The data of ``reply`` as the answer to exactly this request.

    Raises ``ModbusException`` for a refusal; ``GrammarError`` for another transaction, protocol, unit, function,
    length or byte count: then it may belong to another question.
    """
    head = _HEADER.pack(transaction, 0, len(reply) - 6, unit) if _ADU_MIN <= len(reply) <= _ADU_MAX else b""
    if not head or not reply.startswith(head):
        raise GrammarError(f"the answer to transaction {transaction} by unit {unit}", reply)
    return request.data_of(reply[7:])


class ModbusClient:
    """Numbers the questions to one ``unit``, and takes no answer but that to the question asked last."""

    __slots__ = ("_asked", "_timeout_ns", "_transaction", "_unit")

    def __init__(self, unit: int, timeout_ns: int) -> None:
        if not 0 <= unit <= 255:
            raise ValueError(f"unit identifiers go from 0 to 255, not {unit}")
        self._unit = unit
        self._timeout_ns = timeout_ns
        self._transaction = 0
        self._asked: Request | None = None

    def question(self, request: Request) -> Exchange:
        """``request`` with the next number."""
        self._transaction, self._asked = self._transaction % 0xFFFF + 1, request
        return Exchange(adu(self._transaction, self._unit, request), "modbus", self._timeout_ns)

    def answer(self, reply: bytes) -> bytes:
        """The data of the answer to the last question, once. Raises what ``answer_of`` raises."""
        asked, self._asked = self._asked, None
        if asked is None:
            raise GrammarError("an answer to a question; none was asked", reply)
        return answer_of(reply, self._transaction, self._unit, asked)

    def ask(self, request: Request) -> Operation[bytes]:
        """The data of the answer. Raises what ``answer_of`` raises, and ``LinkError``."""
        reply = yield self.question(request)
        return self.answer(reply)


def _read_bits(function: int, address: int, count: int) -> Request:
    _check(address, count, BITS_READ_MAX)
    return Request(function, address, struct.pack("!HH", address, count), -(-count // 8))


def _read_words(function: int, address: int, count: int) -> Request:
    _check(address, count, WORDS_READ_MAX)
    return Request(function, address, struct.pack("!HH", address, count), 2 * count)


def _packed(words: Sequence[int]) -> bytes:
    if not all(0 <= word <= 0xFFFF for word in words):
        raise ValueError(f"words have 16 bits, not {list(words)}")
    return struct.pack(f"!{len(words)}H", *words)


def _check(address: int, count: int, count_max: int) -> None:
    if not (1 <= count <= count_max and address >= 0 and address + count <= 0x10000):
        raise ValueError(f"{count} items at address {address}: 1 to {count_max} inside 0 to 65535 can be asked for")
