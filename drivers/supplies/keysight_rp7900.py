"""Keysight RP7900 regenerative power system, in voltage priority. Not yet tested on hardware.

Source: see its command table. Three things that bite:

- after a trip the *programmed* output state is still on, and clearing the protection switches the output on again: so
  the output is switched off first, and counts as on only while no protection holds it;
- its over-current protection trips whenever a current limit is reached, as it is on purpose while the link is charged:
  it stays off, and the rig's over-current threshold is kept by refusing every limit beyond it;
- it has no power limit to set: it protects its own rating.
"""

import re
from collections.abc import Iterator, Sequence

from bench.base.errors import DeviceError
from bench.schedule.requests import Operation
from drivers import scpi
from drivers.supplies.keysight_rp7900_commands import TABLE
from drivers.supplies.scpi_supply import ScpiSupply
from drivers.usual import Number

DISABLING = (0b0001_1010_0111_1111, 0b0111_1000)
"""Bits of QUES1 and QUES2 that hold the output off: OV, OC, PF, CP+, OT, CP-, OV-, INH, PROT (watchdog), EDP;
CSF, MSP, SDP, UV (guide p.241, 242). The other bits tell of limits reached."""


class KeysightRp7900(ScpiSupply):
    """Driver: voltage priority, both current limits as set-points."""

    table = TABLE
    family = "Keysight RP7900"
    identities = re.compile(r"KEYSIGHT.*,\s*RP79")
    measured = ("measured_voltage", "fetched_current", "fetched_power")
    shape = (Number(0), b";", Number(1), b";", Number(2))
    status = (
        f"{TABLE.header('output')}?",
        f"{TABLE.header('questionable_condition', 1)}?",
        f"{TABLE.header('questionable_condition', 2)}?",
    )

    def _problems(self) -> Iterator[str]:
        yield from super()._problems()
        s = self.settings
        if s.opp_w < max(s.power_max_w, s.sink_power_max_w):
            yield f"has no over-power threshold but its rating {s.power_max_w:g} W; raise over_power ({s.opp_w:g} W)"

    def _begin(self) -> Operation[None]:
        yield from self._send("output", "OFF")
        yield from self._send("clear_protection")
        yield from self._forget_errors()

    def _modes(self) -> Iterator[tuple[str, float | str]]:
        yield "function", "VOLT"

    def _rows(self) -> Iterator[tuple[str, float | str]]:
        s = self.settings
        yield "over_voltage", s.ovp_v
        yield "over_current_on", "OFF"
        yield "slew_max", "ON"
        if s.watchdog_s:
            yield "watchdog_delay", s.watchdog_s
        yield "watchdog", "ON" if s.watchdog_s else "OFF"

    def write(self, index: int, value: float) -> Operation[None]:
        """As every supply; a current limit beyond the rig's over-current threshold is refused here."""
        if self.setpoints[index].endswith("current_cmd") and value > self.settings.ocp_a:
            raise DeviceError(
                f"{self.part}: {self.setpoints[index]} = {value:g} A exceeds the over-current threshold "
                f"{self.settings.ocp_a:g} A, which this device can only keep by its limit; lower it"
            )
        yield from super().write(index, value)

    def _judge(self, fields: Sequence[bytes]) -> tuple[bool, int]:
        first, second = (scpi.integer(field) & bits for field, bits in zip(fields[1:], DISABLING, strict=True))
        alarm = first | second << 16
        return self._switched(fields[0]) and not alarm, alarm
