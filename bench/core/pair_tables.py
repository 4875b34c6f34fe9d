"""The torque pairs of a design as a table."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.core.design import Design
from bench.core.monitor_tables import Index, Tell
from bench.core.tables import NONE, TORQUE_PAIR, TORQUE_SPANS

_SAME = ("share", "band_nm", "ratio", "inertia_kg_m2", "mesh_loss", "drag_nm")


def torque_pair_table(design: Design, index: Index, wrong: Tell) -> NDArray[Any]:
    """A TORQUE_PAIR for each."""
    table = np.zeros(len(design.torque_pairs), TORQUE_PAIR)
    for row, pair in zip(table, design.torque_pairs, strict=True):
        place = f"torque pair {pair.channel}"
        for name in _SAME:
            row[name] = getattr(pair, name)
        for name in ("channel", "estimate", "speed"):
            row[name] = index(getattr(pair, name), place)
        row["flange_1"], row["flange_2"] = index(pair.flanges[0], place), NONE
        if len(pair.flanges) > 1:
            row["flange_2"] = index(pair.flanges[1], place)
        row["span_ns"] = max(1, -(-pair.window_ns // (TORQUE_SPANS - 1)))  # the last span has only begun
        if len(pair.flanges) > 2 or pair.band_nm <= 0.0 or pair.ratio <= 0.0:
            wrong(place, "needs one flange or two, and band and ratio above 0")
    return table
