"""What befalls a dyno itself: restart, manual control, alarm, another host (F-17, F-39, F-48).

The drive lets go of the shaft (another host goes on holding it); the run ends in the controlled stop whose cause says
what happened, and nothing that energises is written to the drive any more.
"""

from collections.abc import Callable
from typing import Any

import pytest

from bench.base.time import NS_PER_S

Runner = Callable[..., Any]
CAUSES = {
    "restart": "an instrument was restarted (dyno_l restarted); arm again: the set-up was lost",
    "local": "somebody else controls an instrument (dyno_l under other control)",
    "alarm": "a dyno has tripped (dyno_l tripped); read the drive's error memory",
    "taken": "somebody else controls an instrument (dyno_l under other control)",
}
LENGTH = {"restart": "+1ms"}
"""A brown-out: whoever asks next finds the connection closed, and a drive without its set-up behind a fresh one."""


@pytest.fixture(scope="module")
def moments(smoke: Any) -> dict[str, float]:
    """Run times in s: turning slowly without torque, and in a measuring window."""
    armed = next(record.t_ns for record in smoke.journal if record.event == "armed")
    settled = [record.t_ns for record in smoke.journal if record.event == "settled"]
    return {"idle": armed / 1e9 + 0.2, "loaded": settled[1] / 1e9 + 0.5}


@pytest.mark.parametrize("moment", ["idle", pytest.param("loaded", marks=pytest.mark.slow)])
@pytest.mark.parametrize("kind", CAUSES)
def test_the_run_ends_in_the_controlled_stop_that_says_what_happened(
    run_of: Runner, moments: dict[str, float], kind: str, moment: str
) -> None:
    begin_s = moments[moment]
    written: list[tuple[int, float]] = []

    def look(made: Any) -> bool:
        inputs, t_ns = made.world.bench.plant.inputs[0], int(made.state.core["t_ns"][0])
        written.append((t_ns, float(inputs["dyno_l_on"])))
        return False

    run = run_of("smoke", f"dyno_l.{kind}@{begin_s:.3f}s{LENGTH.get(kind, '')}", watch=look)
    assert (run.verdict.verdict, run.verdict.outcome, run.verdict.exit_code) == ("failed", "stopped", 3)
    assert run.verdict.reasons[0].startswith(CAUSES[kind])
    stop = next(record for record in run.journal if record.event == "core_stop")
    assert begin_s * NS_PER_S < stop.t_ns < (begin_s + 0.4) * NS_PER_S
    assert stop.data["stop_class"] == "controlled"
    rungs = [rung["rung"] for rung in run.told("core_rung") if rung["outcome"] == "entered"]
    assert rungs[:3] == ["torque to zero", "speed down", "inverter off"]
    if kind != "taken":
        assert not any(on for t_ns, on in written if t_ns > begin_s * NS_PER_S + 1)


def test_a_restart_that_takes_long_is_a_silent_instrument(run_of: Runner, moments: dict[str, float]) -> None:
    run = run_of("smoke", f"dyno_l.restart@{moments['idle']:.3f}s+10s")
    assert run.verdict.reasons[0].startswith("an instrument is silent (dyno_l silent)")


@pytest.mark.slow
def test_the_same_seed_meets_the_same_answers_and_another_others(run_of: Runner, moments: dict[str, float]) -> None:
    line = f"dyno_r.late:100ms,30%@{moments['loaded']:.3f}s+1s"
    first, again, other = (run_of("smoke", line, seed=seed, log_full=True) for seed in (3, 3, 4))
    inbox = [(run.folder / "inbox.log").read_bytes() for run in (first, again, other)]
    assert inbox[0] == inbox[1] != inbox[2]
