"""The link to the bench I/O: a stop overtakes, no failure holds the chain closed, the sign of life is carried."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from instrument_bench import Wire

from bench.base.quality import Quality
from bench.base.records import IMAGE
from bench.base.time import NS_PER_MS, NS_PER_S
from bench.emulators.instruments.faults import Fault, FaultScript
from bench.emulators.instruments.periphery_server import PeripheryServer
from bench.emulators.periphery import COMMANDED, make_periphery
from bench.links.face import ImageFace
from bench.links.link import LinkCounters, Pace, link
from bench.links.mailbox import Mailbox, Question
from drivers.periphery.bench_io_modbus import BENCH_IO_MAP, BenchIoModbus
from drivers.periphery.modbus_part import ModbusSettings
from drivers.register_map import Register

S = NS_PER_S
WHO = {"maker": "EDU", "model": "IO-7", "serial": "IO-0071", "firmware": "1.0"}
CONTACTOR, CHAIN, LIFE, VOLTAGE, TURNING = range(5)
WRITE, WRITE_ALL = 5, 15


class Welded(PeripheryServer):
    """A controller whose contactor output stays on."""

    def take(self, row: Register, value: float, t_ns: int) -> None:
        if row.name != "io.contactor_cmd" or value:
            super().take(row, value, t_ns)


class IoBench:
    """The link to a bench I/O, its emulator, and a core image to command it from."""

    def __init__(self, *faults: Fault, kind: type[PeripheryServer] = PeripheryServer) -> None:
        self.periphery = make_periphery(1, 23.0)
        self.peer = kind(self.periphery, BENCH_IO_MAP, WHO, faults=FaultScript(faults))
        self.driver = BenchIoModbus("bench_io", ModbusSettings(written={"watchdog_ms": 300.0}))
        names = self.driver.setpoints
        self.driver.bind(lambda name: 0)
        self.image = np.zeros(len(names), IMAGE)
        self.mailbox, self.counters, self.wire = Mailbox(), LinkCounters(), Wire(self.peer)
        face = ImageFace(self.image, names.index)
        self.job = link(self.driver, face, self.mailbox, Pace(20 * NS_PER_MS), self.counters)
        answers: list[Any] = []
        for what in ("identify", "set_up"):
            self.mailbox.put(Question(what, {}, answers.append, answers.append))
        self.run(0.5)
        assert len(answers) == 2 and all(isinstance(answer, Mapping) for answer in answers), answers

    def run(self, until_s: float) -> None:
        self.wire.run(self.job, round(until_s * S))

    def command(self, **values: float) -> None:
        for name, value in values.items():
            self.image["value"][self.driver.setpoints.index(f"io.{name}")] = value

    def outputs(self) -> list[float]:
        return self.periphery.commands[:5].tolist()

    def written(self, since: int) -> list[tuple[int, bool]]:
        """(output, on) of each single output written since."""
        sent = [data[7:] for data in self.wire.exchanges[since:] if data[7] == WRITE]
        return [(pdu[2], pdu[3] == 0xFF) for pdu in sent]


def test_after_set_up_everything_is_off_and_then_as_the_core_has_it() -> None:
    bench = IoBench()
    assert [data[7] for data in bench.wire.exchanges if data[7] in (WRITE, WRITE_ALL)] == [WRITE_ALL]
    bench.command(chain_request=1.0, lamp_voltage=1.0)
    bench.run(0.6)
    assert bench.outputs() == [0.0, 1.0, 0.0, 1.0, 0.0]


def test_readings_come_every_20_ms() -> None:
    bench = IoBench()
    bench.run(1.0)
    times = [int(post["t_ns"][0]) for post in bench.wire.posts[3:]]
    assert set(np.diff(times)) <= {18 * NS_PER_MS, 20 * NS_PER_MS, 22 * NS_PER_MS}  # set-points are looked at besides
    assert not any(post["quality"].any() for post in bench.wire.posts)


def test_what_opens_goes_first() -> None:
    bench = IoBench()
    bench.command(contactor_cmd=1.0, chain_request=1.0)
    bench.run(1.0)
    before = len(bench.wire.exchanges)
    bench.command(contactor_cmd=0.0, chain_request=0.0, watchdog=1.0, lamp_turning=1.0)
    bench.run(1.1)
    assert bench.written(before) == [(CONTACTOR, False), (CHAIN, False), (TURNING, True), (LIFE, True)]


def test_a_contactor_that_does_not_obey_keeps_nothing_closed_and_is_told_again_and_again() -> None:
    bench = IoBench(kind=Welded)
    bench.command(contactor_cmd=1.0, chain_request=1.0)
    bench.run(1.0)
    before = len(bench.wire.exchanges)
    bench.command(contactor_cmd=0.0, chain_request=0.0)
    bench.run(1.1)
    assert bench.outputs()[:2] == [1.0, 0.0]
    assert bench.written(before).count((CONTACTOR, False)) >= 3
    assert bench.counters.refused_writes >= 3 and "io.contactor_cmd reads back 1" in bench.counters.last_failure
    assert not bench.wire.posts[-1]["quality"].any(), "the inputs are still told"


def test_the_sign_of_life_is_carried_as_long_as_the_core_gives_one() -> None:
    bench = IoBench()
    seen = []
    for n in range(10):
        bench.command(watchdog=float(n % 2))
        bench.run(0.54 + 0.04 * n)
        seen.append(bench.outputs()[LIFE])
    assert seen == [float(n % 2) for n in range(10)]
    before = len(bench.wire.exchanges)
    bench.run(2.0)
    assert bench.written(before) == []


def test_a_lost_answer_costs_one_fresh_connection_and_no_wrong_value() -> None:
    bench = IoBench(Fault("silence", S, S + 90 * NS_PER_MS))
    bench.command(chain_request=1.0)
    bench.run(2.0)
    bad = [post for post in bench.wire.posts if post["quality"].any()]
    assert len(bad) == 1 and (bad[0]["quality"] == Quality.STALE).all()
    assert bench.counters.recoveries == 1
    assert bench.outputs()[CHAIN] == 1.0


@pytest.mark.parametrize("kind", ["garbage", "partial", "close"])
def test_torn_wrong_and_closed_answers_recover(kind: Any) -> None:
    bench = IoBench(Fault(kind, S, S + 50 * NS_PER_MS))
    bench.run(3.0)
    assert bench.counters.recoveries >= 1
    assert not bench.wire.posts[-1]["quality"].any()


def test_a_contactor_whose_command_was_lost_is_not_closed_by_itself() -> None:
    bench = IoBench(Fault("close", S, S + 50 * NS_PER_MS))
    bench.run(0.99)
    bench.command(contactor_cmd=1.0)
    bench.run(3.0)
    assert bench.outputs()[CONTACTOR] == 0.0 and COMMANDED[CONTACTOR] == "io.contactor_cmd"
    bench.command(contactor_cmd=0.0)
    bench.run(3.1)
    bench.command(contactor_cmd=1.0)  # the core decides anew
    bench.run(3.2)
    assert bench.outputs()[CONTACTOR] == 1.0
