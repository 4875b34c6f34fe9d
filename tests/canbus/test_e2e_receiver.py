"""The receiver of protected frames against a model written from the reference's words, frame by frame and as a log."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.canbus.e2e import check, protect
from bench.canbus.e2e_log import check_log
from bench.canbus.e2e_receiver import FrameStatus, Judgement, Receiver, State
from bench.canbus.protection import HEADERS, Profile, Protection, Window, Windows

OK, REPEATED, WRONG, ERROR, _, NOTHING = FrameStatus
MS = 1_000_000


@dataclass
class Model:
    """A list of statuses and the transitions, as the reference has them."""

    windows: Windows
    state: State = State.NO_DATA
    past: list[FrameStatus] = field(default_factory=list)

    def good(self, window: Window) -> bool:
        last = self.past[-window.size :]
        return last.count(ERROR) <= window.max_error and last.count(OK) >= window.min_ok

    def enter(self, state: State, window: Window, last: Window) -> None:
        self.state = state
        if window.size > last.size:
            self.past = self.past[-last.size :]

    def step(self, status: FrameStatus) -> State:
        init, valid, invalid = self.windows
        self.past.append(status)
        if self.state is State.NO_DATA:
            if status not in (ERROR, NOTHING):
                self.state = State.INIT
        elif self.state is State.INIT:
            if self.good(init):
                self.enter(State.VALID, valid, init)
            elif self.past[-init.size :].count(ERROR) > init.max_error:
                self.enter(State.INVALID, invalid, init)
        elif self.state is State.VALID:
            if not self.good(valid):
                self.enter(State.INVALID, invalid, valid)
        elif self.good(invalid):
            self.enter(State.VALID, valid, invalid)
        return self.state


@st.composite
def windows(draw: st.DrawFn) -> Windows:
    """Windows that keep AUTOSAR's rules."""
    ok_valid, ok_init, ok_invalid = sorted(draw(st.lists(st.integers(1, 4), min_size=3, max_size=3)))
    bad_invalid, bad_init, bad_valid = sorted(draw(st.lists(st.integers(0, 3), min_size=3, max_size=3)))
    longest = max(ok_valid + bad_valid, ok_init + bad_init, ok_invalid + bad_invalid, draw(st.integers(1, 64)))
    return Windows(
        Window(draw(st.integers(ok_init + bad_init, longest)), ok_init, bad_init),
        Window(longest, ok_valid, bad_valid),
        Window(draw(st.integers(ok_invalid + bad_invalid, longest)), ok_invalid, bad_invalid),
    )


class Sender:
    """Makes frames that a receiver must judge as asked."""

    def __init__(self, protection: Protection, length: int) -> None:
        self.protection, self.length, self.counter = protection, length, 0

    def frame(self, status: FrameStatus, steps: int = 1) -> bytes:
        move = {OK: steps, REPEATED: 0, WRONG: self.protection.max_delta + 1}.get(status, 0)
        self.counter = (self.counter + move) % self.protection.header.cycle
        frame = bytearray(protect(bytes(range(self.length)), self.protection, self.counter))
        if status is ERROR:
            frame[-1] ^= 0x10
        return bytes(frame)


FITTING = {
    profile: Protection(profile, 0x123, id_list=bytes(range(16)) if profile in (Profile.P02, Profile.P22) else b"")
    for profile in HEADERS
}


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(list(FITTING.values())),
    windows(),
    st.lists(st.sampled_from([OK, OK, OK, REPEATED, WRONG, ERROR, NOTHING]), max_size=80),
)
def test_the_machine_agrees_with_the_model(
    protection: Protection, allowed: Windows, statuses: list[FrameStatus]
) -> None:
    protection = replace(protection, windows=allowed)
    assert list(protection.problems(24)) == []
    receiver, model, sender = Receiver(protection, 24), Model(allowed), Sender(protection, 24)
    receiver.take(sender.frame(OK))  # from here on the receiver knows a counter
    model.step(OK)
    for status in statuses:
        told = receiver.miss() if status is NOTHING else receiver.take(sender.frame(status))
        assert (told.status, told.state) == (status, model.step(status))
        assert told.usable == (status is OK and model.state is State.VALID)


def test_the_states_one_after_the_other() -> None:
    protection = Protection(Profile.P01, 0x123)
    receiver, sender = Receiver(protection, 8), Sender(protection, 8)
    story = [
        (NOTHING, State.NO_DATA),
        (ERROR, State.NO_DATA),
        (OK, State.INIT),
        (OK, State.INVALID),  # one error is one too many for INIT
        (OK, State.VALID),  # three cycles without an error, two of them good
        (REPEATED, State.VALID),
        (WRONG, State.VALID),
        (ERROR, State.VALID),
        (ERROR, State.VALID),
        (ERROR, State.INVALID),
        (OK, State.INVALID),
        (OK, State.INVALID),
        (OK, State.VALID),
        *((NOTHING, State.VALID) for _ in range(9)),
        (NOTHING, State.INVALID),
        (WRONG, State.INVALID),
        (OK, State.INVALID),
        (OK, State.VALID),
    ]
    for status, state in story:
        told = receiver.miss() if status is NOTHING else receiver.take(sender.frame(status))
        assert (told.status, told.state) == (status, state)


