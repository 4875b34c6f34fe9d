"""What a rig asks of its power analyzer is held against that analyzer's nameplate, before anything is energised."""

import re
from pathlib import Path

import pytest

from bench.base.errors import InputError
from bench.config.located import Located
from bench.config.rig import Rig, load_rig
from bench.config.search import find, names
from bench.layout.analyzer import analyzer_problems
from drivers.power_analyzers.nameplates import NAMEPLATES

DEMO = find("rig", "e_axle_demo").read_text()


def rig_of(folder: Path, *changes: tuple[str, str]) -> Located[Rig]:
    text = DEMO
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    (folder / "rig.yaml").write_text(text)
    return load_rig(folder / "rig.yaml", "rig.yaml")


@pytest.mark.parametrize("name", names("rig"))
def test_the_rigs_that_come_with_the_bench_fit_their_analyzer(name: str) -> None:
    assert list(analyzer_problems(load_rig(find("rig", name)))) == []


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ([("update: 50 ms", "update: 60 ms")], "updates every 10, 50, 100, 200"),
        ([("voltage_ranges: [15 V, 30 V]", "voltage_ranges: [15 V, 25 V]")], "no range of 25 at its input"),
        ([("ratio: 1000", "ratio: 1500")], "no range of 0.0133333 at its input"),
        ([("yokogawa_wt5000", "yokogawa_wt3000e")], "Yokogawa WT3000E has 4 inputs; correct it, or leave 'field' out"),
        ([("yokogawa_wt5000", "yokogawa_wt1800e")], "1 motor input(s); correct it, or bring the flange by CAN"),
        ([("pulses_per_rev: 1024", "pulses_per_rev: 18000")], "counts 9999 pulses a revolution at most"),
        ([("yokogawa_wt5000", "zes_lmg670")], "LMG670 cannot sum the powers of inputs wired 3V3A; choose of 1P2W, "),
        (
            [("yokogawa_wt5000", "zes_lmg670"), ("sync: I2", "sync: I2\n  frequency_filter: 500 Hz")],
            "the filter for the synchronisation of a ZES LMG670 is not known here; leave it out",
        ),
    ],
)
def test_what_the_analyzer_does_not_have_is_told_with_its_place(
    tmp_path: Path, changes: list[tuple[str, str]], wanted: str
) -> None:
    found = [str(problem) for problem in analyzer_problems(rig_of(tmp_path, *changes))]
    assert any(wanted in problem for problem in found), found
    assert all(re.match(r"rig\.yaml:[0-9]+:[0-9]+: ", problem) for problem in found)


def test_a_driver_from_another_package_is_not_judged(tmp_path: Path) -> None:
    assert list(analyzer_problems(rig_of(tmp_path, ("yokogawa_wt5000", "somebodys_own"), ("50 ms", "60 ms")))) == []


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ("update: 50 ms\n", "update: 50 ms\n  lowest_frequency: 10 Hz\n", "raise it to 100 ms or more"),
        ("sync: I2", "sync: I7", "input 7 is wired to nothing"),
        ("inputs: [2, 3, 4]", "inputs: [2, 3]", "3V3A has 3 inputs, not 2"),
        ("inputs: [2, 3, 4]", "inputs: [2, 4, 3]", "must be neighbours, lowest first"),
        ("sync: I2", "sync: motor", "is no synchronisation source"),
        (
            "power: {reading: 0.03 %, range: 0.05 %}",
            "power: {reading: 1 %, range: 1 %, above: [{from: 66 Hz, reading: 1 %, range: 1 %},"
            " {from: 45 Hz, reading: 1 %, range: 1 %}]}",
            "bands must rise in frequency",
        ),
    ],
)
def test_what_contradicts_itself_in_the_file_is_refused(tmp_path: Path, old: str, new: str, wanted: str) -> None:
    with pytest.raises(InputError, match=wanted):
        rig_of(tmp_path, (old, new))


@pytest.mark.parametrize("plate", NAMEPLATES.values(), ids=lambda plate: plate.name)
def test_every_nameplate_tells_where_its_figures_come_from(plate: object) -> None:
    sources = set(plate.sources)  # type: ignore[attr-defined]
    assert {"inputs", "updates", "ranges"} <= sources <= {"inputs", "updates", "ranges", "wirings", "pulses"}
    for ranges in (plate.voltage_ranges_v, plate.current_ranges_a, plate.updates_ms):  # type: ignore[attr-defined]
        assert list(ranges) == sorted(set(ranges))
    table = plate.accuracy  # type: ignore[attr-defined]
    for bands in (table.voltage, table.current, table.power) if table else ():
        assert bands[0].from_hz == 0.0 and [b.from_hz for b in bands] == sorted({b.from_hz for b in bands})
