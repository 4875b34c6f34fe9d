"""``bench perf instruments`` measures what it says; the figures themselves are the machine's."""

import pytest

from bench.service.perf.instruments import measure


@pytest.mark.slow
@pytest.mark.alone
def test_every_row_is_there_and_no_update_is_lost() -> None:
    rows = {row.what: row for row in measure(rounds=1, updates=500, virtual_s=5)}
    named = iter(rows)
    for words in ("a reading", "zeros", "line ends", "random", "pyvisa-py", "questions answered", "a sweep over 4"):
        assert words in next(named)
    night = next(what for what in rows if what.startswith("8 virtual hours"))
    assert "5 instruments at 20 Hz" in night
    assert all(row.value > 0 for what, row in rows.items() if "updates" not in what)
    assert all(row.goal is not None for row in rows.values())
    lost = {what: row for what, row in rows.items() if "updates" in what}
    assert [row.met for row in lost.values()] == [True, True]
    assert all(499 <= int(what.split()[1]) <= 500 for what in lost)
