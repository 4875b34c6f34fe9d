"""Keysight DAQ970A data acquisition unit (34970A/34972A family), reading thermocouples. Not yet tested on hardware.

Source: see its command table. Each reading comes with the number of its input, so a scan list that somebody changed is
noticed and no value is taken for another's. An open thermocouple reads 9.9E+37: a quality, never a temperature. The
search for broken wires costs a second measurement of each input, so half the multiplexer's rate (unverified).
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.base.errors import DeviceError
from bench.base.ports import Identity
from bench.base.quality import Quality
from bench.base.reading import Reading
from bench.base.time import NS_PER_MS, NS_PER_S
from bench.schedule.requests import Exchange, Operation
from drivers import scpi
from drivers.grammar import GrammarError
from drivers.readout import OneReadout, Readout, read
from drivers.scanners.keysight_daq970a_commands import TABLE
from drivers.scanners.settings import ScannerSettings, settings_of_rig
from drivers.session import Session
from drivers.usual import Number, Piece, Round, Usual, form, taken

_ERRORS_MAX = 24
_NPLC = 0.02  # the shortest: with it the multiplexer reaches its rate
_CONFIGURED = ("function", "transducer", "thermocouple")  # by CONFigure
_MODELS = re.compile(r"(?:KEYSIGHT|AGILENT|HEWLETT).*,\s*(?:DAQ97[03]A|3497[02]A)")

Row = tuple[str, str, bytes]
"""Of the set-up: name in the table, argument as written, and what the answer must be."""


class KeysightDaq970a(OneReadout):
    """Driver: one scan a reading; then ``open``, how many inputs had no value."""

    tested_on_hardware = False
    commands = TABLE.commands
    setpoints: tuple[str, ...] = ()

    def __init__(self, part: str = "scanner", settings: ScannerSettings | None = None) -> None:
        self.part = part
        self.settings = s = settings or ScannerSettings()
        self._wired = sorted(s.thermocouples, key=lambda found: found.input)  # as it scans (UM p.228)
        self.scan_ns = round(2 * len(self._wired) / s.rate_hz * NS_PER_S)
        if problem := next(self._problems(), ""):
            raise ValueError(f"Keysight DAQ970A: {problem}")
        self.session = Session(part, s.expected)
        self.readout = Readout([*(f"{part}.{found.name}_temp" for found in self._wired), f"{part}.open"])
        self._age_ns = round(s.latency_ms * NS_PER_MS) + self.scan_ns // 2
        self._numbers = [str(found.input).encode() for found in self._wired]
        self._read = Exchange(TABLE.question("read"), "line", self.scan_ns + s.timeout_ms * NS_PER_MS)
        shape = form(*self._scan_of(), b"\n")
        self._usual = Usual(self._read, shape, self.readout.records, self._age_ns)
        self._as_usual = False

    @classmethod
    def from_rig(cls, part: str, rig: Mapping[str, Any]) -> "KeysightDaq970a":
        """The driver for the scanner of a rig file, given as plain mappings. Raises ``ValueError`` for what it cannot
        do."""
        return cls(part, settings_of_rig(rig["scanner"]))

    def _problems(self) -> Iterator[str]:
        """What these settings ask for that it cannot do."""
        for found in self._wired:
            if not (1 <= found.input // 100 <= 3 and 1 <= found.input % 100 <= 40):
                yield f"has no input {found.input} ({found.name}); slots are 1 to 3, such as 101 to 120"
        scan_ms = self.scan_ns / NS_PER_MS + self.settings.latency_ms
        if scan_ms >= self.settings.poll_ms:
            told = f"needs {scan_ms:.0f} ms for {len(self._wired)} inputs, poll is {self.settings.poll_ms:g} ms"
            yield f"{told}; poll less often"

    # --- questions -------------------------------------------------------------------------------------------------

    def identify(self) -> Operation[Identity]:
        """Raises ``DeviceError`` if none of this family answers, or another one than before."""
        with self.session:
            identity = scpi.identity((yield Exchange(TABLE.question("identity"))))
            if _MODELS.match(f"{identity.maker},{identity.model}".upper()) is None:
                told = f"{identity} is no Keysight DAQ970A"
                raise DeviceError(f"{self.part}: {told}; correct the resource in the rig file")
            return self.session.meet(identity)

    def set_up(self) -> Operation[Mapping[str, str]]:
        """Sensors, units, scan list and form of the answers, then ``verify``; the set-up in force."""
        with self.session:
            yield Exchange(TABLE.message(TABLE.header("abort")), "")
            yield from self._no_errors("")
            for kind in dict.fromkeys(found.type for found in self._wired):
                inputs = _list(found.input for found in self._wired if found.type == kind)
                yield from self._write("configure", f"TC,{kind},{inputs}")
            for name, argument, _ in self._rows():
                if name not in _CONFIGURED:
                    yield from self._write(name, argument)
            yield from self._no_errors("the set-up")
        return (yield from self.verify())

    def verify(self) -> Operation[Mapping[str, str]]:
        """Read every item of the set-up back (F-39). Raises ``DeviceError`` that names the item."""
        in_force: dict[str, str] = {}
        with self.session:
            for name, argument, wanted in self._rows():
                answer = yield from self._ask(name, argument)
                header = TABLE.header(name)
                in_force[header] = answer.decode("ascii", "replace")
                if not _same(wanted, answer):
                    told = f"{header} is {in_force[header]}, not {wanted.decode()}"
                    raise DeviceError(f"{self.part}: {told}; arm again to set it up")
        return in_force

    def read(self) -> Operation[tuple[Reading, ...]]:
        """One scan by itself. Raises ``LinkError`` or ``GrammarError``; both poison the session."""
        yield from read(self)
        return tuple(self.readout.readings()[:-1])

    def question(self) -> Exchange:
        """One scan."""
        return self._read

    def take(self, reply: bytes, arrived_ns: int) -> NDArray[np.void]:
        """A scan as ``INBOX`` records (the driver's own array: post it before the next read); ``t_ns`` is its middle.

        Raises ``GrammarError``.
        """
        self._as_usual = taken(reply, self._usual, arrived_ns)
        if not self._as_usual:
            return self._take_slowly(reply, arrived_ns)
        self.readout.values[-1], self.readout.qualities[-1] = 0.0, 0
        return self.readout.records

    def usual(self) -> Round | None:
        """A scan, as long as no input was without a value."""
        return Round((self._usual,)) if self._as_usual else None

    def _scan_of(self) -> Iterator[Piece]:
        """Readings with the numbers of their inputs."""
        for place, number in enumerate(self._numbers):
            yield Number(place)
            yield b"," + number + b"," * (place + 1 < len(self._numbers))

    def _take_slowly(self, reply: bytes, arrived_ns: int) -> NDArray[np.void]:
        fields, out = scpi.line(reply).split(b","), self.readout
        if fields[1::2] != self._numbers or len(fields) != 2 * len(self._numbers):
            raise GrammarError(f"readings of the inputs {b', '.join(self._numbers).decode()}", reply)
        found = [scpi.number(field) for field in fields[::2]]
        missing = sum(quality is not Quality.GOOD for _, quality in found)
        out.values[:] = [*(value for value, _ in found), missing]
        out.qualities[:] = [*(quality for _, quality in found), Quality.GOOD]
        out.times[:] = arrived_ns - self._age_ns
        return out.records

    # --- set-up ----------------------------------------------------------------------------------------------------

    def _rows(self) -> Iterator[Row]:
        every = _list(found.input for found in self._wired)

        def each(value: str) -> bytes:
            return ",".join([value] * len(self._wired)).encode()

        types = ",".join(found.type for found in self._wired)
        yield "function", f'"TEMP",{every}', each('"TEMP"')
        yield "transducer", f"TC,{every}", each("TC")
        yield "thermocouple", f"{types},{every}", types.encode()
        yield "junction", f"INT,{every}", each("INT")
        yield "check", f"ON,{every}", each("1")
        yield "integration", f"{_NPLC},{every}", each(f"{_NPLC}")
        yield "unit", f"C,{every}", each("C")
        yield "scan", every, every.encode()
        yield "trigger", "IMM", b"IMM"
        yield "count", "1", b"1"
        yield "with_channel", "ON", b"1"
        yield "with_unit", "OFF", b"0"
        yield "with_time", "OFF", b"0"
        yield "with_alarm", "OFF", b"0"

    def _ask(self, name: str, argument: str) -> Operation[bytes]:
        """What is in force; per input where ``argument`` names inputs."""
        if name == "scan":
            return scpi.block((yield Exchange(TABLE.question(name), "block")))
        _, comma, inputs = argument.partition(",(")
        question = f"{TABLE.header(name)}? ({inputs}" if comma else f"{TABLE.header(name)}?"
        return scpi.line((yield Exchange(TABLE.message(question))))

    def _write(self, name: str, argument: str) -> Operation[None]:
        yield Exchange(TABLE.message(f"{TABLE.header(name)} {argument}"), "")

    def _no_errors(self, what: str) -> Operation[None]:
        """Empty the error queue; ``what`` must have caused none (empty: others have)."""
        for _ in range(_ERRORS_MAX):
            code, text = scpi.error_entry(scpi.line((yield Exchange(TABLE.question("error")))))
            if code == 0:
                return
            if what:
                raise DeviceError(f"{self.part}: error {code} {text!r} after writing {what}; look at its inputs")
        raise DeviceError(f"{self.part}: the error queue does not run empty")


def _list(inputs: Iterator[int]) -> str:
    return f"(@{','.join(map(str, inputs))})"


def _same(wanted: bytes, answer: bytes) -> bool:
    """Whether an answer means what was written: texts are equal, numbers have the same value."""
    if wanted.startswith(b"("):
        return wanted == answer
    pairs = list(zip(wanted.split(b","), answer.split(b","), strict=False))
    return wanted.count(b",") == answer.count(b",") and all(_same_field(w, a.strip()) for w, a in pairs)


def _same_field(wanted: bytes, answer: bytes) -> bool:
    if wanted == answer:
        return True
    try:
        return scpi.finite(wanted) == scpi.finite(answer)
    except GrammarError:
        return False
