"""The plant's hidden truth around measuring windows: what no step can read, and what every efficiency is judged by."""

import io
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from bench.emulators.sensors import Sensors
from bench.plant.records import OUTPUTS

NAME = "truth.parquet"
QUANTITIES = (
    "p_dc_w", "p_ac_w", "p_f_w", "p_out_l_w", "p_out_r_w", "speed_motor_rpm", "torque_shaft_nm", "torque_l_nm",
    "torque_r_nm", "winding_degc", "oil_degc",
)  # fmt: skip

Measured = Callable[[], tuple[NDArray[np.float64], int]]


class Truth:
    """One row of true means for each update of the analyzer while the core samples fast."""

    def __init__(self, sensors: Sensors, fast: Callable[[], bool]) -> None:
        names = OUTPUTS.names or ()
        self._places = np.array([names.index(name) for name in QUANTITIES])
        self._means = sensors.means[0]
        self._interval_ns = int(sensors.interval_ns[0])
        self.fast = fast
        self._t_ns: list[int] = []
        self._rows: list[NDArray[np.float64]] = []

    def watch(self, measured: Measured) -> Measured:
        """``measured`` of the analyzer, noting what was true when it was asked."""

        def asked() -> tuple[NDArray[np.float64], int]:
            means, latched_ns = measured()
            if self.fast() and (not self._t_ns or self._t_ns[-1] != latched_ns - self._interval_ns // 2):
                self._t_ns.append(latched_ns - self._interval_ns // 2)
                self._rows.append(means[self._places])
            return means, latched_ns

        return asked

    def to_parquet(self) -> bytes:
        """``t_ns`` (middle of the interval) and the quantities."""
        rows = np.array(self._rows).reshape(len(self._rows), len(QUANTITIES))
        columns = [pa.array(self._t_ns, pa.int64()), *(pa.array(column) for column in rows.T)]
        sink = io.BytesIO()
        pq.write_table(pa.Table.from_arrays(columns, names=["t_ns", *QUANTITIES]), sink, compression="zstd")
        return sink.getvalue()
