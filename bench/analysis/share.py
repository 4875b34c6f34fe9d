"""The transmission's share: a run in layout ``e_axle`` against one in layout ``motor``, usually another specimen."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Share:
    """Estimate of the transmission: efficiency 0..1, loss in W, and both expanded uncertainties (k=2)."""

    efficiency: float
    u_efficiency: float
    loss_w: float
    u_loss_w: float


def transmission_share(
    e_axle: tuple[float, float],
    motor: tuple[float, float],
    e_axle_loss_w: tuple[float, float],
    motor_loss_w: tuple[float, float],
    specimen: float = 0.0,
    specimen_w: float = 0.0,
) -> Share:
    """Each argument is (value, U(k=2)): efficiencies from DC to output with and without the transmission, and losses.

    The two runs share no calibration, so all is independent; ``specimen`` and ``specimen_w`` are the limits (+-, taken
    as rectangular) by which two specimens of the motor may differ. Power flows the same way in both (motoring; for
    regeneration the same quotient holds, since each efficiency is already sign-aware).
    """
    efficiency = e_axle[0] / motor[0]
    relative = math.hypot(e_axle[1] / e_axle[0], motor[1] / motor[0], 2.0 * specimen / motor[0] / math.sqrt(3.0))
    loss = e_axle_loss_w[0] - motor_loss_w[0]
    u_loss = math.hypot(e_axle_loss_w[1], motor_loss_w[1], 2.0 * specimen_w / math.sqrt(3.0))
    return Share(efficiency, efficiency * relative, loss, u_loss)
