"""What independent instruments show of the same power agrees within what each of them states."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pytest
from asammdf import MDF

from bench.analysis.uncertainty import RAD_S_PER_RPM
from bench.config.rig import load_rig
from bench.config.search import find
from bench.emulators.instruments.ak_dyno import DriveNameplate
from bench.emulators.instruments.supply import SupplyNameplate
from bench.plant.parameters import SourceParameters

_MARGIN_S = 0.2
"""Instruments look at intervals of their own: a window is compared without its edges."""


class Shown(NamedTuple):
    """Means over one measuring window."""

    range_w: float
    dc_a: float
    dc_w: float
    supply_v: float
    supply_a: float
    flanges_nm: tuple[float, ...]
    dynos_nm: tuple[float, ...]
    flange_rpm: float
    dyno_rpm: float


@pytest.fixture(scope="module")
def windows(quick_map: Any) -> list[Shown]:
    with MDF(quick_map.folder / "samples.mf4") as mdf:
        return [Shown(*_means(mdf, row)) for row in quick_map.points]


def _means(mdf: MDF, row: dict[str, Any]) -> Iterator[Any]:
    start_s, end_s = row["start_ns"] * 1e-9 + _MARGIN_S, row["end_ns"] * 1e-9 - _MARGIN_S

    def mean(channel: str) -> float:
        samples = mdf.get(channel).cut(start_s, end_s).samples
        assert len(samples) >= 5, (channel, len(samples))
        return float(np.mean(samples))

    yield row["range_dc_v"] * row["range_dc_a"]
    yield from map(mean, ("dc.current", "dc.power", "supply.voltage", "supply.current"))
    for part in ("flange", "dyno"):
        yield tuple(mean(f"{part}_{side}.torque") for side in "lr")
    for part in ("flange", "dyno"):
        yield mean(f"{part}_l.speed")


def test_the_supply_gives_what_the_analyzer_takes_in_and_the_cable_burns(windows: list[Shown]) -> None:
    rated = load_rig(find("rig", "e_axle_demo")).value
    plate = SupplyNameplate()
    limit_v = plate.voltage_accuracy / 100.0 * rated.supply.voltage_max
    limit_a = plate.current_accuracy / 100.0 * rated.supply.current_max
    ohm = SourceParameters().cable_resistance_ohm
    dc = rated.analyzer.elements["dc"]
    assert len(windows) == 12 and {shown.dc_w > 0 for shown in windows} == {True, False}
    for shown in windows:
        cable_w = ohm * shown.dc_a**2
        stated_w = limit_v * abs(shown.supply_a) + limit_a * shown.supply_v
        stated_w += dc.power.reading / 100.0 * abs(shown.dc_w) + dc.power.range / 100.0 * shown.range_w
        assert abs(shown.supply_v * shown.supply_a - shown.dc_w - cable_w) <= stated_w, shown


def test_the_dynos_absorb_what_the_flanges_pass_on(windows: list[Shown]) -> None:
    rated = load_rig(find("rig", "e_axle_demo")).value
    accuracy = DriveNameplate().torque_accuracy / 100.0
    limits_nm = [accuracy * dyno.torque_max for dyno in rated.dynos.values()]
    for shown in windows:
        omega = shown.flange_rpm * RAD_S_PER_RPM
        assert shown.dyno_rpm == pytest.approx(shown.flange_rpm, rel=1e-3)
        apart_w = (sum(shown.flanges_nm) + sum(shown.dynos_nm)) * omega
        assert abs(apart_w) <= sum(limits_nm) * omega, shown
