"""Bench and bench-under-test speak through real bytes: where they misunderstand each other, no run passes.

In each test one side is told something else than the other: the bench gets a changed file, the emulated parts keep the
shipped ones (as on a real bench, where a file may be wrong but the hardware is what it is).
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bench.assembly
from bench.canbus.crc import CRC8_J1850
from bench.config.rig import load_rig
from bench.config.search import find
from drivers.power_analyzers import analyzer
from drivers.power_analyzers.settings import AnalyzerSettings, Item

Runner = Callable[..., Any]
SLOW = pytest.mark.slow
"""Seconds only together: what is quick already has two of a kind."""


def changed_database(tmp_path: Path, pattern: str, replacement: str, name: str = "edu_gen5") -> str:
    """A DUT file whose database differs from the shipped one in one place; its path."""
    text = find("dbc", name).read_text(encoding="latin-1")
    changed, count = re.subn(pattern, replacement, text)
    assert count == 1, "the database has no such line any more"
    (tmp_path / "changed.dbc").write_text(changed, encoding="latin-1")
    dut = find("dut", "gen5_bev").read_text()
    assert "dbc: edu_gen5" in dut
    path = tmp_path / "changed.yaml"
    path.write_text(dut.replace("dbc: edu_gen5", "dbc: changed.dbc"))
    return str(path)


# --- CRC -------------------------------------------------------------------------------------------------------------


def test_the_crc_table_is_that_of_sae_j1850() -> None:
    """Every entry by polynomial division bit by bit, and the check value of the catalogue (``123456789`` -> 0x4B)."""

    def divided(byte: int) -> int:
        rest = byte << 8
        for bit in range(15, 7, -1):
            if rest >> bit & 1:
                rest ^= 0x11D << (bit - 8)
        return rest

    assert [int(entry) for entry in CRC8_J1850] == [divided(byte) for byte in range(256)]
    crc = 0xFF
    for byte in b"123456789":
        crc = int(CRC8_J1850[crc ^ byte])
    assert crc ^ 0xFF == 0x4B


def test_one_wrong_entry_of_the_table_spoils_every_twentieth_frame_at_least() -> None:
    """So a wrong table cannot hide: three of ten frames stop the bench, and a hundred come each second."""
    random = np.random.default_rng(3).integers(0, 256, (2000, 9), np.uint8)
    wrong = CRC8_J1850.copy()
    wrong[0x5A] ^= 1

    def crc(table: np.ndarray, data: np.ndarray) -> int:
        value = 0
        for byte in data:
            value = int(table[value ^ int(byte)])
        return value

    differing = sum(crc(CRC8_J1850, row) != crc(wrong, row) for row in random)
    assert differing / len(random) == pytest.approx(9 / 256, rel=0.3)


def test_a_bench_that_computes_another_crc_than_the_inverter_hears_nothing_good(run_of: Runner, tmp_path: Path) -> None:
    """Another data id gives another CRC for the same bytes, as a wrong table would; for what the bench receives."""
    dut = changed_database(tmp_path, r'"E2EDataID" BO_ 272 4368', '"E2EDataID" BO_ 272 4369')
    run = run_of("smoke", dut=dut)
    assert (run.verdict.verdict, run.verdict.exit_code) == ("failed", 3)
    assert "wrong CRC" in run.stop_cause
    assert run.points == []


def test_an_inverter_does_not_obey_frames_with_another_crc(run_of: Runner, tmp_path: Path) -> None:
    dut = changed_database(tmp_path, r'"E2EDataID" BO_ 192 4288', '"E2EDataID" BO_ 192 4289')
    run = run_of("smoke", dut=dut)
    assert run.verdict.exit_code == 3
    assert "the inverter does not go to ready" in " ".join(run.verdict.reasons)
    assert run.told("sign_check") == []


@pytest.mark.parametrize(("mode", "word"), [(1, "ALT"), (2, "LOW")])
def test_another_data_id_mode_is_another_crc(run_of: Runner, tmp_path: Path, mode: int, word: str) -> None:
    dut = changed_database(tmp_path, r'"E2EDataIDMode" BO_ 272 0', f'"E2EDataIDMode" BO_ 272 {mode}')
    run = run_of("smoke", dut=dut)
    assert run.verdict.exit_code == 3, word
    assert "wrong CRC" in run.stop_cause


# --- scale factors ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("signal", "factor", "wrong", "cause"),
    [
        ("TorqueRequest", "0.05", "0.1", "dut.torque_echo"),
        ("TorqueEst", "0.05", "0.1", "dut.torque_est"),
        pytest.param("Speed", "0.5", "1", "speeds differ", marks=SLOW),
        pytest.param("DcVoltage", "0.02", "0.04", "over-voltage", marks=SLOW),
        pytest.param("DcCurrent", "0.05", "0.1", "dut.dc_current", marks=SLOW),
        pytest.param("FieldCurrent", "0.001", "0.002", "field.current", marks=SLOW),
    ],
)
def test_a_wrong_scale_factor_in_the_database_is_found(
    run_of: Runner, tmp_path: Path, signal: str, factor: str, wrong: str, cause: str
) -> None:
    dut = changed_database(tmp_path, rf"( SG_ {signal} : \S+ )\({factor},", rf"\g<1>({wrong},")
    run = run_of("smoke", dut=dut)
    assert run.verdict.verdict == "failed"
    assert cause in " ".join(run.verdict.reasons)
    assert run.points == []


# --- analyzer items --------------------------------------------------------------------------------------------------


@pytest.fixture
def swap(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """``swap(a, b)``: the driver asks for a where it ought to ask for b, and the other way round."""
    standard = analyzer.standard_items

    def apply(one: str, other: str) -> None:
        names = {one: other, other: one}

        def swapped(settings: AnalyzerSettings) -> Sequence[Item]:
            return tuple(replace(item, channel=names.get(item.channel, item.channel)) for item in standard(settings))

        monkeypatch.setattr(analyzer, "standard_items", swapped)

    return apply


@pytest.mark.parametrize(
    ("one", "other", "cause"),
    [
        ("dc.voltage", "dc.current", "voltage"),
        ("flange_l.torque", "flange_l.speed", "flange_l shows 0 Nm with its shunt signal"),
        pytest.param("dc.power", "ac.power", "dc.power", marks=SLOW),
        pytest.param("ac.voltage", "ac.current", "ac.voltage", marks=SLOW),
        pytest.param("ac.frequency", "aux.power", "ac.frequency", marks=SLOW),
        pytest.param("field.voltage", "field.current", "field.current", marks=SLOW),
        pytest.param("flange_l.torque", "flange_r.speed", "flange_l shows 0 Nm with its shunt signal", marks=SLOW),
        pytest.param("flange_l.power", "dc.power", "dc.power", marks=SLOW),
    ],
)
def test_two_swapped_analyzer_items_are_found(
    run_of: Runner, swap: Callable[[str, str], None], one: str, other: str, cause: str
) -> None:
    swap(one, other)
    run = run_of("smoke")
    assert run.verdict.verdict == "failed"
    assert cause in " ".join(run.verdict.reasons)
    assert run.points == []


# --- flanges ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def true_rig(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The emulated parts are wired as the shipped rig file says, whatever the bench under test believes."""
    wired = load_rig(find("rig", "e_axle_demo")).value
    make = bench.assembly.make_world
    monkeypatch.setattr(bench.assembly, "make_world", lambda _rig, *rest, **more: make(wired, *rest, **more))
    return iter(())


@pytest.mark.parametrize("flange", ["flange_l", "flange_r"])
def test_a_flange_that_is_mounted_the_other_way_round_is_found(run_of: Runner, flange: str) -> None:
    run = run_of("smoke", f"{flange}.flipped@0s")
    assert run.verdict.verdict == "failed"
    assert f"change of {flange}.torque" in " ".join(run.verdict.reasons)
    assert run.points == []


def test_a_flipped_sign_in_the_rig_file_is_found(run_of: Runner, tmp_path: Path, true_rig: None) -> None:
    text = find("rig", "e_axle_demo").read_text()
    changed, count = re.subn(r"(  flange_l:\n(?:    .*\n)*?    sign: )1\n", r"\g<1>-1\n", text)
    assert count == 1
    path = tmp_path / "flipped.yaml"
    path.write_text(changed)
    run = run_of("smoke", rig=str(path))
    assert run.verdict.verdict == "failed"
    assert "change of flange_l.torque" in " ".join(run.verdict.reasons)
    assert run.points == []


def test_the_same_bench_without_any_of_this_passes(smoke: Any) -> None:
    assert (smoke.verdict.verdict, smoke.verdict.exit_code, smoke.verdict.reasons) == ("passed", 0, ())
