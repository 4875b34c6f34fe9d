"""Instruments that the compiled loop reads: nobody can tell from what is read who has read, and whatever is not as
usual comes back to the link in time."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from instrument_bench import OUTPUT_NAMES, Truth, yokogawa

from bench.base.quality import GOOD, STALE, Quality
from bench.base.records import IMAGE, INBOX
from bench.base.ring import Ring, drain, make_ring, push_all
from bench.emulators.instruments.ak_dyno import AkDynoEmulator
from bench.emulators.instruments.ea_psb import EaPsbEmulator
from bench.emulators.instruments.keysight_daq970a import KeysightDaq970aEmulator, Wired
from bench.emulators.instruments.peer import Peer
from bench.emulators.polls import BACK, DUE, make_polls, serve
from bench.emulators.seat import Seat
from bench.emulators.virtual_line import VirtualLine
from bench.links.face import ImageFace
from bench.links.link import Pace, link
from bench.links.mailbox import Mailbox, Question
from bench.schedule.requests import Exchange, Poll, Post, Reopen
from bench.schedule.scheduler import Scheduler
from drivers.dynos.ak_dyno import AkDyno
from drivers.power_analyzers.settings import AnalyzerSettings, Element, Item, MotorInput
from drivers.power_analyzers.yokogawa_wt import YokogawaWT5000
from drivers.scanners.keysight_daq970a import KeysightDaq970a
from drivers.scanners.settings import ScannerSettings, Thermocouple
from drivers.supplies.ea_psb import EaPsb

MS = 1_000_000
SECOND = 1000 * MS


class World:
    """One instrument with its link, millisecond by millisecond as in the coupled loop."""

    def __init__(
        self,
        driver: Any,
        emulator: Callable[[Truth], Peer],
        *,
        seated: bool,
        period_ns: int = 50 * MS,
        write_ns: int = 0,
    ) -> None:
        self.truth = Truth(u_supply_v=400.0, i_supply_a=120.0, speed_l_rpm=1500.0, dyno_l_torque_nm=80.0)
        self.driver, self.device = driver, emulator(self.truth)
        self.image = np.zeros(len(driver.setpoints), IMAGE)
        index: Callable[[str], int] = driver.setpoints.index
        driver.bind(lambda name: driver.channels.index(name))
        self.inbox: Ring = make_ring(INBOX, 4096)
        self.polls = make_polls(1, self.truth.inputs.view(np.float64))
        self.scheduler = Scheduler(
            {
                Exchange: lambda job, request: self.line.exchange(job, request),
                Reopen: lambda job, request: self.line.reopen(job, request),
                Poll: lambda job, request: self.line.poll(job, request, self._post),
                Post: lambda _job, request: self._post(request.values),
            }
        )
        seat = Seat(self.polls, 0, range(len(driver.setpoints))) if seated else None
        self.line = VirtualLine("it", self.device, self.scheduler, seat)
        self.mailbox = Mailbox()
        self.answers: list[Any] = []
        job = link(driver, ImageFace(self.image, index), self.mailbox, Pace(period_ns, write_ns))
        self.job = self.scheduler.spawn("link", job)
        self.taken: list[tuple[int, int, float, int, int]] = []
        self.by_link = 0
        self.given: list[tuple[int, float]] = []
        self._t_ns = 0
        self.ask("set_up")

    def ask(self, what: str) -> None:
        self.mailbox.put(Question(what, {}, self.answers.append, self.answers.append))
        self.line.wake()

    def _post(self, values: Any) -> None:
        self.by_link += 1
        assert push_all(self.inbox, values)

    def _serve(self) -> None:
        if self._t_ns >= self.polls.header[DUE]:
            serve(self.polls, self.truth.vector.reshape(1, -1), self.image, 0, self.inbox, self._t_ns)
        if self.polls.header[BACK]:
            self.line.get_up()

    def run(self, duration_ns: int) -> None:
        until_ns = self._t_ns + duration_ns
        while self._t_ns < until_ns:
            self._t_ns += MS
            self.scheduler.t_ns = self._t_ns
            self._serve()
            self.scheduler.run_due(self._t_ns)
            self._serve()
            speed = self.truth.inputs["dyno_l_speed_rpm"].item()
            if not self.given or self.given[-1][1] != speed:
                self.given.append((self._t_ns // MS, speed))
            fields = ("id", "value", "quality", "t_ns")
            self.taken += [(self._t_ns // MS, *(r[name].item() for name in fields)) for r in drain(self.inbox)]
        assert self.job.error is None


def supply(*, seated: bool) -> World:
    return World(
        EaPsb(), lambda truth: EaPsbEmulator(truth.measured, OUTPUT_NAMES, truth.inputs, seed=3), seated=seated
    )


def dyno(*, seated: bool, write_ns: int = 0) -> World:
    return World(
        AkDyno("dyno_l"),
        lambda truth: AkDynoEmulator(truth.measured, OUTPUT_NAMES, truth.inputs, "l", seed=3),
        seated=seated,
        write_ns=write_ns,
    )


def analyzer(*, seated: bool) -> World:
    settings = AnalyzerSettings(
        elements=(Element("dc", (1,), (300.0, 600.0), (50.0, 500.0), 1000.0),),
        motors=(MotorInput("flange_l", 1, 2000.0, torque_sign=-1),),
        update_ms=50,
        latency_ms=2.0,
        items=(Item("dc.voltage", "UDC", (1,)), Item("ac.frequency", "FU", (2,)), Item("l", "TORQUE", (1,))),
    )
    world = World(
        YokogawaWT5000("analyzer", settings),
        lambda truth: yokogawa(truth, latency_ns=2 * MS),
        seated=seated,
        period_ns=0,
    )
    world.truth.set(u_dc_v=400.0, torque_l_nm=80.0, f_el_hz=200.0)
    return world


def scanner(*, seated: bool) -> World:
    places = {"winding": 101, "coolant_in": 102}
    settings = ScannerSettings(thermocouples=tuple(Thermocouple(at, number, "K") for at, number in places.items()))
    wired = [Wired(at, number, at, 1.5) for at, number in places.items()]
    world = World(
        KeysightDaq970a("scanner", settings),
        lambda truth: KeysightDaq970aEmulator(truth.measured, OUTPUT_NAMES, truth.inputs, wired, seed=3),
        seated=seated,
    )
    world.truth.set(winding_degc=81.5)
    world.truth.inputs["coolant_in_degc"] = 65.0
    return world


BOTH = pytest.mark.parametrize("make", [supply, dyno, analyzer, scanner])


@BOTH
def test_what_is_read_does_not_depend_on_who_reads(make: Callable[..., World]) -> None:
    def night(world: World) -> World:
        world.run(2 * SECOND)
        world.truth.set(u_supply_v=380.0, speed_l_rpm=-200.0, torque_l_nm=-500.0, u_dc_v=700.0, f_el_hz=np.nan)
        world.run(SECOND)
        world.image["value"][:1] = 5.0
        world.run(SECOND)
        world.ask("verify")
        world.run(SECOND)
        return world

    seated, plain = night(make(seated=True)), night(make(seated=False))
    assert repr(seated.taken) == repr(plain.taken)  # NaN is the same as NaN
    assert len(seated.answers) == len(plain.answers) == 2
    assert seated.answers == plain.answers
    assert seated.by_link < 0.2 * plain.by_link


def test_a_set_point_that_moves_is_written_at_the_same_times_whoever_reads() -> None:
    def ramp(world: World) -> World:
        world.run(SECOND)
        world.image["value"][1] = 1.0
        for speed in range(200):
            world.image["value"][0] = 10.0 * speed
            world.run(13 * MS)
        world.image["value"][0] = 0.0
        world.run(SECOND)
        return world

    seated, plain = ramp(dyno(seated=True, write_ns=100 * MS)), ramp(dyno(seated=False, write_ns=100 * MS))
    assert seated.taken == plain.taken
    assert seated.given == plain.given
    assert 20 < len(seated.given) < 40
    assert seated.by_link < 0.1 * plain.by_link


@pytest.mark.parametrize("make", [supply, dyno])
def test_a_set_point_that_is_lost_for_a_while_is_not_written_again(make: Callable[..., World]) -> None:
    def writes(world: World) -> list[tuple[int, float]]:
        written: list[tuple[int, float]] = []
        write = world.driver.write
        world.driver.write = lambda index, value: (written.append((index, value)), write(index, value))[1]
        world.run(SECOND)
        world.image["value"][0] = 20.0
        world.run(SECOND)
        world.image["quality"][0] = STALE
        world.run(SECOND)
        world.ask("identify")
        world.run(SECOND)
        world.image["quality"][0] = GOOD
        world.run(SECOND)
        return written

    assert writes(make(seated=True)) == writes(make(seated=False)) == [(0, 20.0)]


def test_a_speed_that_the_drive_does_not_take_is_refused_as_ever() -> None:
    world = dyno(seated=True, write_ns=100 * MS)
    world.run(SECOND)
    world.image["value"][:] = 500.0, 1.0
    world.run(SECOND)
    world.image["value"][0] = 2999.0
    world.run(SECOND)
    assert world.given[-1][1] == 2999.0
    world.image["value"][0] = 3001.0
    world.run(SECOND)
    assert world.given[-1][1] == 2999.0
    assert world.driver.session.poisoned is None


def test_a_set_point_reaches_the_device_where_the_next_question_is_due() -> None:
    world = supply(seated=True)
    world.run(2 * SECOND)
    world.image["value"][0] = 24.0
    world.run(60 * MS)
    assert world.truth.inputs["supply_voltage_v"][0] == 24.0


def test_a_question_in_the_mailbox_is_answered_at_the_next_turn() -> None:
    world = dyno(seated=True)
    world.run(2 * SECOND)
    world.ask("identify")
    world.run(100 * MS)
    assert world.answers[-1]["maker"] == "bench"


def test_a_protection_that_trips_is_seen_by_the_emulator_itself() -> None:
    world = supply(seated=True)
    world.run(SECOND)
    world.image["value"][:2], world.image["value"][3] = (400.0, 200.0), 1.0
    world.run(SECOND)
    assert world.truth.inputs["supply_on"][0] == 1.0
    world.truth.set(u_supply_v=495.0)  # above its threshold of 480 V
    world.run(SECOND)
    assert world.truth.inputs["supply_on"][0] == 0.0
    alarm = world.driver.channels.index("supply.alarm")
    assert [value for _, channel, value, *_ in world.taken if channel == alarm][-1] != 0.0


def test_a_drive_in_error_is_not_read_as_usual() -> None:
    world = dyno(seated=True)
    world.run(SECOND)
    world.device.trip()  # type: ignore[attr-defined]
    world.line.wake()
    world.run(SECOND)
    state = world.driver.channels.index("dyno_l.state")
    assert [value for _, channel, value, *_ in world.taken if channel == state][-1] == 2.0


def test_an_answer_that_is_not_usual_goes_through_the_full_grammar() -> None:
    world = dyno(seated=True)
    world.run(SECOND)
    world.truth.set(speed_l_rpm=np.nan)
    world.run(SECOND)
    speed = [row for row in world.taken if row[1] == 0][-1]
    assert speed[3] == Quality.NOT_A_NUMBER


def test_the_watchdog_knows_when_the_device_was_asked_last() -> None:
    world = supply(seated=True)  # it watches from its set-up on, for 2 s
    world.run(5 * SECOND)
    world.line.catch_up()
    assert world.device.watchdog_ns() > 6900 * MS  # type: ignore[attr-defined]
