"""Channels made of others: the first case that holds, as good as the worst of what was looked at."""

import pytest
from small_bench import CHANNELS, STATE_REQUEST, Bench, of_kind, small_design

from bench.base.derived import Case, Derived
from bench.base.errors import InputError
from bench.base.quality import GOOD, WRONG
from bench.base.records import EV_WORD
from bench.core import inbox
from bench.core.program import build_program

READY_WORD, RUN_WORD = 5.0, 6.0
STATE = Derived(
    "dut.state",
    (
        Case(3.0, (("dut.dc_voltage", RUN_WORD, RUN_WORD),)),
        Case(2.0, (("dut.dc_voltage", READY_WORD, READY_WORD), ("dut.state_request", 0.5, 2.0))),
    ),
)
ENABLE = Derived("dut.dc_current", (Case(1.0, (("dut.state_request", 1.5, 2.0),)),))


def derived_bench() -> Bench:
    bench = Bench(small_design(derived=(STATE, ENABLE), words=("dut.winding_temp",), limits=()))
    for name in ("dut.state", "dut.winding_temp"):
        del bench.keep[name]
    return bench


def test_the_first_case_that_holds_counts() -> None:
    bench = derived_bench().armed()
    for word, request, state in ((4.0, 0.0, 0.0), (5.0, 0.0, 0.0), (5.0, 1.0, 2.0), (6.0, 0.0, 3.0), (6.5, 2.0, 0.0)):
        bench.read("dut.dc_voltage", word)
        bench.command(inbox.set_point(STATE_REQUEST, request))
        bench.run(1)
        assert bench.value("dut.state") == state


def test_a_command_follows_its_set_point_in_the_same_cycle() -> None:
    bench = derived_bench().armed()
    assert bench.value("dut.dc_current") == 0.0
    bench.command(inbox.set_point(STATE_REQUEST, 2.0))
    bench.run(1)
    assert bench.value("dut.dc_current") == 1.0


def test_one_that_is_certain_rests_on_good_values_only_and_is_always_good() -> None:
    """A warning lamp: dark only while it is known that there is no voltage."""
    lamp = Derived("dut.dc_current", (Case(0.0, (("dut.dc_voltage", -60.0, 60.0),)),), otherwise=1.0, certain=True)
    bench = Bench(small_design(derived=(lamp,), limits=()))
    made = bench.state.image[CHANNELS.index("dut.dc_current")]
    bench.run(1)
    assert (made["value"], made["quality"]) == (1.0, GOOD)
    for volts, quality, lit in ((12.0, GOOD, 0.0), (400.0, GOOD, 1.0), (12.0, WRONG, 1.0), (12.0, GOOD, 0.0)):
        bench.read("dut.dc_voltage", volts, quality)
        bench.run(1)
        assert (made["value"], made["quality"]) == (lit, GOOD)


def test_it_is_as_good_and_as_old_as_what_it_is_made_of() -> None:
    bench = derived_bench()
    bench.run(1)
    made = bench.state.image[CHANNELS.index("dut.state")]
    assert made["quality"] != GOOD
    bench.read("dut.dc_voltage", RUN_WORD)
    bench.run(1)
    heard_ns = bench.t_ns
    bench.run(20)
    assert made["quality"] == GOOD and made["arrived_ns"] == heard_ns
    bench.read("dut.dc_voltage", RUN_WORD, WRONG)
    bench.run(1)
    assert made["quality"] == WRONG


def test_a_word_is_told_when_it_changes_and_once_a_second_at_most() -> None:
    bench = derived_bench()
    bench.run(5)
    for word in (0.0, 2048.0, 2049.0):
        bench.read("dut.winding_temp", word)
        bench.run(10)
    assert [(e["value"], e["id"]) for e in of_kind(bench.told, EV_WORD)] == [(2048.0, 0)]
    bench.run(1000)
    assert [e["value"] for e in of_kind(bench.told, EV_WORD)] == [2048.0, 2049.0]


def test_a_set_point_is_not_derived() -> None:
    wrong = Derived("dut.state_request", ())
    with pytest.raises(InputError, match="one writer"):
        build_program(small_design(derived=(wrong,)))
    with pytest.raises(InputError, match="does not exist"):
        build_program(small_design(derived=(Derived("dut.state", (Case(1.0, (("no.such", 0.0, 1.0),)),)),)))
