"""A speed-controlled four-quadrant dynamometer behind an AK host interface. Not yet tested on hardware.

AK fixes the telegram and a few functions; set-point mnemonics and the layout of values are each maker's own. So all of
them are settings, and the defaults are those of the bench's emulated drive (``unverified`` for any real one).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.base.errors import DeviceError
from bench.base.ports import Identity
from bench.base.quality import Quality
from bench.base.time import NS_PER_MS
from bench.schedule.requests import Exchange, Operation
from drivers import ak, scpi
from drivers.grammar import GrammarError
from drivers.printed import fixed
from drivers.readout import OneReadout, Readout, read
from drivers.session import Expected, Session
from drivers.usual import Digit, Number, Round, Usual, Write, form, taken


@dataclass(frozen=True, slots=True)
class AkDynoSettings:
    """``sign`` is -1 where the drive counts forward as negative; the bench's signs are then turned at this edge.

    ``channel`` is empty for a device that wants none; ``codes``: the maker's own mnemonics by use (``ak.mnemonics``).
    """

    sign: int = 1
    speed_max_rpm: float = 3000.0
    tolerance_rpm: float = 0.1
    watchdog_ms: int = 500  # inverter < dyno < supply
    latency_ms: float = 2.0
    timeout_ms: int = 250
    expected: Expected = field(default_factory=Expected)
    channel: str = "K0"
    codes: Mapping[str, str | None] = field(default_factory=dict)


OFF, HOLDING, FAULT, MANUAL, RESTARTED = 0.0, 1.0, 2.0, 3.0, 4.0
"""The channel ``state``: the first four are the drive's own, ``RESTARTED`` is concluded from a lost set-up."""
_DECIMALS, _HERE = 2, "@"
_SETTING = re.compile(rb"[+-]?[0-9]+(?:\.[0-9]+)?")


