"""Capabilities: what the bench needs of a device, one ability each. Drivers implement them; links and tests use them.

Each method is an operation: a generator that yields requests (see ``bench.schedule.requests``) and returns the answer.
So the same driver runs in every world. Units are those of the channels: V, A, W, Nm, rpm, degC.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, runtime_checkable

from bench.base.reading import Reading


@dataclass(frozen=True, slots=True)
class Identity:
    """Who answered: maker, model, serial number, firmware."""

    maker: str
    model: str
    serial: str
    firmware: str


@runtime_checkable
class Instrument(Protocol):
    """What every instrument can do."""

    def identify(self) -> Generator[Any, Any, Identity]:
        """Who is there. Raises ``DeviceError`` if it is not the kind this driver serves."""

    def set_up(self) -> Generator[Any, Any, Mapping[str, str]]:
        """Write the rig's set-up, read each item back, check the error queue; the set-up in force."""

    def read(self) -> Generator[Any, Any, object]:
        """One consistent set of fresh readings."""


@runtime_checkable
class PowerAnalyzer(Instrument, Protocol):
    """A power analyzer with motor inputs. Each reading bears the middle of its measurement interval and is followed by
    the ranges in force (``dc.current_range``, ...)."""

    ranges: Mapping[str, float]
    """In force as far as read back, r.m.s. on the primary side; one whose answer was lost is not here."""

    def set_ranges(self, ranges: Mapping[str, float]) -> Generator[Any, Any, Mapping[str, float]]:
        """Fix ranges (``dc.current``: A, ...) for predicted values; the ranges in force, read back."""


@runtime_checkable
class EnergyMeter(Protocol):
    """An analyzer that integrates by itself, over every sample it takes."""

    def start_energy(self) -> Generator[Any, Any, None]:
        """From zero on, until stopped."""

    def stop_energy(self) -> Generator[Any, Any, None]:
        """Stop; the values stay."""

    def energy(self) -> Generator[Any, Any, Mapping[str, Reading]]:
        """Integrated so far, by channel: ``dc.energy`` and the like in Wh, the time in s."""


class SupplyReading(NamedTuple):
    """In V, A, W; positive current and power: source. ``output`` is 1 or 0, ``alarm`` the bits of the instrument,
    ``control`` 0 while it is ours, 1 if somebody else has it, 2 if its set-up is lost."""

    voltage: Reading
    current: Reading
    power: Reading
    output: Reading
    alarm: Reading
    control: Reading


@runtime_checkable
class Supply(Instrument, Protocol):
    """A bidirectional DC source."""

    def read(self) -> Generator[Any, Any, SupplyReading]:
        """Voltage, current and power of one moment; output and alarm may be older."""

    def set_voltage(self, voltage_v: float) -> Generator[Any, Any, None]:
        """Set the source voltage, read back."""

    def set_output(self, on: bool) -> Generator[Any, Any, None]:
        """Switch the output, read back."""


@runtime_checkable
class Dyno(Instrument, Protocol):
    """A speed-controlled dynamometer."""

    def set_speed(self, speed_rpm: float) -> Generator[Any, Any, None]:
        """Set the speed to hold."""

    def set_enable(self, on: bool) -> Generator[Any, Any, None]:
        """Hold speed (on) or run free (off)."""


@runtime_checkable
class Conditioner(Instrument, Protocol):
    """A conditioner of coolant and oil."""

    def set_circuit(self, circuit: str, temperature_degc: float, flow_l_min: float) -> Generator[Any, Any, None]:
        """Temperature at the inlet and flow of ``coolant`` or ``oil``, read back."""


@runtime_checkable
class BenchIo(Instrument, Protocol):
    """The bench's inputs and outputs."""

    def set_contactors(self, closed: bool) -> Generator[Any, Any, None]:
        """Close or open the DC contactors, read back."""

    def set_chain(self, closed: bool) -> Generator[Any, Any, None]:
        """Keep the bench's contact in the emergency-stop chain closed, or open it; read back."""


@runtime_checkable
class Scanner(Instrument, Protocol):
    """Reads temperatures one after the other."""

    scan_ns: int
    """How long it takes to go through all of them."""

    def read(self) -> Generator[Any, Any, tuple[Reading, ...]]:
        """One scan in degC, in the order of the inputs; a thermocouple that is open has a quality and no value."""


@runtime_checkable
class Twin(Protocol):
    """What a step may ask of a model: predictions for ranges and order, never measured values."""

    def predict(self, speed_rpm: float, torque_nm: float) -> Mapping[str, float]:
        """Expected values by channel name (``dc.power``, ``dc.current``, ``ac.current`` ...) at an operating point."""
