"""What a rig says about its supply; plain values, so that any loader can make them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from drivers.session import Expected


@dataclass(frozen=True, slots=True)
class SupplySettings:
    """Limits and thresholds that ``set_up`` writes and reads back, in V, A, W."""

    voltage_max_v: float = 500.0
    current_max_a: float = 600.0
    power_max_w: float = 240_000.0
    sink_power_max_w: float = 240_000.0
    ovp_v: float = 480.0
    ocp_a: float = 660.0
    opp_w: float = 264_000.0
    slew_v_per_s: float = 4000.0
    tolerance: float = 0.001  # of the nominal value, between written and read back
    latency_ms: float = 2.0
    watchdog_s: float = 2.0  # 0: none
    timeout_ms: int = 250
    poll_ms: float = 50.0
    expected: Expected = field(default_factory=Expected)
    status_every: int = 5  # output and alarms with each n-th reading


def settings_of_rig(section: Mapping[str, Any]) -> SupplySettings:
    """From the supply's section of a rig file."""
    protection = section["protection"]
    return SupplySettings(
        voltage_max_v=section["voltage_max"],
        current_max_a=section["current_max"],
        power_max_w=section["power_max"],
        sink_power_max_w=section["sink_power_max"],
        ovp_v=protection["over_voltage"],
        ocp_a=protection["over_current"],
        opp_w=protection["over_power"],
        slew_v_per_s=section["slew"],
        watchdog_s=section["watchdog"] or 0.0,
        timeout_ms=round(section["timeout"] * 1e3),
        poll_ms=section["poll"] * 1e3,
        expected=Expected.of_rig(section),
    )
