"""The shunt check finds a flange whose torque is scaled, wired or triggered wrongly, with nothing armed."""

import math
from collections.abc import Callable
from dataclasses import replace

import pytest
from fake_bench import FakeBench
from hypothesis import given, settings
from hypothesis import strategies as st
from sequence_helpers import FACTS, make_context

from bench.sequence.arm.shunt_check import shunt_check
from bench.sequence.context import Context, ShuntSignal

LEFT = ShuntSignal("flange_l", 1003.4, 2.0, "rig fake, flanges.flange_l.shunt")
RIGHT = ShuntSignal("flange_r", -998.7, 2.0, "rig fake, flanges.flange_r.shunt")
Image = dict[str, float]


def with_shunts(*shunts: ShuntSignal) -> Context:
    context = make_context()
    return replace(context, bench=replace(FACTS, shunts=shunts))


def flanges(spoil: Callable[[FakeBench, Image], None] = lambda _bench, _image: None) -> FakeBench:
    """A bench whose flanges add their signals to a torque that is not quite zero."""

    def tamper(bench: FakeBench, image: Image) -> None:
        on = bench.setpoints.get("io.shunt_cmd", 0.0)
        for shunt, rest_nm in ((LEFT, 0.7), (RIGHT, -0.4)):
            image[f"{shunt.flange}.torque"] = rest_nm + on * shunt.torque_nm
        spoil(bench, image)

    return FakeBench(tamper)


def test_signals_that_arrive_as_the_type_plate_says_are_journaled() -> None:
    bench = flanges()
    assert bench.run(shunt_check(with_shunts(LEFT, RIGHT))) == ""
    (told,) = bench.events("shunt_check")
    assert told["passed"] and told["reasons"] == []
    assert told["flanges"]["flange_r"]["shown_nm"] == pytest.approx(-998.7)
    assert (told["flanges"]["flange_l"]["expected_nm"], told["flanges"]["flange_l"]["tolerance_nm"]) == (1003.4, 2.0)
    assert [ramp.target for ramp in bench.ramps] == [0.0, 1.0, 0.0]
    assert not bench.armed


def test_a_rig_without_shunt_signals_is_left_alone() -> None:
    bench = FakeBench()
    assert bench.run(shunt_check(with_shunts())) == ""
    assert bench.ramps == [] and bench.journal == []


def scaled(factor: float) -> Callable[[FakeBench, Image], None]:
    def spoil(_bench: FakeBench, image: Image) -> None:
        image["flange_l.torque"] *= factor

    return spoil


def crossed(_bench: FakeBench, image: Image) -> None:
    """Each signal on the other's input: it gets the other's sign."""
    image["flange_l.torque"], image["flange_r.torque"] = -image["flange_r.torque"], -image["flange_l.torque"]


def untriggered(_bench: FakeBench, image: Image) -> None:
    image["flange_l.torque"] = 0.7


def stuck(bench: FakeBench, image: Image) -> None:
    """The trigger stays on after its first use."""
    if any(ramp.target > 0.5 for ramp in bench.ramps):
        image["flange_l.torque"] = 0.7 + LEFT.torque_nm


def lost(bench: FakeBench, _image: Image) -> None:
    bench.silent.add("flange_l.torque")


def turning(_bench: FakeBench, image: Image) -> None:
    image["flange_l.speed"] = 60.0


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (scaled(1.01), "flange_l shows 1013.4 Nm with its shunt signal, expected 1003.4 +- 2 Nm"),
        (scaled(-1.0), "flange_l shows -1003.4 Nm with its shunt signal"),
        (crossed, "flange_l shows 998.7 Nm with its shunt signal"),
        (untriggered, "flange_l shows 0 Nm with its shunt signal"),
        (stuck, "flange_l still shows 1003.4 Nm more than before its shunt signal; see whether its trigger is off"),
        (lost, "flange_l.torque had"),
        (turning, "the flanges do not stand still"),
    ],
)
def test_what_is_wrong_is_named_with_value_place_and_remedy(
    spoil: Callable[[FakeBench, Image], None], words: str
) -> None:
    bench = flanges(spoil)
    problem = bench.run(shunt_check(with_shunts(LEFT, RIGHT)))
    assert words in problem
    if "expected" in problem:
        assert "(rig fake, flanges.flange_l.shunt); compare type plate" in problem
    assert bench.setpoints.get("io.shunt_cmd", 0.0) == 0.0
    for told in bench.events("shunt_check"):
        assert not told["passed"] and told["reasons"]


@settings(max_examples=40, deadline=None)
@given(st.floats(0.9, 1.1))
def test_every_scaling_beyond_the_tolerance_is_found_and_none_within(factor: float) -> None:
    off_nm = abs(factor - 1.0) * LEFT.torque_nm
    if math.isclose(off_nm, LEFT.tolerance_nm, rel_tol=1e-6):
        return
    problem = flanges(scaled(factor)).run(shunt_check(with_shunts(LEFT)))
    assert (problem != "") == (off_nm > LEFT.tolerance_nm)
