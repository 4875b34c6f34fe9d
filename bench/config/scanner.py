"""The temperature scanner of a rig file: thermocouples, read one after the other."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from bench.config.file_model import FileModel, Finding
from bench.config.instrument import Instrument
from bench.config.names import PartName
from bench.config.quantity import Hertz, Kelvin, Seconds

Place = Literal[
    "winding", "iron", "rotor", "junction", "oil", "oil_in", "coolant_in", "coolant_out", "ambient"
]  # fmt: skip


class Thermocouple(FileModel):
    """One input of the scanner; its channel is ``scanner.NAME_temp``."""

    input: Annotated[int, Field(ge=101, le=999)]
    """Slot and number in the slot, as the instrument counts: 101 is the first of slot 1."""
    type: Literal["B", "E", "J", "K", "N", "R", "S", "T"]
    at: Place
    """Where it sits, for the rig's virtual twin."""
    accuracy: Annotated[Kelvin, Field(gt=0, le=20)]
    """Limit of the error (rectangular) of thermocouple, reference junction and converter together."""


class Scanner(Instrument):
    """A data acquisition unit that reads thermocouples."""

    rate: Annotated[Hertz, Field(gt=0, le=10_000)]
    """Inputs a second that its multiplexer can measure."""
    latency: Annotated[Seconds, Field(ge=0, le=1)] = 0.002
    """From the end of a scan to its answer."""
    thermocouples: Annotated[dict[PartName, Thermocouple], Field(min_length=1, max_length=28)]

    def rules(self) -> Iterator[Finding]:
        yield from super().rules()
        used: dict[int, str] = {}
        for name, found in self.thermocouples.items():
            if found.input in used:
                told = f"input {found.input} is used by {used[found.input]!r} already; correct one"
                yield ("thermocouples", name, "input"), told
            used[found.input] = name

    @property
    def channel_rows(self) -> str:
        """Its channels as rows of name, unit and meaning."""
        told = "".join(
            f"scanner.{name}_temp degC type {found.type} thermocouple at input {found.input}\n"
            for name, found in self.thermocouples.items()
        )
        return f"{told}{OPEN_ROW}\n"


OPEN_ROW = "scanner.open 1 thermocouples without a value: broken wire, or out of their range"
