"""Instruments that are only read, at their pace, without Python: question, answer and reading in the compiled loop.

Each exchange is what it is elsewhere: the emulator's own function writes the answer's bytes, at its time, and the
driver's own function reads them by the usual form. Whatever is not as usual goes back to the link's job before it has
any effect: another set-point, a question in the mailbox, a protection that trips, a byte that does not fit.
"""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.base.by_reference import by_reference
from bench.base.compiled import compiled
from bench.base.quality import GOOD
from bench.base.records import INBOX
from bench.base.ring import Ring, push_all
from bench.emulators.instruments.answers import BYTES_MAX, write_answer
from bench.emulators.instruments.sampling import ROW
from bench.emulators.polled_writes import READING, STEP_PIECES, STEPS, WANTED, WRITE, begin_write, go_on_writing
from bench.plant.records import INPUTS
from drivers.usual import PIECE, read_usual

NEVER = np.iinfo(np.int64).max
QUESTIONS, QUANTITIES, PIECES, RECORDS, WATCHED = 2, 160, 160, 160, 8
"""How many of each one instrument may have."""
DUE, BACK = 0, 1
BY_HAND, ASKED, UNUSUAL = 2, 3, 4
"""Why a poll goes back: something else is wanted, the question needs the job, it is asked and the answer needs the
instrument, the answer needs the job."""

POLL = np.dtype(
    [
        ("due_ns", "i8"),  # when it asks, or the answer comes; NEVER: it does not stand
        ("answering", "u1"),  # what is under way: nothing, READING, or a step of a write
        ("first", "u1"),  # the next question comes after a write: it is asked in any case
        ("stop", "u1"),  # back where the next question would be due
        ("back", "u1"),  # why it has gone back; 0: it has not
        ("truth", "i4"),  # row of the sensors' means
        ("period_ns", "i8"),  # between readings; 0: the instrument sets the pace
        ("phase_ns", "i8"),
        ("delay_ns", "i8"),
        ("update_ns", "i8"),  # the answer waits for the end of an update; 0: for nothing
        ("latency_ns", "i8"),
        ("line_place", "i4"),  # field of the truth on whose size the instrument's errors depend
        ("line_low", "f8"),
        ("line_below", "f8"),
        ("watched_closely", "u1"),  # while the core samples fast, somebody wants to see each answer being made
        ("heard_ns", "i8"),  # the last question
        ("read_ns", "i8"),  # the last answer
        ("asked", "i8"),  # questions since it stands
        ("place", "i4"),  # in the round of questions
        ("round", "i4"),  # questions of a round; all but the last one are the first
        ("questions", "i4"),  # kinds of them
        ("quantities", "i4"),
        ("watched", "i4"),
        ("channels", "i4", (WATCHED,)),  # set-points that the device obeys
        ("seen", "f8", (WATCHED,)),  # and what it has obeyed
        ("write_from_ns", "i8"),  # until then others wait, if they are not zero
        ("guarded", "u1"),
        ("guard_v", "i4"),  # fields of the truth that a protection watches, and what trips it
        ("guard_a", "i4"),
        ("trip_v", "f8"),
        ("trip_a", "f8"),
        ("trip_w", "f8"),
    ],
    align=True,
)
"""One instrument."""

QUESTION = np.dtype([("pieces", "i4"), ("form", "i4"), ("records", "i4"), ("age_ns", "i8")], align=True)
"""One kind of question: the lengths of its tables, and how old its values are when they come."""


@by_reference
class Polls(NamedTuple):
    """One row per instrument; the first index of every table is the instrument, the second the question."""

    header: NDArray[np.int64]  # DUE: the earliest of all, ns; BACK: how many have gone back and were not seen
    polls: np.ndarray  # POLL
    questions: np.ndarray  # QUESTION
    quantities: np.ndarray  # sampling.ROW
    values: NDArray[np.float64]
    noise: NDArray[np.uint64]
    answers: np.ndarray  # PIECE
    forms: np.ndarray  # PIECE
    records: np.ndarray  # INBOX
    bytes: NDArray[np.uint8]
    lengths: NDArray[np.int64]
    writes: np.ndarray  # WRITE
    writing: np.ndarray  # PIECE, by step of a write
    heard: np.ndarray  # INBOX: room for a number
    inputs: NDArray[np.float64]  # what is given to the plant


def make_polls(instruments: int, inputs: NDArray[np.float64] | None = None) -> Polls:
    """None of them stands. ``inputs``: what is given to the plant (``INPUTS``, flat), for instruments that measure it;
    without it, nothing is."""
    polls = np.zeros(instruments, POLL)
    polls["due_ns"] = NEVER
    return Polls(
        np.array([NEVER, 0]),
        polls,
        np.zeros((instruments, QUESTIONS), QUESTION),
        np.zeros((instruments, QUANTITIES), ROW),
        np.zeros((instruments, QUANTITIES)),
        np.zeros((instruments, 1), np.uint64),
        np.zeros((instruments, QUESTIONS, PIECES), PIECE),
        np.zeros((instruments, QUESTIONS, PIECES), PIECE),
        np.zeros((instruments, QUESTIONS, RECORDS), INBOX),
        np.zeros((instruments, BYTES_MAX), np.uint8),
        np.zeros(instruments, np.int64),
        np.zeros(instruments, WRITE),
        np.zeros((instruments, STEPS, STEP_PIECES), PIECE),
        np.zeros((instruments, 1), INBOX),
        np.zeros(len(INPUTS.names or ())) if inputs is None else inputs,
    )


