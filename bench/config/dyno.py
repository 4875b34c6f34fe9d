"""A dynamometer of a rig file."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from bench.config.file_model import Finding
from bench.config.instrument import Instrument
from bench.config.quantity import Number, SpeedRate, SpeedRpm, TorqueNm, Watts

Mnemonic = Annotated[str, Field(pattern=r"^[A-Z0-9]{4}$")]


class Dyno(Instrument):
    """A speed-controlled machine at one output shaft; four quadrants. Speeds are those of its own shaft."""

    torque_max: Annotated[TorqueNm, Field(gt=0)]
    speed_max: Annotated[SpeedRpm, Field(gt=0)]
    power_max: Annotated[Watts, Field(gt=0)]
    speed_rate_max: Annotated[SpeedRate, Field(gt=0)]
    sign: Literal[1, -1] = 1
    """-1: the machine counts backwards when the vehicle goes forward."""
    mnemonics: Annotated[dict[str, Mnemonic], Field(default_factory=dict)]
    """AK functions that are the maker's own (set-points, actual values), by use."""
    inertia_kg_m2: Annotated[Number, Field(gt=0)]
    """Of the machine with its coupling; for the plausibility of torques, and for the rig's virtual twin."""
    stiffness_nm_per_rad: Annotated[Number, Field(gt=0)]
    """Of the shaft between DUT and machine."""
    damping_nm_s_per_rad: Annotated[Number, Field(ge=0)]

    def rules(self) -> Iterator[Finding]:
        yield from super().rules()
        lowest = self.power_max / (self.torque_max * 0.10471975511965977)
        if lowest > self.speed_max:
            yield ("power_max",), f"is reached only at {lowest:.0f} rpm, above speed_max; lower it"
