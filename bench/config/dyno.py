"""A dynamometer of a rig file."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from bench.config.file_model import FileModel, Finding
from bench.config.instrument import Instrument
from bench.config.names import MNEMONIC_FORM
from bench.config.quantity import Number, SpeedRate, SpeedRpm, TorqueNm, Watts

Mnemonic = Annotated[str, Field(pattern=MNEMONIC_FORM)]


class Mnemonics(FileModel):
    """AK functions by use. Set-points and actual values are each maker's own; the defaults are the emulated drive's."""

    identity: Mnemonic = "AKEN"
    faults: Mnemonic = "ASTF"
    state: Mnemonic = "ASTZ"
    remote: Mnemonic = "SREM"
    free: Mnemonic = "STBY"
    hold: Mnemonic = "SHLD"
    values: Mnemonic = "AKON"
    set_speed: Mnemonic = "SSPD"
    speed_in_force: Mnemonic = "ASPD"
    set_watchdog: Mnemonic = "EWDG"
    watchdog_in_force: Mnemonic = "AWDG"


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

    torque_max: Annotated[TorqueNm, Field(gt=0)]
    speed_max: Annotated[SpeedRpm, Field(gt=0)]
    power_max: Annotated[Watts, Field(gt=0)]
    speed_rate_max: Annotated[SpeedRate, Field(gt=0)]
    sign: Literal[1, -1] = 1
    """-1: the machine counts backwards when the vehicle goes forward."""
    channel: Annotated[str, Field(pattern=r"^K[0-9]{1,2}$")] = "K0"
    mnemonics: Mnemonics = Mnemonics()
    shaft: Shaft

    def rules(self) -> Iterator[Finding]:
        yield from super().rules()
        lowest = self.power_max / (self.torque_max * 0.10471975511965977)
        if lowest > self.speed_max:
            yield ("power_max",), f"is reached only at {lowest:.0f} rpm, above speed_max; lower it"
