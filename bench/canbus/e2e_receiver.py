"""AUTOSAR E2E: a sequence of protected frames, judged one by one, and the receiver's state machine.

A frame, or a cycle without one, has a ``FrameStatus``; the machine counts them over windows and is in a ``State``.
Data may be used only when the status is OK and the state is VALID.

The statuses of the last cycles are two words, bit 0 the newest: which were OK, which an error. Each state looks at as
many of them as its window has. A state with a longer window than the last one forgets what lies before the last one's
window, or a receiver would lose again at once the trust it has just regained.

Source: AUTOSAR PRS E2EProtocol as given in the project's reference from public implementations; not compared with the
AUTOSAR document.
"""

from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np

from bench.base.compiled import compiled
from bench.canbus.crc import Int
from bench.canbus.e2e import Data, genuine, protection_record, read_counter
from bench.canbus.protection import Protection


class FrameStatus(IntEnum):
    """What one cycle brought, numbered as AUTOSAR's E2E_PCheckStatusType."""

    OK = 0
    REPEATED = 1  # the counter of the last frame
    WRONG_SEQUENCE = 2  # a counter more than max_delta steps after the last, or one that is never sent
    ERROR = 3  # length, data id or CRC
    NOT_AVAILABLE = 4  # nothing has been checked yet
    NO_NEW_DATA = 5  # nothing came in this cycle


class State(IntEnum):
    """What the receiver thinks of the sender, numbered as AUTOSAR's E2E_SMStateType."""

    VALID = 0
    DEINIT = 1  # a message without protection has no machine
    NO_DATA = 2
    INIT = 3
    INVALID = 4


OK, REPEATED, WRONG_SEQUENCE, ERROR = 0, 1, 2, 3
NO_NEW_DATA = 5
VALID, DEINIT, NO_DATA, INIT, INVALID = 0, 1, 2, 3, 4
_IN_INIT, _IN_VALID, _IN_INVALID = 0, 1, 2  # places in the windows of PROTECTION
_U0, _U1, _U2, _U4, _U56, _U64 = (np.uint64(n) for n in (0, 1, 2, 4, 56, 64))
_M1, _M2 = np.uint64(0x5555_5555_5555_5555), np.uint64(0x3333_3333_3333_3333)
_M4, _H01 = np.uint64(0x0F0F_0F0F_0F0F_0F0F), np.uint64(0x0101_0101_0101_0101)

E2E_STATE = np.dtype(
    [
        ("oks", "u8"),
        ("errors", "u8"),
        ("due_ns", "i8"),  # later than this without a frame is a cycle of silence; 0 before the first frame
        ("counter", "i8"),  # of the last genuine frame
        ("delta", "i8"),  # steps of the counter from the frame before; -1: it has none, or the frame is no good
        ("repeats", "i4"),  # frames in a row with the counter unchanged
        ("seen", "u1"),  # 1: ``counter`` has been received
        ("status", "u1"),  # FrameStatus of the last cycle
        ("state", "u1"),  # State
    ],
    align=True,
)
"""What a receiver remembers of one message; RX_STATE has these fields too."""


@compiled
def _ones(word: Any) -> Any:
    """How many bits are set."""
    word = word - ((word >> _U1) & _M1)
    word = (word & _M2) + ((word >> _U2) & _M2)
    return ((((word + (word >> _U4)) & _M4) * _H01) & np.uint64(0xFFFF_FFFF_FFFF_FFFF)) >> _U56


@compiled
def _inside(rule: Any, window: int) -> Any:
    """The bits of the cycles that a window looks at."""
    return np.uint64(0xFFFF_FFFF_FFFF_FFFF) >> (_U64 - np.uint64(rule.size[window]))


@compiled
def _enter(rule: Any, memory: Any, state: int, window: int, last_window: int) -> None:
    """Change to ``state``; statuses outside of the last state's window are forgotten."""
    memory.state = state
    if rule.size[window] > rule.size[last_window]:
        kept = _inside(rule, last_window)
        memory.oks &= kept
        memory.errors &= kept


@compiled
def _judge_windows(rule: Any, memory: Any) -> None:
    """The transitions of INIT, VALID and INVALID."""
    state = memory.state
    window = _IN_VALID if state == VALID else _IN_INIT if state == INIT else _IN_INVALID
    inside = _inside(rule, window)
    errors = _ones(memory.errors & inside)
    good = errors <= rule.max_error[window] and _ones(memory.oks & inside) >= rule.min_ok[window]
    if good and state != VALID:
        _enter(rule, memory, VALID, _IN_VALID, window)
    elif not good and (state == VALID or (state == INIT and errors > rule.max_error[window])):
        _enter(rule, memory, INVALID, _IN_INVALID, window)


