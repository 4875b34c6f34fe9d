"""The load of the benchmark in virtual time is the one that its rows name."""

import pytest

from bench.assembly import draw
from bench.base.errors import InputError
from bench.base.time import NS_PER_MS
from bench.links.drivers_of_rig import paces_of
from bench.sequence.check import check_plan
from bench.service.perf.by_name import run_benchmark
from bench.service.perf.load import night


def test_the_night_has_five_instruments_fourteen_protected_messages_and_sixty_limits() -> None:
    inputs = night(8.0)
    blueprint = draw(inputs)
    paces = {part: pace.period_ns for part, pace in paces_of(inputs.rig.value).items()}
    assert len(paces) == 5
    assert set(paces.values()) == {0, 50 * NS_PER_MS}  # the analyzer sets its own
    assert inputs.rig.value.analyzer.update == 0.05
    messages = blueprint.program.can.messages
    assert ((messages["period_ns"] == 10 * NS_PER_MS) & (messages["protected"] != 0)).sum() == 14
    assert len(blueprint.program.limits) >= 60


def test_the_night_is_a_plan_that_passes_the_check_and_lasts_as_long_as_asked() -> None:
    inputs = night(8.0)
    assert not check_plan(inputs.plan, inputs.kinds, draw(inputs).context)
    assert [step.kind for step in inputs.plan.value.steps].count("drive_cycle") == 16


def test_hours_are_for_virtual_time_only() -> None:
    with pytest.raises(InputError, match="virtual time"):
        run_benchmark("codec", hours=8.0)
