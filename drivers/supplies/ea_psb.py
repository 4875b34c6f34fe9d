"""EA Elektro-Automatik PSB 9000/10000 bidirectional DC supply. Not yet tested on hardware.

Source: programming guide PGMBEN rev 24 (2023-05-15). The device never leaves remote control by itself: without the
interface monitoring the output of a dead bench stays on. Reading the error queue acknowledges gone alarms, so the
registers are always asked first.
"""

import re
from collections.abc import Iterator, Sequence

from bench.base.quality import Quality
from bench.schedule.requests import Operation
from drivers import scpi
from drivers.grammar import GrammarError
from drivers.supplies.ea_psb_commands import TABLE
from drivers.supplies.scpi_supply import ScpiSupply
from drivers.usual import Number

ALARM_BITS = 0b1111 | 1 << 13 | 1 << 14
"""QUES bits: OVP, OCP, OPP, OT, power fail, master/slave (bits 0-9 from a scrambled drawing: verify on hardware)."""

REMOTE = 1 << 10


class EaPsb(ScpiSupply):
    """Driver for both series; source and sink side have limits of their own, both positive."""

    table = TABLE
    family = "EA PSB"
    identities = re.compile(r"EA\b.*,.*PSB")
    measured = ("array",)
    shape = (Number(0), b"V, ", Number(1), b"A, ", Number(2), b"W")
    between = b","
    status = (f"{TABLE.header('output')}?", f"{TABLE.header('questionable_condition')}?")
    sink_sign = 1

    def _begin(self) -> Operation[None]:
        yield from self._send("lock", "ON")
        yield from self._forget_errors()
        yield from self._send("output", "OFF")

    def _rows(self) -> Iterator[tuple[str, float | str]]:
        s = self.settings
        yield "power", s.power_max_w
        yield "sink_power", s.sink_power_max_w
        yield "over_voltage", s.ovp_v
        yield "over_current", s.ocp_a
        yield "over_power", s.opp_w
        yield "after_remote", "OFF"  # what the monitoring leads to, else the output would stay on
        if s.watchdog_s:
            yield "monitoring_timeout", s.watchdog_s
        yield "monitoring", "ON" if s.watchdog_s else "OFF"

    def _owner(self) -> Operation[str]:
        owner = scpi.line((yield from self._ask("owner")))
        return "" if owner == b"REMOTE" else owner.decode("ascii", "replace")

    def _judge(self, fields: Sequence[bytes]) -> tuple[bool, int]:
        state = scpi.integer(fields[1])
        self._ours = bool(state & REMOTE)
        return self._switched(fields[0]), state & ALARM_BITS

    def _measured_value(self, value: bytes, unit: bytes) -> tuple[float, Quality]:
        try:
            return scpi.quantity(value, unit)
        except GrammarError:
            return scpi.number(value)  # the sentinels come without a unit
