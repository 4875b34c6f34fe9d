"""Errors are drawn once a run, inside their limits, and fill them."""

import numpy as np
import pytest
from instrument_bench import OUTPUT_NAMES, Truth, wiring

from bench.emulators.instruments.accuracy import AnalyzerAccuracy, ErrorDraw, FlangeAccuracy, draw_flange
from bench.emulators.instruments.analyzer_model import AnalyzerModel, InputSetup, MotorSetup, Setup

RUNS = 400


def setup() -> Setup:
    motor = MotorSetup((2000.0, 90_000.0), (-2000.0, 30_000.0), pulses=1024)
    items = [("P", (1,)), ("P", (2, 3, 4)), ("TORQUE", (1,)), ("TORQUE", (2,))]
    inputs = {n: InputSetup(600.0, 1.0, ct=500.0) for n in range(1, 7)}
    return Setup(inputs, {1: motor, 2: motor}, items, len(items))


def rows(seed: int) -> np.ndarray:
    return AnalyzerModel(wiring(), OUTPUT_NAMES, AnalyzerAccuracy(), ErrorDraw(seed, "analyzer")).rows(setup())


def test_the_same_seed_draws_the_same_errors_and_another_others() -> None:
    assert rows(1).tolist() == rows(1).tolist()
    assert rows(1).tolist() != rows(2).tolist()


def test_dc_power_stays_in_reading_and_range_limits_and_fills_them() -> None:
    """+-(0.02 % of reading + 0.05 % of 600 V x 500 A); current set for a 1000 A transformer reads a half."""
    drawn = [rows(seed)[0] for seed in range(RUNS)]
    gains = np.array([row["gain"] for row in drawn]) * 2.0 - 1.0
    offsets = np.array([row["offset"] for row in drawn])
    for values, limit in ((gains, 2e-4), (offsets, 5e-4 * 600.0 * 500.0)):
        assert np.abs(values).max() <= limit
        assert np.std(values) == pytest.approx(limit / np.sqrt(3.0), rel=0.1)
        assert abs(np.mean(values)) < 0.15 * limit


def test_three_phases_have_three_independent_errors() -> None:
    offsets = np.array([rows(seed)[1]["offset"] for seed in range(RUNS)])
    assert np.std(offsets) == pytest.approx(np.sqrt(3.0) * 5e-4 * 600.0 * 500.0 / np.sqrt(3.0), rel=0.1)


def test_flanges_share_their_sensitivity() -> None:
    only_shared = FlangeAccuracy(linearity=0.0, repeatability=0.0, zero_nm=0.0, tk0=0.0, tkc=0.0)
    draw = ErrorDraw(3, "analyzer")
    left = draw_flange(draw, "flange_l", only_shared, 2000.0)
    right = draw_flange(draw, "flange_r", only_shared, 2000.0)
    assert left.gain == right.gain != 1.0
    assert left.offset_nm == 0.0
    own = FlangeAccuracy(sensitivity=0.0)
    assert draw_flange(draw, "flange_l", own, 2000.0) != draw_flange(draw, "flange_r", own, 2000.0)


def test_a_perfect_instrument_shows_the_truth() -> None:
    truth = Truth(torque_l_nm=500.0)
    perfect = FlangeAccuracy(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    accuracy = AnalyzerAccuracy(flanges={"flange_l": perfect})
    row = AnalyzerModel(wiring(), OUTPUT_NAMES, accuracy, ErrorDraw(3, "a")).rows(setup())[2]
    assert row["gain"] * truth.vector[row["source"]] + row["offset"] == pytest.approx(500.0, abs=1e-9)
