"""Links against emulated instruments: order, pace, recovery, and what is never repeated or shifted."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from instrument_bench import OUTPUT_NAMES, Truth, Wire, wiring, yokogawa

from bench.base.errors import DeviceError, LinkError
from bench.base.quality import Quality
from bench.base.records import IMAGE
from bench.base.time import NS_PER_MS, NS_PER_S
from bench.emulators.instruments.ak_dyno import AkDynoEmulator
from bench.emulators.instruments.ea_psb import EaPsbEmulator
from bench.emulators.instruments.faults import Fault, FaultScript
from bench.emulators.instruments.supply import SupplyNameplate
from bench.links.face import ImageFace
from bench.links.link import LinkCounters, Pace, link
from bench.links.mailbox import Mailbox, Question
from drivers.dynos.ak_dyno import AkDyno
from drivers.power_analyzers.settings import AnalyzerSettings, Element, MotorInput
from drivers.power_analyzers.yokogawa_wt import YokogawaWT5000
from drivers.supplies.ea_psb import EaPsb

CHANNELS = ("supply.voltage_cmd", "supply.current_cmd", "supply.sink_current_cmd", "supply.output_cmd")
S = NS_PER_S


class SupplyBench:
    """A supply's link, its emulator, and a core image to command it from."""

    def __init__(self, *faults: Fault) -> None:
        self.truth = Truth(u_supply_v=400.0, i_supply_a=10.0)
        plate = SupplyNameplate(voltage_accuracy=0.0, current_accuracy=0.0, noise=0.0)
        self.peer = EaPsbEmulator(
            self.truth.measured, OUTPUT_NAMES, self.truth.inputs, plate, faults=FaultScript(faults)
        )
        self.image = np.zeros(len(CHANNELS), IMAGE)
        self.mailbox, self.counters = Mailbox(), LinkCounters()
        self.driver = EaPsb()
        self.driver.bind({name: i for i, name in enumerate(self.driver.channels)}.__getitem__)
        self.wire = Wire(self.peer)
        self.job = link(
            self.driver, ImageFace(self.image, CHANNELS.index), self.mailbox, Pace(50 * NS_PER_MS), self.counters
        )
        self.answers: list[Any] = []

    def ask(self, what: str, **arguments: float) -> None:
        self.mailbox.put(Question(what, arguments, self.answers.append, self.answers.append))

    def start(self) -> "SupplyBench":
        self.ask("identify")
        self.ask("set_up")
        self.run(0.5)
        assert len(self.answers) == 2 and all(isinstance(a, Mapping) for a in self.answers), self.answers
        return self

    def run(self, until_s: float) -> None:
        self.wire.run(self.job, round(until_s * S))

    def command(self, **values: float) -> None:
        for name, value in values.items():
            self.image["value"][CHANNELS.index(f"supply.{name}")] = value

    @property
    def posts(self) -> list[Any]:
        return self.wire.posts


def test_nothing_is_sent_before_it_is_asked() -> None:
    bench = SupplyBench()
    bench.run(1.0)
    assert bench.wire.exchanges == []
    assert bench.wire.reopened == 0


def test_readings_come_on_the_grid_of_the_pace() -> None:
    bench = SupplyBench().start()
    bench.run(1.0)
    times = [int(post["t_ns"][0]) for post in bench.posts[3:]]
    assert set(np.diff(times)) == {50 * NS_PER_MS}
    assert all(not post["quality"].any() for post in bench.posts)
    assert bench.posts[-1]["value"][0] == 400.0


def test_a_stop_overtakes_and_the_output_goes_off_before_anything_rises() -> None:
    bench = SupplyBench().start()
    bench.command(voltage_cmd=350.0, current_cmd=10.0, sink_current_cmd=200.0, output_cmd=1.0)
    bench.run(1.0)
    assert bench.truth.inputs["supply_on"][0] == 1.0
    before = len(bench.wire.exchanges)
    bench.command(voltage_cmd=360.0, output_cmd=0.0)
    bench.run(1.1)
    assert bench.wire.exchanges[before].startswith(b"OUTP OFF")
    assert bench.wire.exchanges[before + 1].startswith(b"VOLT 360.00")
    assert bench.truth.inputs["supply_on"][0] == 0.0


def test_a_value_that_is_not_good_is_never_written() -> None:
    bench = SupplyBench().start()
    bench.image["value"][0], bench.image["quality"][0] = 400.0, Quality.STALE
    bench.run(1.0)
    assert not any(data.startswith(b"VOLT 400") for data in bench.wire.exchanges)


def test_one_lost_answer_is_retried_on_a_fresh_connection_with_marked_readings() -> None:
    """F-37."""
    bench = SupplyBench(Fault("silence", 1 * S, 1 * S + 100 * NS_PER_MS)).start()
    bench.run(3.0)
    bad = [post for post in bench.posts if post["quality"].any()]
    assert len(bad) == 1
    assert np.isnan(bad[0]["value"]).all()
    assert (bad[0]["quality"] == Quality.STALE).all()
    assert bench.counters.recoveries == 1
    assert bench.wire.reopened == 2
    assert not bench.posts[-1]["quality"].any()


