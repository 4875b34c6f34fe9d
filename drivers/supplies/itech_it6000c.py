"""ITECH IT6000C bidirectional DC supply, in voltage priority. Not yet tested on hardware.

Source: see its command table. Currents and powers that it takes in are limited by negative numbers. Its watchdog
switches the output off when no message comes.
"""

import re
from collections.abc import Iterator, Sequence

from bench.schedule.requests import Operation
from drivers import scpi
from drivers.supplies.itech_it6000c_commands import TABLE
from drivers.supplies.scpi_supply import ScpiSupply
from drivers.usual import Number

ALARM_BITS = 0x7FFF
"""QUES bits, all unverified: OVP, OCP+, OCP-, OPP+, OPP-, UVP, OTP, UCP, sense, share, reverse, inhibit, ..."""


class ItechIt6000c(ScpiSupply):
    """Driver: voltage priority, both current limits as set-points."""

    table = TABLE
    family = "ITECH IT6000C"
    identities = re.compile(r"ITECH.*,\s*IT60[0-9]{2}C")
    measured = ("measured_voltage", "measured_current", "measured_power")
    shape = (Number(0), b";", Number(1), b";", Number(2))
    status = (f"{TABLE.header('output')}?", f"{TABLE.header('questionable_condition')}?")

    def _begin(self) -> Operation[None]:
        yield from self._send("remote")
        yield from self._send("output", "OFF")
        yield from self._send("clear_protection")
        yield from self._forget_errors()

    def _modes(self) -> Iterator[tuple[str, float | str]]:
        yield "function", "VOLT"
        yield "mode", "FIX"

    def _rows(self) -> Iterator[tuple[str, float | str]]:
        s = self.settings
        yield "power", s.power_max_w
        yield "sink_power", 0.0 - s.sink_power_max_w
        yield "slew_up", s.slew_v_per_s / 1e3
        yield "slew_down", s.slew_v_per_s / 1e3
        for name, level in (("over_voltage", s.ovp_v), ("over_current", s.ocp_a), ("over_power", s.opp_w)):
            yield name, level
            yield f"{name}_on", "ON"
        yield "under_voltage_on", "OFF"  # the link is charged from 0 V
        yield "under_current_on", "OFF"
        yield "rise_delay", 0.0
        yield "fall_delay", 0.0
        if s.watchdog_s:
            yield "watchdog_delay", s.watchdog_s
        yield "watchdog", "ON" if s.watchdog_s else "OFF"

    def _judge(self, fields: Sequence[bytes]) -> tuple[bool, int]:
        return self._switched(fields[0]), scpi.integer(fields[1]) & ALARM_BITS
