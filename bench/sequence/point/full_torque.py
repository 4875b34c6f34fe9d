"""Full torque at a speed: what the core lets pass while the dynos hold the speed no better than they do."""

import math

from bench.sequence.context import Context

SPEED_SHARE = 0.005
"""So far the speed may swing while the torque rises."""


def full_torque_nm(context: Context, speed_rpm: float) -> float:
    """The highest torque that the envelope has wherever the speed may be, in whole steps of the command."""
    dut = context.dut
    around = (speed_rpm * (1.0 - SPEED_SHARE), speed_rpm, min(speed_rpm * (1.0 + SPEED_SHARE), dut.speed_max_rpm))
    lowest_nm = min(dut.torque_max_nm(speed) for speed in around)
    return math.floor(lowest_nm / dut.torque_step_nm + 1e-9) * dut.torque_step_nm