class AkDyno(OneReadout):
    """Driver: ``read`` gives speed (rpm), torque (Nm, the drive's own estimate) and state as ``INBOX`` records."""

    tested_on_hardware = False
    commands = ak.FUNCTIONS

    def __init__(self, part: str, settings: AkDynoSettings | None = None) -> None:
        self.part = part
        self.settings = settings or AkDynoSettings()
        self.session = Session(part, self.settings.expected)
        self.readout = Readout([f"{part}.{q}" for q in ("speed", "torque", "state")])
        self.setpoints = (f"{part}.speed_cmd", f"{part}.enable_cmd")
        self._age_ns = round(self.settings.latency_ms * NS_PER_MS)
        self._timeout_ns = self.settings.timeout_ms * NS_PER_MS
        self._sign = float(self.settings.sign)
        self._codes = ak.mnemonics(self.settings.codes)
        self._restarted = False
        values = self._codes["values"]
        self._values = Exchange(ak.telegram(values, channel=self.settings.channel), "ak", self._timeout_ns)
        # error status 0 and three plain numbers; anything else goes through the full grammar
        shape = form(
            b"\x02 " + values.encode() + b" 0 ", Number(0, self._sign), b" ", Number(1, self._sign), b" ",
            Digit(2, most=int(MANUAL)), b"\x03",
        )  # fmt: skip
        self._usual = Usual(self._values, shape, self.readout.records, self._age_ns)
        self._round = Round((self._usual,), write=self._write_of_speed())
        self._as_usual = False

    @classmethod
    def from_rig(cls, part: str, rig: Mapping[str, Any]) -> "AkDyno":
        """The driver for one dyno of a rig file, given as plain mappings."""
        section = rig["dynos"][part]
        return cls(
            part,
            AkDynoSettings(
                sign=section["sign"],
                speed_max_rpm=section["speed_max"],
                watchdog_ms=round((section["watchdog"] or 0.0) * 1e3),
                timeout_ms=round(section["timeout"] * 1e3),
                expected=Expected.of_rig(section),
                channel=section["channel"],
                codes=section["mnemonics"],
            ),
        )

    # --- questions -------------------------------------------------------------------------------------------------

    def identify(self) -> Operation[Identity]:
        """Maker, model, serial and firmware as the drive tells them. Raises ``DeviceError`` if it is another one."""
        with self.session:
            reply = yield from self._ask("identity")
            fields = b" ".join(reply.fields).decode().split(",")
            if len(fields) != 4:
                raise DeviceError(f"{self.part}: identity {fields} is not maker,model,serial,firmware")
            return self.session.meet(Identity(*fields))

    def set_up(self) -> Operation[Mapping[str, str]]:
        """Remote control, running free, speed zero, own watchdog; all read back. Raises ``DeviceError``."""
        with self.session:
            yield from self._obey("remote")
            yield from self._obey("free")
            yield from self._obey("set_watchdog", str(self.settings.watchdog_ms))
        self._restarted = False
        yield from self.set_speed(0.0)
        in_force, problems = yield from self._look()
        if problems:
            raise DeviceError(f"{self.part}: {'; '.join(problems)}; then arm again")
        return in_force

    def verify(self) -> Operation[Mapping[str, str]]:
        """The set-up in force. What is wrong with it shows in the state of each reading from now on, so that the core
        stops at once and knows why (F-39, F-48); after a restart nothing that energises is written until ``set_up``."""
        in_force, _ = yield from self._look()
        self._as_usual = False
        self._restarted = in_force[self._codes["watchdog_in_force"]] != str(self.settings.watchdog_ms)
        return in_force

    def read(self) -> Operation[NDArray[np.void]]:
        """One reading, see ``take``."""
        return read(self)

    def question(self) -> Exchange:
        """Speed, torque and state in one telegram."""
        return self._values

    def take(self, reply: bytes, arrived_ns: int) -> NDArray[np.void]:
        """Fresh ``INBOX`` records (the driver's own array: post it before the next read). Raises ``GrammarError``."""
        self._as_usual = not self._restarted and taken(reply, self._usual, arrived_ns)
        return self.readout.records if self._as_usual else self._take_slowly(reply, arrived_ns)

    def usual(self) -> Round | None:
        """The question for values, as long as the last answer was usual."""
        return self._round if self._as_usual else None

    # --- set-points ------------------------------------------------------------------------------------------------

    def write(self, index: int, value: float) -> Operation[None]:
        """Obey set-point ``index`` of ``setpoints``. Raises ``DeviceError`` if the drive does not follow."""
        if self._restarted and self.energises(index, value):
            raise DeviceError(f"{self.part}: was restarted and has lost its set-up; arm again (F-39)")
        yield from self.set_speed(value) if index == 0 else self.set_enable(value > 0.5)

    def energises(self, index: int, value: float) -> bool:
        """Whether this write could bring energy in, so that it must not be repeated after a failure."""
        return value != 0.0

    def in_force(self, index: int) -> Operation[float]:
        """What the drive holds for set-point ``index`` of ``setpoints``."""
        if index == 1:
            yield from self.read()
            return float(self.readout.values[2] == HOLDING)
        with self.session:
            return _setting((yield from self._ask("speed_in_force"))) * self._sign

    def set_speed(self, speed_rpm: float) -> Operation[None]:
        """Set the speed to hold in rpm, read back."""
        if not abs(speed_rpm) <= self.settings.speed_max_rpm:
            raise DeviceError(f"{self.part}: {speed_rpm:g} rpm is beyond {self.settings.speed_max_rpm:g} rpm")
        wanted = speed_rpm * self._sign
        with self.session:
            yield from self._obey("set_speed", fixed(wanted, _DECIMALS))
            in_force = _setting((yield from self._ask("speed_in_force")))
            if not abs(in_force - wanted) <= self.settings.tolerance_rpm:
                raise DeviceError(f"{self.part}: speed set-point reads back {in_force:g} after {wanted:g} rpm (F-46)")

    def set_enable(self, on: bool) -> Operation[None]:
        """Hold speed (on) or run free (off)."""
        with self.session:
            yield from self._obey("hold" if on else "free")

    def _write_of_speed(self) -> Write:
        """What ``set_speed`` says and hears when all is well."""
        settings, write, check = self.settings, self._codes["set_speed"], self._codes["speed_in_force"]
        before, _, after = ak.telegram(write, _HERE, settings.channel).partition(_HERE.encode())
        told_before, _, told_after = ak.acknowledge(check.encode(), 0, _HERE.encode()).partition(_HERE.encode())
        return Write(
            0, self._sign, settings.speed_max_rpm, _DECIMALS, settings.tolerance_rpm,
            before, after, ak.acknowledge(write.encode(), 0),
            ak.telegram(check, channel=settings.channel), (told_before, told_after),
        )  # fmt: skip

    # --- inside ----------------------------------------------------------------------------------------------------

    def _look(self) -> Operation[tuple[dict[str, str], list[str]]]:
        """The set-up in force by mnemonic, and what is wrong with it."""
        codes, problems = self._codes, []
        with self.session:
            control = (yield from self._ask("state")).fields[:1]
            faults = yield from self._ask("faults")
            watchdog = _setting((yield from self._ask("watchdog_in_force")))
        if control != (b"SREM",):
            problems.append(f"not under remote control ({_text(control)}); switch it over")
        if faults.error or faults.fields not in ((), (b"0",)):
            problems.append(f"error status {faults.error}, errors {_text(faults.fields)}; clear them at the drive")
        if watchdog != self.settings.watchdog_ms:
            problems.append(f"watchdog is {watchdog:g} ms, not {self.settings.watchdog_ms}")
        return {codes["state"]: _text(control), codes["watchdog_in_force"]: f"{watchdog:g}"}, problems

    def _ask(self, use: str, data: str = "") -> Operation[ak.AkReply]:
        code = self._codes[use]
        reply = yield Exchange(ak.telegram(code, data, self.settings.channel), "ak", self._timeout_ns)
        answer = ak.parse(reply, code.encode("ascii"))
        if answer.refusal:
            raise DeviceError(f"{self.part}: {' '.join((code, data)).rstrip()} was refused: {answer.refusal}")
        return answer

    def _obey(self, use: str, data: str = "") -> Operation[None]:
        reply = yield from self._ask(use, data)
        if reply.fields:
            raise DeviceError(f"{self.part}: {self._codes[use]} was answered with {_text(reply.fields)}")

    def _take_slowly(self, reply: bytes, arrived_ns: int) -> NDArray[np.void]:
        answer = ak.parse(reply, self._codes["values"].encode("ascii"))
        if answer.refusal:
            raise DeviceError(f"{self.part}: values were refused: {answer.refusal}")
        if len(answer.fields) != 3:
            raise GrammarError("speed, torque and state", reply)
        out = self.readout
        for i in (0, 1):
            value, quality = _value(answer.fields[i])
            out.values[i], out.qualities[i] = value * self._sign, quality
        out.values[2], out.qualities[2] = _value(answer.fields[2])
        if answer.error or self._restarted:
            out.values[2], out.qualities[2] = RESTARTED if self._restarted else FAULT, Quality.GOOD
        out.times[:] = arrived_ns - self._age_ns
        return out.records


def _value(text: bytes) -> tuple[float, Quality]:
    if text == b"#":  # a defect channel
        return float("nan"), Quality.NOT_A_NUMBER
    return scpi.number(text)


def _setting(reply: ak.AkReply) -> float:
    if len(reply.fields) != 1 or _SETTING.fullmatch(reply.fields[0]) is None:
        raise GrammarError("one number", b" ".join(reply.fields))
    return float(reply.fields[0])


def _text(fields: tuple[bytes, ...]) -> str:
    return b" ".join(fields).decode("ascii")
