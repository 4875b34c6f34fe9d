"""What a point's record may not be silent about."""

import math

import pytest

from bench.analysis.efficiency import balance
from bench.sequence.point.powers import Component
from bench.sequence.point.record import implausible, unknown


def component(electrical_w: float, mechanical_w: float, u_loss_w: float = 10.0) -> Component:
    return Component(balance(electrical_w, mechanical_w), 0.001, u_loss_w, 0.0)


@pytest.mark.parametrize(("electrical_w", "u_loss_w"), [(math.nan, 10.0), (math.inf, 10.0), (1000.0, math.nan)])
def test_powers_nobody_knows_are_a_reason(electrical_w: float, u_loss_w: float) -> None:
    told = unknown({"edu": component(electrical_w, 900.0, u_loss_w), "pe": component(1000.0, 900.0)})
    assert len(told) == 1
    assert told[0].startswith("power of edu is unknown")


def test_a_plausible_point_has_no_reason() -> None:
    found = {"edu": component(1000.0, 900.0)}
    assert unknown(found) == implausible(found) == []


def test_a_loss_below_zero_is_a_reason() -> None:
    assert implausible({"edu": component(900.0, 1000.0)})[0].startswith("loss of edu is -100 W")
