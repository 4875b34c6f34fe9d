"""A limit of a rig, DUT or plan file, in the unit of its channel. All of them are in force at once."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from bench.config.channels import channel_value, known_channel
from bench.config.file_model import FileModel, Finding, in_file
from bench.config.names import FAULT_FORM
from bench.config.quantity import Seconds

ChannelName = Annotated[str, AfterValidator(lambda name: known_channel(name).name)]
"""A channel that some layout has; anything else is refused with a suggestion."""


class LimitRule(FileModel):
    """A channel must stay inside ``low``..``high``; ``level`` says what happens when it does not.

    Values are in the unit of the channel. Silence, NaN and bad quality violate a limit of level ``stop``.
    """

    channel: ChannelName
    low: float | None = None
    high: float | None = None
    level: Literal["warn", "derate", "stop"]
    stop_class: Literal[0, 1, 2] = 1
    """0 hardware chain, 1 controlled stop, 2 freeze."""
    debounce: Annotated[Seconds, Field(ge=0, le=60)] = 0.0
    hysteresis: Annotated[float, Field(ge=0)] = 0.0
    """In the unit of the channel (K for temperatures): how far back inside before the limit is clear."""
    stale: Annotated[Seconds, Field(ge=0, le=60)] = 0.0
    """Oldest acceptable age; 0: the driver's or message's own."""
    active: Literal["always", "armed", "energised"] = "armed"
    fault: Annotated[str, Field(pattern=FAULT_FORM)] = ""
    """Number in the catalogue of faults."""

    @field_validator("low", "high", "hysteresis", mode="before")
    @classmethod
    def _in_channel_unit(cls, value: Any, info: ValidationInfo) -> Any:
        if "channel" not in info.data:
            return 0.0  # the channel's own problem is told already
        if value is None or (isinstance(value, int | float) and not in_file(info)):
            return value
        return channel_value(info.data["channel"], value, difference=info.field_name == "hysteresis")

    def rules(self) -> Iterator[Finding]:
        if self.low is None and self.high is None:
            yield (), "a limit needs 'low', 'high' or both; add one"
        elif self.low is not None and self.high is not None and self.low >= self.high:
            yield ("low",), f"{self.low:g} must lie below high {self.high:g}; exchange or correct them"
