"""What instruments can see: means of the true quantities over each instrument's own update interval.

The plant's outputs are integrated every millisecond; at the end of an interval the mean since the last one is latched
with its time and number. Latched means are all that an emulated instrument gets; errors, noise and ranges are its own.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.base.by_reference import by_reference
from bench.base.compiled import compiled


@by_reference
class Sensors(NamedTuple):
    """The running integral, and per instrument its interval and latched means (in the order of the plant's OUTPUTS)."""

    integral: NDArray[np.float64]  # (quantities,), in unit times milliseconds
    interval_ns: NDArray[np.int64]  # (instruments,)
    latched_ns: NDArray[np.int64]  # end of the interval of the latched mean
    number: NDArray[np.int64]  # how many intervals were latched
    before: NDArray[np.float64]  # (instruments, quantities): the integral at the last latch
    means: NDArray[np.float64]  # (instruments, quantities)


def make_sensors(intervals_ns: list[int], quantities: int) -> Sensors:
    """Sensors at rest; intervals are whole milliseconds."""
    rows = len(intervals_ns)
    return Sensors(
        integral=np.zeros(quantities),
        interval_ns=np.array(intervals_ns, np.int64),
        latched_ns=np.zeros(rows, np.int64),
        number=np.zeros(rows, np.int64),
        before=np.zeros((rows, quantities)),
        means=np.zeros((rows, quantities)),
    )


@compiled
def sense(sensors: Sensors, quantities: np.ndarray, t_ns: int) -> None:
    """Add the quantities of the millisecond that ends at ``t_ns``; latch where an interval ends."""
    for quantity in range(quantities.shape[0]):
        sensors.integral[quantity] += quantities[quantity]
    for row in range(sensors.interval_ns.shape[0]):
        if t_ns % sensors.interval_ns[row] == 0:
            scale = 1e6 / (t_ns - sensors.latched_ns[row])
            for quantity in range(quantities.shape[0]):
                integral = sensors.integral[quantity]
                sensors.means[row, quantity] = (integral - sensors.before[row, quantity]) * scale
                sensors.before[row, quantity] = integral
            sensors.latched_ns[row] = t_ns
            sensors.number[row] += 1
