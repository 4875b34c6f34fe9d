"""A dynamometer of a rig file."""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from bench.config.file_model import FileModel, Finding
from bench.config.instrument import Instrument
from bench.config.names import CHANNEL_FORM, MNEMONIC_FORM, Name
from bench.config.quantity import Number, Seconds, SpeedRate, SpeedRpm, TorqueNm, Watts

Mnemonic = Annotated[str, Field(pattern=MNEMONIC_FORM)]


class Mnemonics(FileModel):
    """A maker's own AK functions by use, where they are not the usual ones (reference page ``ak.md``)."""

    identity: Mnemonic | None = None
    state: Mnemonic | None = None
    faults: Mnemonic | None = None
    remote: Mnemonic | None = None
    manual: Mnemonic | None = None
    reset: Mnemonic | None = None
    free: Mnemonic | None = None
    hold: Mnemonic | None = None
    values: Mnemonic | None = None
    set_speed: Mnemonic | None = None
    speed_in_force: Mnemonic | None = None
    set_watchdog: Mnemonic | None = None
    watchdog_in_force: Mnemonic | None = None


class Shaft(FileModel):
    """The shaft from the DUT to the machine and the machine's speed control, for the rig's virtual twin.

    Field names are those of the plant's ``ShaftParameters``; the unit is last in the name.
    """

    stiffness_nm_per_rad: Annotated[Number, Field(gt=0)]
    damping_nm_s: Annotated[Number, Field(ge=0)]
    dyno_inertia_kg_m2: Annotated[Number, Field(gt=0)]
    dyno_bearing_nm_s: Annotated[Number, Field(ge=0)]
    control_p_nm_s: Annotated[Number, Field(gt=0)]
    control_i_nm: Annotated[Number, Field(ge=0)]


_OF_KIND: dict[str, tuple[str, ...]] = {
    "ak": ("channel", "mnemonics"),
    "brake": ("dialect", "display_unit", "full_torque_speed"),
    "can": (),
}
"""What only dynos of this kind have."""
_BRAKE_DRIVER = "magtrol_dsp"
_BRAKE_TIMEOUT_S = 1.0
_W_PER_NM_RPM = 0.10471975511965977


class Dyno(Instrument):
    """A speed-controlled machine at one output shaft. Speeds are those of its own shaft."""

    raw_socket: ClassVar[bool] = True

    kind: Literal["ak", "can", "brake"] = "ak"
    """``ak``: four quadrants, a link asks it over its ``resource``; ``can``: four quadrants, the core speaks to it, on
    the bus of role ``bench_io``; ``brake``: it only absorbs, a link asks it."""
    driver: Name = ""
    resource: str = ""
    poll: Annotated[Seconds, Field(gt=0, le=10)] = 0.01
    torque_max: Annotated[TorqueNm, Field(gt=0)]
    speed_max: Annotated[SpeedRpm, Field(gt=0)]
    power_max: Annotated[Watts, Field(gt=0)]
    speed_rate_max: Annotated[SpeedRate, Field(gt=0)]
    setpoint_period: Annotated[Seconds, Field(ge=0, le=1)] = 0.1
    """How often a speed that moves is written (``ak``; on CAN with each of its frames). Zero, and off, are written at
    once."""
    sign: Literal[1, -1] = 1
    """-1: the machine counts backwards when the vehicle goes forward."""
    channel: Annotated[str, Field(pattern=CHANNEL_FORM)] = "K0"
    """AK channel, K0 for the whole device; empty for a device that wants none."""
    mnemonics: Mnemonics = Mnemonics()
    dialect: Literal["7000", "6001"] = "7000"
    """Commands of Magtrol's DSP7000 or DSP6001."""
    display_unit: Literal["Nm", "mNm", "cNm", "kNm"] = "Nm"
    """In which the controller shows torque; it does not tell."""
    full_torque_speed: Annotated[SpeedRpm, Field(gt=0)] | None = None
    """Of a brake: below it, what it can absorb falls with the speed, to nothing at standstill."""
    shaft: Shaft

    def rules(self) -> Iterator[Finding]:
        yield from self._connection()
        for kind, names in _OF_KIND.items():
            for name in sorted(set(names) & self.model_fields_set) if kind != self.kind else ():
                yield (name,), f"a dyno of kind {self.kind!r} has no {name!r}; take it out"
        if self.kind == "brake":
            yield from self._brake()
        elif self.driver == _BRAKE_DRIVER:
            yield ("driver",), "this is a brake, which only absorbs; write 'kind: brake'"
        if self.watchdog is not None and self.timeout >= self.watchdog and self.kind == "ak":
            told = f"one lost answer would trip the drive; lower it below the watchdog's {self.watchdog:g} s"
            yield ("timeout",), told
        lowest = self.power_max / (self.torque_max * _W_PER_NM_RPM)
        if lowest > self.speed_max:
            yield ("power_max",), f"is reached only at {lowest:.0f} rpm, above speed_max; lower it"

    @property
    def absorbing(self) -> bool:
        """Whether it can only take energy out of the shaft."""
        return self.kind == "brake"

    def torque_at(self, speed_rpm: float) -> float:
        """What it can hold at a speed of its shaft, Nm."""
        return held_torque(self.torque_max, self.power_max, self.full_torque_speed or 0.0, speed_rpm)

    def _brake(self) -> Iterator[Finding]:
        if self.full_torque_speed is None:
            yield (), "'full_torque_speed' is missing; add it from the brake's data sheet"
        if self.watchdog is not None:
            yield ("watchdog",), "the controller has none that could be set; take it out"
        if self.serial:
            yield ("serial",), "the controller does not tell one; take it out"
        if self.timeout < _BRAKE_TIMEOUT_S:
            yield ("timeout",), "the controller wants 1 s at least (DSP7000 p.74); raise it"

    def _connection(self) -> Iterator[Finding]:
        if self.kind == "can":
            for name in sorted({"driver", "resource", "poll"} & self.model_fields_set):
                yield (name,), f"a dyno of kind 'can' has no {name!r}: its frames are in the database; take it out"
            return
        for name in ("driver", "resource", "poll"):
            if name not in self.model_fields_set:
                yield (), f"{name!r} is missing; add it, or write 'kind: can'"
        if self.resource:
            yield from super().rules()


def held_torque(torque_max_nm: float, power_max_w: float, full_rpm: float, speed_rpm: float) -> float:
    """What a dyno holds at a speed of its shaft, Nm; below ``full_rpm`` (0: none) a brake's falls with the speed."""
    rising = min(1.0, abs(speed_rpm) / full_rpm) if full_rpm else 1.0
    return min(torque_max_nm * rising, power_max_w / max(abs(speed_rpm) * _W_PER_NM_RPM, 1e-9))
