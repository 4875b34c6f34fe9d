"""What an emulated analyzer makes of the truth: range, gain, offset, noise, resolution; then bytes. Compiled."""

from typing import Any

import numpy as np

from bench.base.compiled import compiled
from bench.base.noise import gauss

ROW = np.dtype(
    [
        ("source", "i4"),  # field of the truth; -1: none
        ("of_inputs", "u1"),  # of what is given to the plant, not of what it gives
        ("kind", "u1"),
        ("guard_a", "i4"),  # fields whose size makes the value over-range; -1: none
        ("guard_b", "i4"),
        ("limit_a", "f8"),
        ("limit_b", "f8"),
        ("left", "i4"),  # rows whose product (PRODUCT) or ratio (QUOTIENT) this is
        ("right", "i4"),
        ("gain", "f8"),
        ("bend", "f8"),  # so much more gain below zero
        ("offset", "f8"),
        ("noise", "f8"),
        ("resolution", "f8"),
    ],
    align=True,
)
"""One measured quantity: value = (gain + bend below zero) * truth + offset + noise, rounded to the resolution."""

PLAIN, MAGNITUDE, PRODUCT, NOTHING, QUOTIENT = 0, 1, 2, 3, 4

NO_ROW = np.zeros(1, ROW)
"""A quantity that nobody measures."""
NO_ROW["source"], NO_ROW["guard_a"], NO_ROW["guard_b"], NO_ROW["kind"] = -1, -1, -1, NOTHING

NO_DATA = np.uint32(0x7E951BEE)
OVER_RANGE = np.uint32(0x7E94F56A)


@compiled
def fill_block(
    truth: np.ndarray,
    rows: np.ndarray,
    values: np.ndarray,
    noise: np.ndarray,
    block: np.ndarray,
    start: int,
    shown: int,
) -> None:
    """Measure all rows and write the first ``shown`` as big-endian singles into ``block`` from ``start`` on; ``values``
    has a place per row."""
    measure(truth, truth, rows, values, noise)
    for i in range(shown):
        put_single(values[i], block, start + 4 * i)


@compiled
def put_single(value: float, block: np.ndarray, at: int) -> None:
    """A value, or the special pattern for none, as a big-endian single at ``block[at]``."""
    word = np.float32(value).view(np.uint32)
    if value != value:
        word = NO_DATA
    elif np.isinf(value):
        word = OVER_RANGE
    for i in range(4):
        block[at + i] = np.uint8(word >> np.uint32(24 - 8 * i) & np.uint32(255))


@compiled
def measure(truth: np.ndarray, inputs: np.ndarray, rows: np.ndarray, values: np.ndarray, noise: np.ndarray) -> None:
    """Every quantity once: those of the truth (``inputs``: what is given to the plant), then what is made of them."""
    for i in range(rows.shape[0]):
        values[i] = _measured(rows[i], inputs if rows[i].of_inputs else truth, noise)
    for i in range(rows.shape[0]):
        row = rows[i]
        if row.kind == PRODUCT:
            values[i] = values[row.left] * values[row.right] * row.gain
    for i in range(rows.shape[0]):
        row = rows[i]
        if row.kind == QUOTIENT:
            values[i] = values[row.left] / values[row.right] * row.gain if values[row.right] != 0.0 else np.nan


@compiled
def _measured(row: Any, truth: np.ndarray, noise: np.ndarray) -> float:
    if row.kind == NOTHING or row.kind == PRODUCT or row.kind == QUOTIENT:
        return np.nan
    if row.guard_a >= 0 and abs(truth[row.guard_a]) > row.limit_a:
        return np.inf
    if row.guard_b >= 0 and abs(truth[row.guard_b]) > row.limit_b:
        return np.inf
    value: float = row.offset
    if row.source >= 0:
        true = truth[row.source]
        value += (row.gain if true >= 0.0 else row.gain + row.bend) * true
    if row.kind == MAGNITUDE:
        value = abs(value)
    if row.noise > 0.0:
        value += row.noise * gauss(noise)
    if row.resolution > 0.0:
        value = round(value / row.resolution) * row.resolution
    return value
