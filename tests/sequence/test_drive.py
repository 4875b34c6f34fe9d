"""The way between two points, and the ranges on the way."""

import pytest
from fake_bench import FakeBench, powers
from hypothesis import given
from hypothesis import strategies as st
from sequence_helpers import against_brakes, make_context

from bench.sequence.travel.drive import allowed, route
from bench.sequence.travel.position import Position, Rates
from bench.sequence.travel.transfer import go

SPEED = st.floats(200.0, 14000.0)
SHARE = st.floats(-1.0, 1.0)


@given(SPEED, SHARE, SPEED, SHARE)
def test_every_leg_moves_one_quantity_inside_the_envelope(a: float, b: float, c: float, d: float) -> None:
    context = make_context()
    here = Position(a, b * context.dut.torque_max_nm(a))
    context.position.move(here)
    speed, torque = here.speed_rpm, here.torque_nm
    points = route(context, c, d * context.dut.torque_max_nm(c))
    assert points[-1] == (c, d * context.dut.torque_max_nm(c))
    for to_speed, to_torque in points:
        assert speed == to_speed or torque == to_torque
        assert allowed(context, to_torque, to_speed, to_speed)
        if speed != to_speed:
            assert allowed(context, torque, speed, to_speed)
        speed, torque = to_speed, to_torque


@given(SPEED, st.floats(0.0, 1.0), SPEED, st.floats(0.01, 1.0))
def test_against_brakes_the_unit_drives_all_the_way(a: float, b: float, c: float, d: float) -> None:
    context = against_brakes()
    here = Position(a, b * context.dut.torque_max_nm(a))
    context.position.move(here)
    target = (c, d * context.dut.torque_max_nm(c))
    points = route(context, *target)
    speed, torque = here.speed_rpm, here.torque_nm
    assert points[-1] == target
    for to_speed, to_torque in points:
        assert speed == to_speed or torque == to_torque
        if speed != to_speed:  # nothing else turns the shaft, and no torque is more than one of both ends has
            assert torque >= context.bench.sign_torque_nm
            assert torque <= max(min(here.torque_nm, target[1]), context.bench.sign_torque_nm)
        speed, torque = to_speed, to_torque


def test_slowing_down_to_a_high_torque_does_not_pass_a_corner_of_high_power() -> None:
    context = make_context()
    context.position.move(Position(13000.0, -30.0))
    assert route(context, 4000.0, 150.0)[0] == (4000.0, -30.0)


@pytest.mark.parametrize("target", [(4000.0, 150.0), (13000.0, 150.0), (1000.0, -400.0)])
def test_ranges_hold_the_current_all_the_way(target: tuple[float, float]) -> None:
    held: list[float] = []

    class Watched(FakeBench):
        def _on_ask(self, request):  # type: ignore[no-untyped-def]
            held.append(request.arguments["dc.current"])
            return super()._on_ask(request)

    def tamper(bench: FakeBench, image: dict[str, float]) -> None:
        if held:
            assert abs(image["dc.current"]) <= held[-1] * 1.01 + 0.5

    bench = Watched(tamper)
    bench.armed = True
    bench.setpoints.update({"dut.state_request": 2.0, "dyno_l.enable_cmd": 1.0, "dut.torque_cmd": -30.0})
    bench.setpoints.update({"dyno_l.speed_cmd": 13000.0 / 8.774, "dyno_r.speed_cmd": 13000.0 / 8.774})
    bench.winding = 80.0
    context = make_context()
    context.position.move(Position(13000.0, -30.0))
    ranges, problem = bench.run(go(context, *target, Rates()))
    assert problem == ""
    assert ranges["dc.current"] == pytest.approx(abs(powers(*target)["dc.current"]))
