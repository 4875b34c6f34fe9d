"""A dynamometer of a rig file."""

from collections.abc import Iterator
from typing import Annotated, Literal

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


class Dyno(Instrument):
    """A speed-controlled machine at one output shaft; four quadrants. Speeds are those of its own shaft."""

    kind: Literal["ak", "can"] = "ak"
    """``ak``: a link asks it over its ``resource``; ``can``: the core speaks to it, on the bus of role ``bench_io``."""
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
    shaft: Shaft

    def rules(self) -> Iterator[Finding]:
        yield from self._connection()
        if self.watchdog is not None and self.timeout >= self.watchdog and self.kind != "can":
            yield (
                ("timeout",),
                f"one lost answer would trip the drive; lower it below the watchdog's {self.watchdog:g} s",
            )
        lowest = self.power_max / (self.torque_max * 0.10471975511965977)
        if lowest > self.speed_max:
            yield ("power_max",), f"is reached only at {lowest:.0f} rpm, above speed_max; lower it"

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