@compiled
def take_seat(
    polls: Polls,
    number: int,
    place: int,
    due_ns: int,
    read_ns: int,
    write_from_ns: int,
    noise: np.ndarray,
    obeyed: np.ndarray,
) -> None:
    """Read instrument ``number`` from ``due_ns`` on; its tables are there already."""
    poll = polls.polls[number]
    poll.place, poll.due_ns, poll.read_ns, poll.write_from_ns = place, due_ns, read_ns, write_from_ns
    poll.answering, poll.first, poll.stop, poll.asked, poll.heard_ns = 0, 0, 0, 0, -1
    polls.writes[number].wrote = 0
    polls.noise[number, 0] = noise[0]
    for i in range(obeyed.shape[0]):
        poll.seen[i] = obeyed[i]
    polls.header[DUE] = min(polls.header[DUE], due_ns)


@compiled
def serve(polls: Polls, means: np.ndarray, image: np.ndarray, fast: int, inbox: Ring, t_ns: int) -> bool:
    """Ask and answer what is due by ``t_ns``; whether a poll goes back to its job. ``fast``: the core samples fast."""
    earliest = NEVER
    for number in range(polls.polls.shape[0]):
        poll = polls.polls[number]
        if poll.due_ns <= t_ns:
            if poll.answering > READING:
                go_on_writing(polls, number, poll, t_ns)
            elif poll.answering:
                _answer(polls, number, poll, means, fast, inbox, t_ns)
            if poll.due_ns <= t_ns and not poll.back:
                _ask(polls, number, poll, means, image, t_ns)
            if poll.back:
                poll.due_ns = NEVER
                polls.header[BACK] += 1
        earliest = min(earliest, poll.due_ns)
    polls.header[DUE] = earliest
    return bool(polls.header[BACK] > 0)


@compiled
def _ask(polls: Polls, number: int, poll: Any, means: np.ndarray, image: np.ndarray, t_ns: int) -> None:
    if not poll.first:
        if not poll.stop and _moved(poll, image) and begin_write(polls, number, poll, image, t_ns):
            return
        if poll.stop or _moved(poll, image):
            poll.back = WANTED
            return
    poll.first = 0
    truth = means[poll.truth]
    if poll.guarded and _trips(poll, truth):
        poll.back = BY_HAND
        return
    poll.answering, poll.heard_ns, poll.due_ns = READING, t_ns, t_ns + poll.delay_ns
    poll.asked += 1
    if poll.update_ns:
        ended_ns = (t_ns - poll.latency_ns) // poll.update_ns * poll.update_ns
        poll.due_ns = ended_ns + poll.update_ns + poll.latency_ns
    else:
        _write(polls, number, poll, truth)


@compiled
def _write(polls: Polls, number: int, poll: Any, truth: np.ndarray) -> None:
    """The instrument measures and makes its answer."""
    kind = _kind(poll)
    rows, pieces = polls.quantities[number, : poll.quantities], polls.questions[number, kind].pieces
    answer, noise = polls.answers[number, kind, :pieces], polls.noise[number]
    values, out = polls.values[number], polls.bytes[number]
    polls.lengths[number] = write_answer(truth, polls.inputs, rows, values, noise, answer, out)


@compiled
def _answer(polls: Polls, number: int, poll: Any, means: np.ndarray, fast: int, inbox: Ring, t_ns: int) -> None:
    kind, truth = _kind(poll), means[poll.truth]
    if poll.update_ns:
        known = poll.line_low <= abs(truth[poll.line_place]) < poll.line_below
        if not known or (fast and poll.watched_closely):
            poll.back = ASKED
            return
        _write(polls, number, poll, truth)
    question = polls.questions[number, kind]
    form, records = polls.forms[number, kind, : question.form], polls.records[number, kind, : question.records]
    reply, length = polls.bytes[number], polls.lengths[number]
    if not (read_usual(reply, length, form, records, t_ns - question.age_ns) and push_all(inbox, records)):
        poll.back = UNUSUAL
        return
    poll.answering, poll.read_ns = 0, t_ns
    poll.place = (poll.place + 1) % poll.round
    if poll.period_ns:
        poll.due_ns = ((t_ns - poll.phase_ns) // poll.period_ns + 1) * poll.period_ns + poll.phase_ns
    else:
        poll.due_ns = t_ns


@compiled
def _kind(poll: Any) -> int:
    """Which question of the round it is."""
    return 1 if poll.questions > 1 and poll.place == poll.round - 1 else 0


@compiled
def _moved(poll: Any, image: np.ndarray) -> bool:
    """Whether a set-point is another than the one obeyed, and is not to wait."""
    for i in range(poll.watched):
        known = image[poll.channels[i]]
        value = known.value if known.quality == GOOD else math.nan
        same = value == poll.seen[i] or (math.isnan(value) and math.isnan(poll.seen[i]))
        if not same and (poll.read_ns >= poll.write_from_ns or value == 0.0):
            return True
    return False


@compiled
def _trips(poll: Any, truth: np.ndarray) -> bool:
    """Whether the instrument's own protection may act: it decides by itself."""
    volts, amperes = truth[poll.guard_v], truth[poll.guard_a]
    return bool(volts > poll.trip_v or abs(amperes) > poll.trip_a or abs(volts * amperes) > poll.trip_w)
