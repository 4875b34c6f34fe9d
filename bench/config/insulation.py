"""The insulation of a rig file: its thresholds, and the monitor, where it speaks for itself on CAN."""

from collections.abc import Container, Iterator
from typing import Annotated

from pydantic import Field

from bench.config.file_model import FileModel, Finding
from bench.config.names import Reference
from bench.config.quantity import Ohms

DOUBTS = {
    "imd.failure": "insulation monitor has failed",
    "imd.dead": "insulation monitor is dead",
    "imd.chassis_fault": "insulation monitor has lost the chassis",
    "imd.off": "insulation monitor is off",
    "imd.untested": "insulation monitor is untested",
    "imd.self_test": "insulation monitor tests itself",
    "imd.calibrating": "insulation monitor calibrates",
    "imd.outdated": "insulation is outdated",
}
"""Signs that are 1 while the resistance told must not be believed, and what they mean."""

MONITOR_ROWS = """
imd.warning 1 insulation below the monitor's own warning threshold
imd.alarm 1 insulation below the monitor's own fault threshold
imd.failure 1 the monitor has failed
imd.dead 1 the monitor's measuring part does not show that it is alive
imd.chassis_fault 1 the monitor's connection to the chassis is broken
imd.off 1 the monitor's measurement is switched off
imd.untested 1 the monitor has not tested itself
imd.self_test 1 the monitor tests itself
imd.calibrating 1 the monitor calibrates itself
imd.outdated 1 the resistance told is an old one
"""
"""Channels of a monitor that speaks for itself."""


class Insulation(FileModel):
    """Resistance of both rails to earth at the highest voltage of the bench (500 and 100 ohm/V, ISO 6469-4)."""

    warn: Annotated[Ohms, Field(gt=0)]
    """Below it nothing is energised, and a running bench warns."""
    trip: Annotated[Ohms, Field(gt=0)]
    """Below it the run stops, and does not start again by itself (F-28)."""
    dbc: Reference | None = None
    """Database of a monitor that speaks for itself on the bus of role ``bench_io``, such as ``bender_iso165c``; none:
    the bench I/O tells the resistance."""

    def rules(self) -> Iterator[Finding]:
        if self.trip >= self.warn:
            yield ("trip",), "must lie below 'warn'; correct it"

    @property
    def channel_rows(self) -> str:
        """Channels that its monitor adds, as rows of name, unit and meaning."""
        return "" if self.dbc is None else MONITOR_ROWS

    def doubts(self, heard: Container[str]) -> tuple[str, ...]:
        """Channels that must be 0 before the resistance is believed; ``heard``: what its monitor can tell."""
        return tuple(channel for channel in DOUBTS if self.dbc is not None and channel in heard)
