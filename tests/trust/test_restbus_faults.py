"""What the emulated inverter does without the vehicle's frames: it stays off, or faults, and the bench stops well."""

from collections.abc import Callable
from typing import Any

import pytest

Runner = Callable[..., Any]


@pytest.mark.parametrize("frame", ["0xD0", "0x500"])
def test_without_terminal_status_or_network_management_it_never_becomes_ready(run_of: Runner, frame: str) -> None:
    run = run_of("smoke", f"can.dut.drop:{frame}@0s")
    assert run.verdict.verdict == "failed"
    assert "the inverter does not go to ready" in run.verdict.reasons[0]
    assert run.told("stopped")[0]["confirmed"]


def test_a_silent_battery_is_a_fault_and_takes_the_torque_within_four_cycles(run_of: Runner) -> None:
    run = run_of("smoke", "can.dut.drop:0x100@30s")
    assert run.stop_cause == "the inverter reports a fault"
    at_s = next(record.t_ns for record in run.journal if record.event == "core_stop") * 1e-9
    assert 30.2 < at_s < 30.4  # 3.5 cycles of 100 ms after the last frame, and the next status frame
    assert run.told("stopped")[0]["confirmed"]
