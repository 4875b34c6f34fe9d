"""The emulated insulation monitor by itself, and its database against another reader of it."""

from dataclasses import replace

import cantools
import numpy as np
import pytest

from bench.base.errors import InputError
from bench.canbus.database import Database
from bench.canbus.joined import joined
from bench.config.search import find
from bench.emulators.factory import factory_databases
from bench.emulators.insulation import make_monitor, measure, restart

S = 1_000_000_000


def shown(own: np.ndarray, ohm: float, seconds: int, start_s: int = 0) -> list[float]:
    """What it shows each second while ``ohm`` is there."""
    told = []
    for second in range(start_s + 1, start_s + seconds + 1):
        measure(own[0], ohm, False, second * S)
        told.append(float(own["shown_ohm"][0]))
    return told


def test_it_shows_the_mean_of_its_last_three_measurements() -> None:
    own = make_monitor(6e6, present=True)
    assert shown(own, 6e6, 2) == [6e6, 6e6]
    assert shown(own, 30e3, 4, 2) == pytest.approx([4.01e6, 2.02e6, 30e3, 30e3])
    assert shown(own, 1e9, 3, 6)[-1] == 50e6  # p.22: 50,000 kohm at most


def test_anew_it_tests_itself_and_then_measures() -> None:
    own = make_monitor(6e6, present=True)
    restart(own[0], 10 * S)
    assert shown(own, 40e3, 4, 10) == [6e6] * 4 and own["outdated"][0] == 1
    assert shown(own, 40e3, 2, 14) == [6e6, 40e3] and own["outdated"][0] == 0


def test_a_failing_one_shows_an_old_value_and_says_so() -> None:
    own = make_monitor(6e6, present=True)
    measure(own[0], 20e3, True, 5 * S)
    assert (own["shown_ohm"][0], own["outdated"][0]) == (6e6, 1)


def test_a_frame_typed_from_the_manual_is_read_alike() -> None:
    """p.15: words with the low byte first, R_ISO, D_IMC_STATUS, D_VIFC_STATUS; bits of p.21 and p.24."""
    data = bytes.fromhex("2c0130000131")  # 300 kohm; warning, self test; off, outdated, both self tests missing
    ours = Database.load(find("dbc", "bender_iso165c")).decode(0x37, data)
    theirs = cantools.database.load_file(find("dbc", "bender_iso165c")).decode_message(0x37, data)
    assert {name: float(value) for name, value in ours.items()} == {n: float(v) for n, v in theirs.items()}
    told = {name for name, value in ours.items() if value == 1}
    assert told == {
        "II_IMC_SELF_TEST", "II_IMC_INSULATION_WARNING", "II_VIFC_MEASUREMENT_OFF", "II_VIFC_R_ISO_OUTDATED",
        "II_VIFC_SELF_TEST_MISSING", "II_VIFC_CONFIG_TEST_MISSING",
    }  # fmt: skip
    assert ours["II_IMC_R_ISO"] == 300e3


def test_one_channel_has_one_source() -> None:
    names = [message.name for message in factory_databases(monitor=True)["bench_io"].messages]
    assert "IMD_Info" in names and "IMD_STATUS" not in names and "IO_STATUS" in names
    own = Database.load(find("dbc", "bench_io"))
    silent = Database("other.dbc", [own.message("DYNO_L_CMD")], ())
    assert len(joined(own, silent).messages) == len(own.messages)
    message = own.message("IO_STATUS")
    bare = replace(message, signals=tuple(replace(signal, channel="") for signal in message.signals))
    with pytest.raises(InputError, match=r"IO_STATUS has the identifier of IO_STATUS in .*bench_io.dbc; change one"):
        joined(own, Database("other.dbc", [bare], ()))
