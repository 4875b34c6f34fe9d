"""Parameters as one nested structured record, as compiled code wants them."""

from dataclasses import fields
from typing import Any

import numpy as np

from bench.plant.parameters import (
    MachineParameters,
    PlantParameters,
    PowerStageParameters,
    ShaftParameters,
    SourceParameters,
    ThermalParameters,
    TransmissionParameters,
)

_KINDS = {"eesm": 0.0, "pmsm": 1.0}
_PARTS: dict[str, type[Any]] = {
    "machine": MachineParameters,
    "stage": PowerStageParameters,
    "gear": TransmissionParameters,
    "thermal": ThermalParameters,
    "source": SourceParameters,
    "shaft": ShaftParameters,
}


def _part_dtype(part: type[Any]) -> np.dtype:
    return np.dtype([(item.name, "f8") for item in fields(part)], align=True)


PARAMETERS = np.dtype([*((name, _part_dtype(part)) for name, part in _PARTS.items()), ("sides", "f8")], align=True)
"""All parameters; ``sides`` is 2 in layout ``e_axle`` and 1 in layout ``motor``; kind is 0 for EESM, 1 for PMSM."""

NO_TRANSMISSION = TransmissionParameters(
    ratio=1.0,
    mesh_loss=0.0,
    drag_a0_nm=0.0,
    drag_a1_nm_s=0.0,
    drag_a2_nm_s2=0.0,
    viscosity_per_k=0.0,
    lock_torque_nm=0.0,
    inertia_kg_m2=0.0,
)
"""Layout ``motor``: the dyno sits on the motor's own shaft."""


def pack(parameters: PlantParameters) -> np.ndarray:
    """One ``PARAMETERS`` record (shape (1,)). A layout without transmission gets ratio 1 and no gear losses."""
    motor = parameters.layout == "motor"
    parts: dict[str, Any] = {
        "machine": parameters.machine,
        "stage": parameters.power_stage,
        "gear": NO_TRANSMISSION if motor else parameters.transmission,
        "thermal": parameters.thermal,
        "source": parameters.source,
        "shaft": parameters.shaft,
    }
    packed = np.zeros(1, PARAMETERS)
    packed["sides"] = 1.0 if motor else 2.0
    for name, part in parts.items():
        for item in fields(part):
            value = getattr(part, item.name)
            packed[name][item.name] = _KINDS[value] if isinstance(value, str) else value
    return packed