@compiled
def step(rule: Any, memory: Any, status: int) -> None:
    """One cycle of the state machine."""
    memory.status = status
    memory.oks = (memory.oks << _U1) | (_U1 if status == OK else _U0)
    memory.errors = (memory.errors << _U1) | (_U1 if status == ERROR else _U0)
    if memory.state == VALID and status == OK and memory.errors == _U0:
        return  # it was good, and a good frame more cannot change that
    if memory.state == NO_DATA:
        if status != ERROR and status != NO_NEW_DATA:
            memory.state = INIT
    elif memory.state != DEINIT:
        _judge_windows(rule, memory)


@compiled
def _judge_counter(rule: Any, memory: Any, counter: Int) -> int:
    """Status of a genuine frame with ``counter``, which is kept: after a jump the next frame is judged from here."""
    memory.delta = -1
    if counter >= rule.cycle:
        memory.repeats = 0
        return WRONG_SEQUENCE
    status = OK
    if memory.seen:
        delta = counter - memory.counter
        memory.delta = delta = delta + rule.cycle if delta < 0 else delta
        status = REPEATED if delta == 0 else OK if delta <= rule.max_delta else WRONG_SEQUENCE
    memory.repeats = memory.repeats + 1 if status == REPEATED else 0
    memory.counter, memory.seen = counter, 1
    return status


@compiled
def silence(rule: Any, memory: Any, t_ns: int) -> None:
    """One cycle of NO_NEW_DATA for each period that has passed at ``t_ns`` without a frame."""
    if rule.period_ns <= 0 or memory.due_ns == 0 or t_ns <= memory.due_ns:
        return
    missed = (t_ns - memory.due_ns - 1) // rule.period_ns + 1
    for _ in range(min(missed, 64)):  # the longest window is full of silence then
        step(rule, memory, NO_NEW_DATA)
    memory.due_ns += missed * rule.period_ns


@compiled
def judge(rule: Any, memory: Any, data: Data, length: int, t_ns: int) -> int:
    """Status of the frame ``data`` that arrived at ``t_ns``; the state machine has taken its step.

    Silence counts from half a period after a frame was due. The frame may be used if the status is OK and
    ``memory.state`` is VALID.
    """
    silence(rule, memory, t_ns)
    if rule.period_ns > 0:
        memory.due_ns = t_ns + rule.wait_ns
    if genuine(rule, data, length):
        status = _judge_counter(rule, memory, read_counter(rule, data))
    else:
        status, memory.delta = ERROR, -1
    step(rule, memory, status)
    return status


def begin(memory: Any, protected: Any = True) -> None:
    """Set the start of fresh records (all zero): NO_DATA where there is protection, DEINIT where not."""
    memory["status"] = FrameStatus.NOT_AVAILABLE
    memory["state"] = np.where(protected, State.NO_DATA, State.DEINIT)
    memory["delta"] = -1


class Judgement(NamedTuple):
    """A cycle's status and the machine's state after it; counter and delta are -1 where there is none."""

    status: FrameStatus
    state: State
    counter: int
    delta: int

    @property
    def usable(self) -> bool:
        """Whether the data of this frame may be used."""
        return self.status is FrameStatus.OK and self.state is State.VALID


class Receiver:
    """The receiver of one message, frame by frame: for scripts and tests."""

    def __init__(self, protection: Protection, length: int) -> None:
        """For frames of ``length`` bytes. Raises ``ValueError`` for a protection that cannot be."""
        self._rule = protection_record(protection, length)
        self._memory = np.zeros(1, E2E_STATE)
        begin(self._memory)

    def take(self, frame: bytes, t_ns: int = 0) -> Judgement:
        """Judge ``frame``, which arrived at ``t_ns``."""
        data = np.zeros(64, np.uint8)
        data[: min(len(frame), 64)] = np.frombuffer(frame[:64], np.uint8)
        status = judge(self._rule, self._memory[0], data, len(frame), t_ns)
        return self._told(status, -1 if status == ERROR else int(read_counter(self._rule, data)))

    def miss(self) -> Judgement:
        """One cycle in which nothing arrived."""
        step(self._rule, self._memory[0], NO_NEW_DATA)
        return self._told(NO_NEW_DATA, -1)

    def _told(self, status: int, counter: int) -> Judgement:
        memory = self._memory[0]
        delta = int(memory["delta"]) if counter >= 0 else -1
        return Judgement(FrameStatus(status), State(int(memory["state"])), counter, delta)
