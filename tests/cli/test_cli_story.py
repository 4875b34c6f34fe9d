"""What a progress display makes of a journal."""

import json
from pathlib import Path

from bench.base.time import NS_PER_S
from bench.cli.story import Story
from bench.cli.tail import Tail


def told(*records: tuple[float, str, dict[str, object]]) -> Story:
    story = Story()
    for t_s, event, data in records:
        story.take(round(t_s * NS_PER_S), event, data)
    return story


START = (0.0, "run_started", {"title": "Map", "points": 4, "estimate_s": 500.0})


def test_time_to_go_is_the_estimate_until_points_show_the_pace() -> None:
    assert told(START).remaining_s(100 * NS_PER_S) == 400.0
    story = told(START, (100.0, "point_started", {"point": 1}), (160.0, "point", {"eta_edu": 0.9}))
    assert story.remaining_s(160 * NS_PER_S) == 180.0


def test_points_efficiency_and_flags_are_counted() -> None:
    story = told(
        START,
        (1.0, "point_started", {"point": 1, "speed_rpm": 2000.0, "torque_nm": -50.0}),
        (2.0, "point", {"eta_edu": 0.9123, "verdict": "accepted"}),
        (3.0, "point_started", {"point": 2, "speed_rpm": 2000.0, "torque_nm": 50.0}),
    )
    assert (story.done, story.flagged, story.last_eta, story.state) == (1, 0, 0.9123, "2000 rpm +50 Nm")
    story.take(4, "point", {"eta_edu": None, "verdict": "flagged", "reason": "derated"})
    assert (story.done, story.flagged, story.last_eta) == (2, 1, 0.9123)
    assert "derated" in story.news[-1].text


def test_drive_cycles_are_told_phase_by_phase() -> None:
    phase = {"cycle": "wltc_3b", "repetition": 2, "phase": "extra_high", "consumption_kwh_100km": 18.985, "reason": ""}
    story = told(START, (1.0, "cycle_started", {"cycle": "wltc_3b", "repetitions": 2, "seconds": 1800, "limited": []}))
    assert story.state == "wltc_3b: 2 x 0:30:00 h"
    story.take(2, "cycle_phase", phase)
    assert story.news[-1].text == "wltc_3b 2, extra high: 18.98 kWh/100 km"
    story.take(3, "cycle_phase", {**phase, "phase": "total", "reason": "torque off by 9.00 Nm"})
    assert story.news[-1].text == "wltc_3b 2, total: torque off by 9.00 Nm"
    limited = told(
        (1.0, "cycle_started", {"cycle": "us06", "repetitions": 1, "seconds": 600, "limited": [[3.0, 9, 8]]})
    )
    assert limited.news[-1].text == "the unit's envelope limits the torque at 1 seconds of the cycle"


def test_a_stop_is_told_at_once() -> None:
    story = told(START, (1.0, "stop_requested", {"cause": "stopped by the operator"}))
    assert story.stopping
    assert "stopped by the operator" in story.state


def test_a_half_written_line_waits_for_its_end(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    tail = Tail(path)
    assert not list(tail.news())
    line = json.dumps({"t_ns": 1, "event": "armed", "data": {}}) + "\n"
    path.write_text(line + line[:10])
    assert list(tail.news()) == [(1, "armed", {})]
    with path.open("a") as file:
        file.write(line[10:])
    assert list(tail.news()) == [(1, "armed", {})]
    tail.close()


def test_a_busy_machine_is_told_in_the_journal_s_words() -> None:
    means = "the emulated side stood still for 93 ms: this machine is busy; not a fault of the bench"
    story = told(START, (1.0, "emulators_stalled", {"stalls": 1, "stalled_s": 0.093, "means": means}))
    assert story.news[-1].text == means and story.state == "starting"


def test_news_bear_the_time_of_their_record_and_the_share_of_the_run_is_known_without_points() -> None:
    story = told((0.0, "run_started", {"title": "a night", "points": 0, "estimate_s": 100.0}))
    assert [(news.t_ns, news.text) for news in story.news] == [(0, "a night; about 0:01:40 h of bench time")]
    story.take(25_000_000_000, "notification", {"title": "warm", "text": "go on"})
    assert story.news[-1] == (25_000_000_000, "warm: go on")
    assert story.share_done(25_000_000_000) == 0.25
    assert told().share_done(0) is None
