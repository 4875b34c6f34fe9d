"""The parameters of the emulated Cascadia inverter, in its EEPROM: those that the DUT file tells, no others."""

from collections.abc import Mapping

import numpy as np

from bench.base.compiled import compiled

COMMAND_TIMEOUT = 172
COUNT_NS = 3_000_000

PARAMETER = np.dtype([("address", "i8"), ("value", "i8")])
TIMEOUT_ROW = 0


def make_eeprom(timeout_ms: float, others: Mapping[int, int]) -> np.ndarray:
    """PARAMETER rows; the command time-out, in counts of 3 ms, comes first."""
    parameters = {COMMAND_TIMEOUT: round(timeout_ms * 1e6 / COUNT_NS), **others}
    return np.array(list(parameters.items()), PARAMETER)


@compiled
def row_of(eeprom: np.ndarray, address: float) -> int:
    """The row of the parameter ``address``, or -1."""
    for row in range(eeprom.shape[0]):
        if eeprom[row].address == address:
            return row
    return -1


@compiled
def may_be(row: int, value: float) -> bool:
    """Whether a parameter takes a value: the time-out is never negative."""
    return row != TIMEOUT_ROW or value >= 0.0