@pytest.mark.parametrize("delay_ms", [260, 400, 700, 1500])
def test_a_late_answer_never_shifts_a_value(delay_ms: int) -> None:
    """F-38: the truth moves each millisecond; every good value must belong to its time."""
    bench = SupplyBench(Fault("late", 1 * S, 1 * S + 60 * NS_PER_MS, delay_ms * NS_PER_MS)).start()
    for step in range(10, 80):
        bench.truth.set(u_supply_v=float(step))
        bench.run(0.05 * step)
        for post in bench.posts:
            if not post["quality"].any():
                assert post["value"][0] in (400.0, step - 1, step)
        bench.posts.clear()
    assert bench.counters.recoveries >= 1


@pytest.mark.parametrize("kind", ["partial", "garbage", "close"])
def test_torn_wrong_and_closed_answers_recover_without_a_wrong_value(kind: Any) -> None:
    bench = SupplyBench(Fault(kind, 1 * S, 1 * S + 100 * NS_PER_MS)).start()
    bench.run(5.0)
    good = [post for post in bench.posts if not post["quality"].any()]
    assert {float(post["value"][0]) for post in good} == {400.0}
    assert bench.counters.recoveries >= 1
    assert bench.posts[-1] is good[-1]


def test_persistent_silence_leaves_no_good_reading() -> None:
    bench = SupplyBench(Fault("silence", 1 * S, 100 * S)).start()
    bench.run(10.0)
    late = [post for post in bench.posts if int(post["t_ns"][0]) > 1 * S]
    assert late and all(post["quality"].all() for post in late)


def test_no_data_is_marked_and_does_not_break_the_connection() -> None:
    """F-43."""
    bench = SupplyBench(Fault("nan", 1 * S, 2 * S)).start()
    bench.run(3.0)
    marked = [post for post in bench.posts if post["quality"].any()]
    assert len(marked) == pytest.approx(20, abs=1)
    assert all((post["quality"][:3] == Quality.NOT_A_NUMBER).all() for post in marked)
    assert bench.wire.reopened == 1


def test_an_energising_write_that_was_lost_is_not_repeated_but_asked_for() -> None:
    bench = SupplyBench(Fault("close", 1 * S, 1 * S + 50 * NS_PER_MS)).start()
    bench.command(voltage_cmd=350.0)
    bench.run(0.99)
    bench.command(output_cmd=1.0)
    bench.run(5.0)
    assert sum(data.startswith(b"OUTP ON") for data in bench.wire.exchanges) == 1
    assert b"OUTP?\n" in bench.wire.exchanges
    assert bench.truth.inputs["supply_on"][0] == 0.0
    bench.command(output_cmd=0.0)
    bench.run(6.0)
    bench.command(output_cmd=1.0)  # the core decides anew
    bench.run(7.0)
    assert bench.truth.inputs["supply_on"][0] == 1.0


def test_a_lost_switch_off_is_repeated() -> None:
    bench = SupplyBench(Fault("close", 1 * S, 1 * S + 50 * NS_PER_MS)).start()
    bench.command(output_cmd=1.0)
    bench.run(0.99)
    bench.command(output_cmd=0.0)
    bench.run(5.0)
    assert bench.truth.inputs["supply_on"][0] == 0.0


def test_an_instrument_that_lost_its_set_up_tells_so_and_is_not_energised() -> None:
    """F-39: power-cycled behind our back."""
    bench = SupplyBench(Fault("silence", 1 * S, 1 * S + 100 * NS_PER_MS)).start()
    bench.run(1.01)
    bench.peer.values["over_voltage"] = 550.0
    bench.run(3.0)
    assert bench.posts[-5:] and bench.driver.readout.values[5] == 2.0
    bench.command(output_cmd=1.0)
    bench.run(5.0)
    assert "has lost its set-up" in bench.counters.last_failure
    assert bench.truth.inputs["supply_on"][0] == 0.0
    bench.command(output_cmd=0.0)
    bench.ask("set_up")
    bench.run(8.0)
    assert isinstance(bench.answers[-1], Mapping)
    assert bench.driver.readout.values[5] == 0.0 and not bench.posts[-1]["quality"].any()


def test_questions_nobody_can_answer_fail_in_good_order() -> None:
    bench = SupplyBench().start()
    bench.ask("ranges", voltage=1.0)
    bench.ask("dance")
    bench.run(1.0)
    assert [type(answer) for answer in bench.answers[2:]] == [DeviceError, DeviceError]


def test_a_full_mailbox_refuses() -> None:
    mailbox, failures = Mailbox(), []  # type: Mailbox, list[BaseException]
    for _ in range(20):
        mailbox.put(Question("identify", {}, lambda _: None, failures.append))
    assert len(failures) == 4 and isinstance(failures[0], LinkError)


