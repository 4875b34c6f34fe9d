"""How coolant, oil and bench I/O of a rig file are reached: by frames of the core, or by registers over Modbus TCP."""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from bench.config.file_model import FileModel, Finding
from bench.config.instrument import Instrument
from bench.config.names import Name
from bench.config.quantity import DegC, DegCSpan, KelvinRate, LitrePerMin, LitrePerMinSpan, Seconds

_OF_LINK = ("driver", "resource", "model", "poll")


class Peripheral(Instrument):
    """A part that is on the CAN bus of role ``bench_io``, or behind a link."""

    raw_socket: ClassVar[bool] = True

    kind: Literal["can", "modbus"] = "can"
    driver: Name = ""
    resource: str = ""
    model: str = ""
    poll: Annotated[Seconds, Field(gt=0, le=10)] = 0.1
    unit: Annotated[int, Field(ge=0, le=255)] = 1
    """Unit identifier of Modbus."""

    def rules(self) -> Iterator[Finding]:
        if self.kind == "can":
            for name in sorted(Peripheral.model_fields.keys() & self.model_fields_set - {"kind"}):
                yield (name,), f"what is on CAN has no {name!r}: its frames are in the database; take it out"
            return
        for name in _OF_LINK:
            if name not in self.model_fields_set:
                yield (), f"{name!r} is missing; add it, or write 'kind: can'"
        if self.resource:
            yield from super().rules()

    @property
    def patience(self) -> float:
        """Counted from the last good value: contactors and chain are not to be unknown for longer than silence."""
        return self.silence - self.timeout


class BenchIo(Peripheral):
    """Emergency-stop chain, door, key switch, interlock, contactors, lamps and watchdog relay."""

    poll: Annotated[Seconds, Field(gt=0, le=0.05)] = 0.02

    def rules(self) -> Iterator[Finding]:
        yield from super().rules()
        if self.kind == "can":
            return
        if self.watchdog is None:
            told = "is missing: without it a dead bench keeps the chain closed; add it, such as 'watchdog: 300 ms'"
            yield (), f"'watchdog' {told}"
        elif self.watchdog <= self.silence:
            told = f"must be longer than one retry on a fresh connection may take; raise it above {self.silence:g} s"
            yield ("watchdog",), told


class Circuit(FileModel):
    """One conditioned circuit: set-points at arming, and what it can do."""

    temperature: DegC
    flow: LitrePerMin
    temperatures: DegCSpan
    flows: LitrePerMinSpan
    rate_max: Annotated[KelvinRate, Field(gt=0)]
    flow_min: Annotated[LitrePerMin, Field(ge=0)]
    """Below it the run stops (F-25)."""
    pump: Annotated[Seconds, Field(gt=0, le=60)] = 2.0
    """Time constant of the flow, for the rig's virtual twin."""

    def rules(self) -> Iterator[Finding]:
        if self.temperature not in self.temperatures:
            low, high = self.temperatures
            yield ("temperature",), f"lies outside 'temperatures' {low:g}..{high:g} degC; correct one of them"
        if self.flow not in self.flows:
            yield ("flow",), f"lies outside 'flows' {self.flows.low:g}..{self.flows.high:g} l/min; correct one of them"
        if self.flow_min >= self.flow:
            yield ("flow_min",), "must lie below 'flow', or the bench could never arm; lower it"


class Conditioner(Peripheral):
    """Coolant and oil. When nobody speaks to it, it goes on."""

    coolant: Circuit
    oil: Circuit

    def rules(self) -> Iterator[Finding]:
        yield from super().rules()
        if self.kind != "can" and self.watchdog is not None:
            yield (
                ("watchdog",),
                "a conditioner goes on when nobody speaks to it: a hot unit must be cooled; take it out",
            )
