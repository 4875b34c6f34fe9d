"""``bench perf wire`` measures what it says; the figures themselves are the machine's."""

import pytest

from bench.service.perf.wire import GOAL, RECEIVERS, measure


@pytest.mark.slow
def test_every_figure_has_its_control_and_no_frame_is_lost() -> None:
    rows = list(measure(rounds=1, frames=3000))
    transport, *others, paced, lost, model = rows
    assert RECEIVERS == 3 and transport.goal == GOAL == 5.0
    assert len(others) == 4  # per processor time, in the control's layout, and both layouts with the model
    assert all(row.value > 0 and row.control and row.ratio for row in rows if row is not lost)
    assert transport.ratio == pytest.approx(transport.value / transport.control)
    assert (lost.value, lost.met) == (0.0, True)
    assert paced.ratio <= 1.01  # never faster than its bits
    assert model.ratio > 10
