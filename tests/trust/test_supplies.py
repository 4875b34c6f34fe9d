"""Every supply serves a whole run in the virtual world: armed, charged, measured and discharged through its bytes."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.assembly import draw, load_inputs
from bench.base.errors import InputError
from bench.config.rig import load_rig
from bench.config.search import find
from bench.service.fault_lines import read_faults

Runner = Callable[..., Any]

RIGS = {
    "itech_it6000c": ("ITECH", "IT6054C-500-1440", "over_power: 264 kW", "over_power: 244 kW"),
    "keysight_rp7900": ("Keysight", "RP7985A", "over_power: 264 kW", "over_power: 264 kW"),
}


def rig_with(driver: str, folder: Path) -> str:
    """The demonstration rig with another supply; a threshold that the device cannot have is changed too."""
    maker, model, *threshold = RIGS[driver]
    text = find("rig", "e_axle_demo").read_text()
    for old, new in (("driver: ea_psb", f"driver: {driver}"), ("maker: EA", f"maker: {maker}"),
                     ("model: PSB 10500-180", f"model: {model}"), tuple(threshold)):  # fmt: skip
        assert old in text
        text = text.replace(old, new)
    path = folder / f"{driver}.yaml"
    path.write_text(text)
    return str(path)


@pytest.mark.slow
@pytest.mark.parametrize("driver", RIGS)
def test_the_smoke_plan_passes_with_it(driver: str, run_of: Runner, smoke: Any, tmp_path: Path) -> None:
    peers = []
    run = run_of("smoke", rig=rig_with(driver, tmp_path), watch=lambda made: peers.append(made.world.devices["supply"]))
    assert run.verdict.verdict == "passed", run.verdict
    assert (peers[0].unknown, peers[0].status.next_error()[0]) == (0, 0)
    for point, same in zip(run.points, smoke.points, strict=True):
        assert abs(point["eta_edu"] - same["eta_edu"]) <= same["u_eta_edu"]


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("over_power: 264 kW", "over_power: 239 kW", "supply: Keysight RP7900: has no over-power threshold"),
        (
            "watchdog: 2 s #",
            "watchdog: 2500 ms #",
            "supply: Keysight RP7900: its watchdog takes whole seconds, not 2.5 s",
        ),
    ],
)
def test_a_rig_file_that_asks_too_much_of_its_supply_is_refused(
    old: str, new: str, complaint: str, tmp_path: Path
) -> None:
    path = Path(rig_with("keysight_rp7900", tmp_path))
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(InputError, match=re.escape(complaint)):
        draw(load_inputs("smoke", str(path)))


FAULTS = {
    "restart": "an instrument was restarted (supply restarted); arm again: the set-up was lost",
    "local": "somebody else controls an instrument (supply under other control)",
    "alarm": "the DC supply has tripped (supply alarm)",
}


@pytest.mark.parametrize("kind", FAULTS)
def test_what_befalls_the_supply_ends_in_the_controlled_stop_that_says_so(
    kind: str, run_of: Runner, smoke: Any
) -> None:
    """F-17, F-39, F-48: a brown-out, somebody at its panel, an alarm of its own, each in a measuring window."""
    settled_ns = next(record.t_ns for record in smoke.journal if record.event == "settled")
    begin_s = settled_ns / 1e9 + 0.5
    run = run_of("smoke", f"supply.{kind}@{begin_s:.3f}s{'+1ms' if kind == 'restart' else ''}")
    assert (run.verdict.verdict, run.verdict.outcome, run.verdict.exit_code) == ("failed", "stopped", 3)
    assert run.verdict.reasons[0].startswith(FAULTS[kind])
    stop = next(record for record in run.journal if record.event == "core_stop")
    assert begin_s < stop.t_ns / 1e9 < begin_s + 0.5


def test_a_fault_that_a_family_does_not_know_is_refused(tmp_path: Path) -> None:
    """The RP7900 goes back to remote control with the next message: nobody can take it away at its panel."""
    with pytest.raises(InputError, match="supply knows no fault 'local'"):
        read_faults(["supply.local@5s"], load_rig(Path(rig_with("keysight_rp7900", tmp_path))).value)
    assert read_faults(["supply.local@5s"], load_rig(Path(rig_with("itech_it6000c", tmp_path))).value)
