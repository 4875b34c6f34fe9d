"""Expired calibrations: refused on a real bench with the place in the rig file, or overridden by name and journaled."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.base.errors import InputError
from bench.base.time import VIRTUAL_EPOCH_S
from bench.config.calibration import calibrations, expired
from bench.config.located import Located
from bench.config.rig import Rig, load_rig
from bench.config.search import find
from bench.record.journal import read_journal
from bench.service.calibration import allowed
from bench.service.preparation import Prepared, prepare, remarks
from bench.service.run_folder import Labels
from bench.service.virtual_run import run_virtual

TODAY = "2031-06-15"
OLD, LAST_DAY = "2031-06-14", "2031-06-15"


@pytest.fixture(scope="module")
def rig_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Analyzer and left flange are over their date, sensor and right flange have their last day."""
    text = find("rig", "e_axle_demo").read_text()
    text = text.replace("  sync: I2", f'  certificate: {{number: WT-7, due: "{OLD}"}}\n  sync: I2')
    text = text.replace("ratio: 1000}", f'ratio: 1000, certificate: {{number: C-9, due: "{LAST_DAY}"}}}}', 1)
    text = text.replace("2099-12-31", OLD, 1).replace("2099-12-31", LAST_DAY, 1)
    path = tmp_path_factory.mktemp("rigs") / "old.yaml"
    path.write_text(text)
    return path


@pytest.fixture(scope="module")
def rig(rig_file: Path) -> Located[Rig]:
    return load_rig(rig_file)


@pytest.fixture(scope="module")
def prepared(rig_file: Path) -> Prepared:
    return prepare("smoke", str(rig_file))


def test_every_part_with_a_certificate_has_a_name(rig: Located[Rig]) -> None:
    assert [found.name for found in calibrations(rig.value)] == ["analyzer", "sensor_dc", "flange_l", "flange_r"]


@pytest.mark.parametrize(
    ("today", "names"),
    [
        (OLD, []),
        (LAST_DAY, ["analyzer", "flange_l"]),
        ("2031-06-16", ["analyzer", "sensor_dc", "flange_l", "flange_r"]),
        ("2030-12-31", []),
    ],
)
def test_a_calibration_is_good_to_the_end_of_its_last_day(rig: Located[Rig], today: str, names: list[str]) -> None:
    assert [found.name for found in expired(rig.value, today)] == names


def test_what_has_expired_is_refused_with_its_place_and_two_remedies(rig_file: Path, prepared: Prepared) -> None:
    with pytest.raises(InputError) as caught:
        allowed(prepared, TODAY, ())
    lines = rig_file.read_text().split("\n")
    for problem, name in zip(caught.value.problems, ("analyzer", "flange_l"), strict=True):
        assert OLD in lines[problem.line - 1][problem.column - 1 :]
        told = f"the calibration of {name} expired on {OLD}; calibrate it, or run with --override-calibration {name}"
        assert problem.message == told


def test_a_name_that_is_none_is_refused_with_a_hint(prepared: Prepared) -> None:
    with pytest.raises(InputError, match="'flange_left' has no calibration in this rig; did you mean 'flange_l'"):
        allowed(prepared, TODAY, ("analyzer", "flange_left"))


def test_nothing_expired_changes_nothing(prepared: Prepared) -> None:
    assert allowed(prepared, OLD, ("analyzer",)) is prepared


def test_what_is_overridden_stands_in_the_journal_and_makes_uncertainties_assumed(
    prepared: Prepared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bench.service.virtual_run.write_report", lambda *_: None)
    blueprint = allowed(prepared, TODAY, ("flange_l", "analyzer")).blueprint
    assert blueprint.context.budget.basis == "assumed"
    result = run_virtual(blueprint, tmp_path, Labels("virtual", 1, VIRTUAL_EPOCH_S))
    records, _ = read_journal((result.folder / "journal.jsonl").read_bytes())
    events = [record.event for record in records]
    told = [record.data for record in records if record.event == "calibration_overridden"]
    assert told == [
        {"name": "analyzer", "certificate": "WT-7", "due": OLD},
        {"name": "flange_l", "certificate": "DEMO-40231", "due": OLD},
    ]
    assert events.index("calibration_overridden") < events.index("arming")


def test_the_check_tells_what_a_real_bench_would_refuse(prepared: Prepared) -> None:
    said = [text for text in remarks(prepared.blueprint, TODAY) if "calibration" in text]
    assert said == [f"the calibration of {name} expired on {OLD}" for name in ("analyzer", "flange_l")]
    assert not [text for text in remarks(prepared.blueprint, OLD) if "calibration" in text]


def test_a_run_on_hardware_ends_before_anything_is_opened(
    rig_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bench.cli.options import WorldName
    from bench.cli.worlds import with_calibrations

    def never(*_: Any) -> Callable[[], None]:
        raise AssertionError("an instrument was asked for")

    monkeypatch.setattr("bench.service.hardware_run.VisaLink", never)
    monkeypatch.setattr("bench.cli.worlds.time.strftime", lambda _form: TODAY)
    ready = prepare("smoke", str(rig_file))
    with pytest.raises(InputError, match="--override-calibration flange_l"):
        with_calibrations(WorldName.HARDWARE, ready, ())
    with pytest.raises(InputError, match="emulated instruments do not expire"):
        with_calibrations(WorldName.VIRTUAL, ready, ("flange_l",))
    assert with_calibrations(WorldName.VIRTUAL, ready, ()) is ready