@pytest.mark.parametrize("protection", FITTING.values(), ids=lambda p: p.profile.name)
def test_counters_go_round_and_count_their_steps(protection: Protection) -> None:
    cycle = protection.header.cycle
    receiver = Receiver(protection, 24)

    def take(counter: int) -> tuple[FrameStatus, int, int]:
        told = receiver.take(protect(bytes(24), protection, counter % cycle))
        return told.status, told.counter, told.delta

    assert take(cycle - 2) == (OK, cycle - 2, -1)
    assert take(cycle - 1) == (OK, cycle - 1, 1)
    assert take(0) == (OK, 0, 1)
    assert take(3) == (OK, 3, 3)
    assert take(3) == (REPEATED, 3, 0)
    assert take(7) == (WRONG, 7, 4)
    assert take(6) == (WRONG, 6, cycle - 1)
    assert take(8) == (OK, 8, 2)


def test_frames_of_another_length_are_errors() -> None:
    receiver, sender = Receiver(FITTING[Profile.P01], 8), Sender(FITTING[Profile.P01], 8)
    frame = sender.frame(OK)
    for data in (b"", frame[:7], frame + b"\0", frame + bytes(60)):
        assert receiver.take(data) == Judgement(ERROR, State.NO_DATA, -1, -1)


# --- whole logs ------------------------------------------------------------------------------------------------------


def one_by_one(protection: Protection, length: int, frames: Iterable[bytes], t_ns: Iterable[int]) -> list[Judgement]:
    receiver = Receiver(protection, length)
    return [receiver.take(frame, at) for frame, at in zip(frames, t_ns, strict=True)]


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from(list(FITTING.values())),
    windows(),
    st.sampled_from([0, 10 * MS]),
    st.lists(
        st.tuples(
            st.sampled_from([OK, OK, OK, REPEATED, WRONG, ERROR]),
            st.integers(1, 3),
            st.integers(1, 400) | st.just(10),
            st.sampled_from([24, 24, 24, 24, 23, 32]),
        ),
        max_size=60,
    ),
)
def test_a_log_is_judged_as_its_frames_are_one_by_one(
    protection: Protection, allowed: Windows, period_ns: int, rows: list[tuple[FrameStatus, int, int, int]]
) -> None:
    protection = replace(protection, windows=allowed, period_ns=period_ns)
    sender = Sender(protection, 24)
    made = [sender.frame(status, steps)[:length].ljust(length, b"\0") for status, steps, _, length in rows]
    t_ns = np.cumsum([wait * MS for _, _, wait, _ in rows], dtype=np.int64)
    data = np.array([list(frame.ljust(32, b"\0")) for frame in made], np.uint8).reshape(len(made), 32)
    checked = check_log(protection, 24, data, t_ns, [len(frame) for frame in made])
    singles = one_by_one(protection, 24, made, t_ns.tolist())
    assert checked["status"].tolist() == [told.status for told in singles]
    assert checked["state"].tolist() == [told.state for told in singles]
    assert checked["counter"].tolist() == [told.counter for told in singles]
    assert checked["delta"].tolist() == [told.delta for told in singles]
    for frame, status in zip(made, checked["status"], strict=True):
        genuine = len(frame) == 24 and check(frame, protection)
        assert genuine == (status != ERROR)


def test_silence_in_a_log_counts_by_the_period() -> None:
    protection = replace(FITTING[Profile.P01], period_ns=10 * MS)
    sender = Sender(protection, 8)
    data = np.array([list(sender.frame(OK)) for _ in range(6)], np.uint8)
    t_ns = np.cumsum([10, 10, 105, 106, 10, 100_000]) * MS  # 9 cycles are missed, then 10, then 64 and more
    assert check_log(protection, 8, data, t_ns)["state"].tolist() == [3, 0, 0, 4, 0, 4]
    assert check_log(replace(protection, period_ns=0), 8, data, t_ns)["state"].tolist() == [3, 0, 0, 0, 0, 0]


def test_logs_that_do_not_fit_are_refused() -> None:
    protection, data = FITTING[Profile.P01], np.zeros((3, 8), np.uint8)
    with pytest.raises(ValueError, match="one a frame"):
        check_log(protection, 8, data, [1, 2])
    with pytest.raises(ValueError, match="one a frame"):
        check_log(protection, 8, data.ravel(), [1, 2, 3])
    with pytest.raises(ValueError, match="longer than the 8 bytes of data"):
        check_log(protection, 16, data, [1, 2, 3], [8, 16, 8])
    with pytest.raises(ValueError, match="a frame protected by P04"):
        check_log(FITTING[Profile.P04], 8, data, [1, 2, 3])
    assert len(check_log(protection, 8, data[:0], [])) == 0
