"""Which conditions the core judges at each cycle, and which must be looked at."""

import math

import pytest

from bench.base.time import NS_PER_S
from bench.config.expression import expression
from bench.schedule.requests import Condition
from bench.sequence.expected import by_core

DOWN = math.nextafter(3.0, -math.inf)


@pytest.mark.parametrize(
    ("text", "conditions"),
    [
        ("dut.speed > 3 rpm", [Condition("above", "dut.speed", 3.0, 0.0, NS_PER_S)]),
        ("3 rpm < dut.speed", [Condition("above", "dut.speed", 3.0, 0.0, NS_PER_S)]),
        ("dut.speed >= 3 rpm", [Condition("above", "dut.speed", DOWN, 0.0, NS_PER_S)]),
        ("3 rpm >= dut.speed", [Condition("below", "dut.speed", math.nextafter(3.0, math.inf), 0.0, NS_PER_S)]),
        ("dut.state == 3", [Condition("within", "dut.state", 3.0, 0.25, NS_PER_S)]),
        (
            "dut.state == 3 and (dut.speed > 3 rpm and dc.power < 5 kW)",
            [
                Condition("within", "dut.state", 3.0, 0.25, NS_PER_S),
                Condition("above", "dut.speed", 3.0, 0.0, NS_PER_S),
                Condition("below", "dc.power", 5000.0, 0.0, NS_PER_S),
            ],
        ),
        ("dut.state != 3", []),
        ("not dut.speed > 3 rpm", []),
        ("dut.speed > 3 rpm or dut.state == 3", []),
        ("dut.speed + 1 rpm > 3 rpm", []),
        ("coolant.temp_out > coolant.temp_in", []),
        (" and ".join(["dut.speed > 3 rpm"] * 9), []),
    ],
)
def test_the_core_judges_what_it_can(text: str, conditions: list[Condition]) -> None:
    assert list(by_core(expression(text), 1.0)) == conditions