def test_analyzer_link_reads_every_update_and_fixes_ranges() -> None:
    volts, amps = (150.0, 300.0, 600.0), (20.0, 50.0, 100.0, 200.0, 500.0, 1000.0)
    settings = AnalyzerSettings(
        elements=(
            Element("dc", (1,), volts, amps, 1000.0),
            Element("ac", (2, 3, 4), volts, amps, 1000.0, "3V3A", "ac"),
            Element("field", (5,), (30.0, 60.0, 600.0), (1.0, 5.0, 20.0)),
            Element("aux", (6,), (15.0, 30.0), (5.0, 10.0, 20.0)),
        ),
        motors=(MotorInput("flange_l", 1, 2000.0), MotorInput("flange_r", 2, 2000.0, -1, -1)),
    )
    truth = Truth(u_dc_v=400.0, i_dc_a=40.0, p_dc_w=16e3, torque_r_nm=-250.0, speed_r_rpm=100.0)
    wt, wire, mailbox = YokogawaWT5000("analyzer", settings), Wire(yokogawa(truth, wiring=wiring())), Mailbox()
    wt.bind({name: i for i, name in enumerate(wt.channels)}.__getitem__)
    answers: list[Any] = []
    for what in ("identify", "set_up"):
        mailbox.put(Question(what, {}, answers.append, answers.append))
    job = link(wt, ImageFace(np.zeros(1, IMAGE), CHANNELS.index), mailbox, Pace(0))
    wire.run(job, 1 * S)
    mailbox.put(Question("ranges", {"dc.current": 40.0, "dc.power": 16e3}, answers.append, answers.append))
    wire.run(job, 2 * S)
    assert answers[2]["dc.current"] == 50.0
    assert answers[2]["dc.voltage"] == 600.0
    times = [int(post["t_ns"][0]) for post in wire.posts]
    assert set(np.diff(times[:10])) == {50 * NS_PER_MS}
    assert times[0] % (50 * NS_PER_MS) == 25 * NS_PER_MS
    by_name = dict(zip(wt.channels, wire.posts[-1]["value"].tolist(), strict=True))
    assert by_name["dc.current"] == pytest.approx(40.0, abs=0.1)
    assert by_name["flange_r.torque"] == pytest.approx(-250.0, abs=3.0)
    assert by_name["flange_r.power"] == pytest.approx(-250.0 * 100.0 * 0.1047197551, rel=0.02)


def test_dyno_link_follows_the_core() -> None:
    names = ("dyno_r.speed_cmd", "dyno_r.enable_cmd")
    truth, image = Truth(), np.zeros(2, IMAGE)
    dyno, wire, mailbox = (
        AkDyno("dyno_r"),
        Wire(AkDynoEmulator(truth.measured, OUTPUT_NAMES, truth.inputs, "r")),
        Mailbox(),
    )
    dyno.bind(lambda name: 0)
    answers: list[Any] = []
    for what in ("identify", "set_up"):
        mailbox.put(Question(what, {}, answers.append, answers.append))
    job = link(dyno, ImageFace(image, names.index), mailbox)
    wire.run(job, 1 * S)
    image["value"] = (250.0, 1.0)
    wire.run(job, 2 * S)
    assert (truth.inputs["dyno_r_on"][0], truth.inputs["dyno_r_speed_rpm"][0]) == (1.0, 250.0)
    image["value"] = (0.0, 0.0)
    wire.run(job, 3 * S)
    assert truth.inputs["dyno_r_on"][0] == 0.0


@pytest.mark.parametrize(("write_ms", "least", "most"), [(0, 18, 20), (100, 9, 11), (200, 4, 6)])
def test_a_speed_that_moves_is_written_at_its_own_pace_and_zero_at_once(write_ms: int, least: int, most: int) -> None:
    names = ("dyno_r.speed_cmd", "dyno_r.enable_cmd")
    truth, image, mailbox, answers = Truth(), np.zeros(2, IMAGE), Mailbox(), []
    dyno, wire = AkDyno("dyno_r"), Wire(AkDynoEmulator(truth.measured, OUTPUT_NAMES, truth.inputs, "r"))
    dyno.bind(lambda _name: 0)
    for what in ("identify", "set_up"):
        mailbox.put(Question(what, {}, answers.append, answers.append))
    pace = Pace(50 * NS_PER_MS, write_ms * NS_PER_MS)
    job = link(dyno, ImageFace(image, names.index), mailbox, pace)
    wire.run(job, 1 * S)
    image["value"] = (100.0, 1.0)
    wire.run(job, 2 * S)
    before = len(wire.exchanges)
    for step in range(100):
        image["value"][0] = 100.0 + step
        wire.run(job, 2 * S + (step + 1) * 10 * NS_PER_MS)
    written = [data for data in wire.exchanges[before:] if b"SSPD" in data]
    assert least <= len(written) <= most
    image["value"] = (198.5, 1.0)
    wire.run(job, 3 * S + 60 * NS_PER_MS)
    image["value"] = (0.0, 0.0)
    wire.run(job, 3 * S + 120 * NS_PER_MS)
    assert (truth.inputs["dyno_r_on"][0], truth.inputs["dyno_r_speed_rpm"][0]) == (0.0, 0.0)
