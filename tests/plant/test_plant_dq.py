"""The dq equations against the test vectors of the reference text (section 6.1) and against brute force."""

import math

import numpy as np
import pytest
from plant_bed import Bed

from bench.plant.dq import controlled, loaded, q_limit, torque_constant, voltages
from bench.plant.packed import pack

R, LD, LQ, PSI, P = 0.008, 0.16e-3, 0.42e-3, 0.07, 3


def test_vector_of_the_reference() -> None:
    u_d, u_q = voltages(R, LD, LQ, PSI, -100.0, 200.0, 900.0)
    torque = 200.0 * torque_constant(P, LD, LQ, PSI, -100.0)
    assert (u_d, u_q) == pytest.approx((-76.40, 50.20), abs=5e-3)
    assert math.hypot(u_d, u_q) == pytest.approx(91.417, abs=5e-4)
    assert torque == pytest.approx(86.4, rel=1e-12)
    assert 1.5 * (u_d * -100 + u_q * 200) == pytest.approx(26_520, rel=1e-9)


@pytest.mark.parametrize(
    ("w_e", "i_d", "i_q"), [(900, -436.986, -9.248), (1800, -437.371, -4.628), (3000, -437.454, -2.777)]
)
def test_short_circuit_of_the_reference(w_e: float, i_d: float, i_q: float) -> None:
    assert loaded(R, LD, LQ, PSI, float(w_e), 0.0) == pytest.approx((i_d, i_q), abs=6e-4)


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize("i_d", [-300.0, -150.0, 0.0])
def test_q_limit_lies_on_the_voltage_limit(i_d: float, sign: float) -> None:
    size = q_limit(R, LD, LQ, PSI, i_d, 1200.0, 120.0, sign)
    u = math.hypot(*voltages(R, LD, LQ, PSI, i_d, sign * size, 1200.0))
    assert size > 0 and u == pytest.approx(120.0, rel=1e-12)


def test_controlled_currents_obey_both_limits_and_reach_what_brute_force_reaches() -> None:
    """On a fine grid of currents no point inside both limits comes nearer to the wished torque."""
    machine = pack(Bed("ipace_edu").parameters)[0]["machine"]
    ld, lq, i_max, p = (
        float(machine[name]) for name in ("inductance_d_h", "inductance_q_h", "current_max_a", "pole_pairs")
    )
    d, q = np.meshgrid(np.linspace(-i_max, 0, 641), np.linspace(-i_max, i_max, 1281))
    ohm, psi = 0.011, 0.085
    for w_e in (500.0, 2000.0, 4000.0, 5400.0):
        u_max = 215.0
        u = np.hypot(ohm * d - w_e * lq * q, ohm * q + w_e * (ld * d + psi))
        torque = 1.5 * p * (psi + (ld - lq) * d) * q
        inside = (u <= u_max) & (np.hypot(d, q) <= i_max)
        for share in (-0.9, -0.4, 0.05, 0.5, 0.9):
            wish = share * torque[inside].max()
            near = np.abs(torque - wish) < 4.0
            i_0 = float(d[near][np.argmin(np.hypot(d, q)[near])])  # least current, whatever the voltage
            i_d, i_q = controlled(machine, ohm, psi, i_0, wish, w_e, u_max)
            assert math.hypot(*voltages(ohm, ld, lq, psi, i_d, i_q, w_e)) <= u_max * (1 + 1e-9)
            assert math.hypot(i_d, i_q) <= i_max * (1 + 1e-9)
            assert i_q * torque_constant(p, ld, lq, psi, i_d) == pytest.approx(wish, rel=1e-6)
