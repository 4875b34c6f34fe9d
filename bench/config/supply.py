"""The DC supply of a rig file."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from bench.config.file_model import FileModel, Finding
from bench.config.instrument import Instrument
from bench.config.quantity import Amperes, Number, Seconds, VoltRate, Volts, Watts


class Precharge(FileModel):
    """How the DC link is charged: the supply ramps with contactors closed and its current limited."""

    kind: Literal["supply_ramp"]
    rate: Annotated[VoltRate, Field(gt=0)]
    current: Annotated[Amperes, Field(gt=0)]
    timeout: Annotated[Seconds, Field(gt=0)]


class SupplyProtection(FileModel):
    """Thresholds in the supply itself, read back at arming."""

    over_voltage: Annotated[Volts, Field(gt=0)]
    over_current: Annotated[Amperes, Field(gt=0)]
    over_power: Annotated[Watts, Field(gt=0)]


class Source(FileModel):
    """The source up to the DUT's terminals, for the rig's virtual twin; names as in ``SourceParameters``."""

    source_resistance_ohm: Annotated[Number, Field(ge=0)]
    cable_resistance_ohm: Annotated[Number, Field(ge=0)]
    output_bleeder_s: Annotated[Number, Field(ge=0)]
    discharge_time_s: Annotated[Number, Field(gt=0)]


class Supply(Instrument):
    """A bidirectional DC source; ``units`` of ``model`` in parallel make up the ratings."""

    units: Annotated[int, Field(ge=1, le=64)] = 1
    voltage_max: Annotated[Volts, Field(gt=0)]
    current_max: Annotated[Amperes, Field(gt=0)]
    power_max: Annotated[Watts, Field(gt=0)]
    sink_power_max: Annotated[Watts, Field(ge=0)]
    voltage: Annotated[Volts, Field(gt=0)]
    current_limit: Annotated[Amperes, Field(gt=0)]
    sink_current_limit: Annotated[Amperes, Field(ge=0)]
    slew: Annotated[VoltRate, Field(gt=0)]
    precharge: Precharge
    protection: SupplyProtection
    source: Source

    def rules(self) -> Iterator[Finding]:
        yield from super().rules()
        ratings = (
            ("voltage", self.voltage_max, "V"),
            ("current_limit", self.current_max, "A"),
            ("sink_current_limit", self.current_max, "A"),
        )
        for key, most, unit in ratings:
            if getattr(self, key) > most:
                yield (key,), f"{getattr(self, key):g} {unit} exceeds the supply's rating {most:g} {unit}; lower it"
        if self.protection.over_voltage <= self.voltage:
            yield ("protection", "over_voltage"), f"must lie above the voltage {self.voltage:g} V; raise it"
        if self.precharge.current > self.current_limit:
            yield ("precharge", "current"), f"exceeds current_limit {self.current_limit:g} A; lower it"
