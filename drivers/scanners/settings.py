"""What a rig says about its temperature scanner; plain values, so that any loader can make them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from drivers.session import Expected


@dataclass(frozen=True, slots=True)
class Thermocouple:
    """One input: the name in its channel, slot and number as the instrument counts, the type of the wire."""

    name: str
    input: int
    type: str = "K"


@dataclass(frozen=True, slots=True)
class ScannerSettings:
    """Everything that ``set_up`` writes and reads back; ``rate_hz``: inputs a second that the multiplexer can do."""

    thermocouples: tuple[Thermocouple, ...] = (Thermocouple("input_101", 101),)
    rate_hz: float = 450.0
    latency_ms: float = 2.0
    poll_ms: float = 50.0
    timeout_ms: int = 500
    expected: Expected = field(default_factory=Expected)


def settings_of_rig(section: Mapping[str, Any]) -> ScannerSettings:
    """From the scanner's section of a rig file."""
    found = section["thermocouples"].items()
    return ScannerSettings(
        thermocouples=tuple(Thermocouple(name, told["input"], told["type"]) for name, told in found),
        rate_hz=section["rate"],
        latency_ms=section["latency"] * 1e3,
        poll_ms=section["poll"] * 1e3,
        timeout_ms=round(section["timeout"] * 1e3),
        expected=Expected.of_rig(section),
    )
