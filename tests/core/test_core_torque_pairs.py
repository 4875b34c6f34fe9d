"""F-16: the flange, which tells late what has been, against the inverter's estimate, which tells at once what is."""

import math

import pytest
from small_bench import MS, Bench, small_design

from bench.base.errors import InputError
from bench.base.quality import GOOD, WRONG
from bench.core.causes import Cause
from bench.core.design import Limit, TorquePair
from bench.core.program import build_program
from bench.core.tables import NO_STOP

FLANGE, APART = "dut.winding_temp", "dut.dc_current"  # any two channels that nobody else writes
BAND, SHARE, RATIO, WINDOW_MS = 10.0, 0.05, 4.0, 70
LOST_MS = 300


def pair(**more: float) -> TorquePair:
    return TorquePair(APART, "dut.torque_est", "dut.speed", (FLANGE,), SHARE, BAND, WINDOW_MS * MS, ratio=RATIO, **more)


def bench_with(estimate: float, shown: float, speed: float = 3000.0, **more: float) -> Bench:
    """``shown``: by the flange, at the motor's shaft."""
    limit = Limit("pair", APART, -1.0, 1.0, cause=Cause.TORQUE_IMPLAUSIBLE, cause_lost=Cause.SIGNAL_INVALID,
                  lost_ns=LOST_MS * MS)  # fmt: skip
    bench = Bench(small_design(torque_pairs=(pair(**more),), limits=(limit,)))
    bench.keep |= {"dut.torque_est": estimate, FLANGE: shown * RATIO, "dut.speed": speed}
    bench.run(2)
    return bench


@pytest.mark.parametrize(
    ("estimate", "shown", "apart"),
    [
        (100.0, 100.0, 0.0),
        (100.0, 105.0, 0.5),  # 5 Nm of the band of 10 Nm
        (100.0, 89.0, -1.1),
        (-100.0, -111.0, -1.1),
        (400.0, 419.0, 0.95),  # 5 % of 400 Nm are more than the band
        (-400.0, -378.0, 1.1),
        (0.0, 12.0, 1.2),
        (100.0, -100.0, -20.0),
    ],
)
def test_the_larger_of_share_and_band_counts(estimate: float, shown: float, apart: float) -> None:
    assert bench_with(estimate, shown).value(APART) == pytest.approx(apart)


@pytest.mark.parametrize("speed", [3000.0, -3000.0])
def test_losses_take_from_what_the_shaft_turns_with_and_never_add(speed: float) -> None:
    way = math.copysign(1.0, speed)
    losses = {"mesh_loss": 0.02, "drag_nm": 3.0}
    assert bench_with(100.0 * way, 95.0 * way, speed, **losses).value(APART) == 0.0  # 2 Nm + 3 Nm
    assert bench_with(100.0 * way, 90.0 * way, speed, **losses).value(APART) == pytest.approx(-0.5 * way)
    assert bench_with(100.0 * way, 105.0 * way, speed, **losses).value(APART) == pytest.approx(0.5 * way)


def test_inertia_may_take_what_accelerates_it() -> None:
    """1000 rpm/s and 0.1 kg m^2: 10.5 Nm; the estimate may know of them or not."""
    for inertia, apart in ((0.1, 0.0), (0.0, -1.0)):
        bench = bench_with(100.0, 90.0, 0.0, inertia_kg_m2=inertia)
        for _ in range(200):
            bench.keep["dut.speed"] += 1.0
            bench.run()
        assert bench.value(APART) == pytest.approx(apart, abs=0.05)


def test_a_late_flange_agrees_with_what_was() -> None:
    """A ramp of 1000 Nm/s that the flange follows 50 ms later; but it may not stay behind."""
    bench = bench_with(0.0, 0.0)
    for at_ms in range(300):
        bench.keep |= {"dut.torque_est": float(at_ms), FLANGE: max(at_ms - 50.0, 0.0) * RATIO}
        bench.run()
        assert bench.value(APART) == 0.0
    left_at_ns = bench.t_ns
    bench.keep["dut.torque_est"] = 0.0
    bench.run(WINDOW_MS)
    assert bench.value(APART) == 0.0
    while bench.value(APART) == 0.0:
        bench.run()
    assert bench.t_ns - left_at_ns <= WINDOW_MS * 8 / 7 * MS + 2 * MS


@pytest.mark.parametrize("name", ["dut.torque_est", "dut.speed", FLANGE])
@pytest.mark.parametrize(("value", "quality"), [(math.nan, GOOD), (100.0, WRONG)])
def test_what_is_lost_neither_trips_nor_clears_until_it_has_lasted(name: str, value: float, quality: int) -> None:
    bench = bench_with(100.0, 100.0).armed()
    del bench.keep[name]
    for _ in range(LOST_MS):
        bench.read(name, value, quality)
        bench.run()
    assert (bench.core["stop_class"], bench.value(APART)) == (NO_STOP, 0.0)
    bench.read(name, value, quality)
    bench.run(2)
    assert int(bench.core["cause"]) == Cause.SIGNAL_INVALID


def test_a_pair_needs_its_flanges_and_a_band() -> None:
    wrong = TorquePair(APART, "dut.torque_est", "dut.speed", (FLANGE,) * 3, SHARE, 0.0, WINDOW_MS * MS)
    with pytest.raises(InputError, match="one flange or two, and band"):
        build_program(small_design(torque_pairs=(wrong,)))
