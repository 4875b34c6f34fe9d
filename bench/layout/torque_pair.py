"""Flange torque and the inverter's estimate of one bench, made comparable (F-16)."""

import math

from bench.base.time import ns
from bench.config.dut import Dut
from bench.config.rig import Rig
from bench.core.design import TorquePair
from bench.layout.setpoints import shaft_ratio

TORQUE_APART = "core.torque_apart"
_FRAMES_S = 0.03
"""Three frames: those of a flange on CAN, or of the estimate."""


def torque_pair(rig: Rig, dut: Dut) -> TorquePair:
    """Inertia and losses are those of the DUT file's own model of the unit, drag that of warm oil at the highest speed;
    without a transmission only the rotor is in between."""
    ratio, rules = shaft_ratio(rig, dut), rig.plausibility
    machine, gear = dut.plant.machine, dut.plant.transmission
    inertia, mesh, drag = machine.inertia_kg_m2.value, 0.0, machine.bearing_torque_nm.value
    if rig.layout == "e_axle":
        top = dut.speed_max_rpm * math.pi / 30.0
        inertia += gear.inertia_kg_m2.value / ratio**2
        mesh = gear.mesh_loss.value
        drag += gear.drag_a0_nm.value + (gear.drag_a1_nm_s.value + gear.drag_a2_nm_s2.value * top) * top
    return TorquePair(
        TORQUE_APART, "dut.torque_est", "dut.speed", tuple(f"{flange}.torque" for flange in rig.flanges),
        share=rules.torque / 100.0, band_nm=rules.torque_band, window_ns=ns(_told_late_s(rig)),
        ratio=ratio, inertia_kg_m2=inertia, mesh_loss=mesh, drag_nm=drag,
    )  # fmt: skip


def _told_late_s(rig: Rig) -> float:
    """How far back the mean reaches that a flange tells."""
    analyzer = rig.analyzer
    return _FRAMES_S + (analyzer.update + analyzer.poll + analyzer.latency if rig.analyzer_flanges else 0.0)
