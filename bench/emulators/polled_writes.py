"""A set-point that moves is written and read back in the compiled loop, for an instrument that is read there.

The steps are those of the driver: its command goes out, the instrument reads it by the strict grammar, acts and
acknowledges; the driver asks what is in force, and takes it within its tolerance. What is not so goes back to the job.
"""

from typing import Any

import numpy as np

from bench.base.compiled import compiled
from bench.base.quality import GOOD
from bench.emulators.instruments.answers import write_parts
from drivers.usual import read_usual

WANTED = 1
"""Why a poll goes back: something else is wanted of the link."""
READING, WRITING, CHECKING = 1, 2, 3
"""What is under way."""
COMMAND, HEARD, DONE, ACKNOWLEDGED, TOLD, READ_BACK = range(6)
"""Texts of a write and the forms by which the other side reads them."""
STEPS, STEP_PIECES = 6, 8

WRITE = np.dtype(
    [
        ("on", "u1"),
        ("wrote", "u1"),  # since the seat was taken
        ("setpoint", "i4"),  # which of those watched
        ("period_ns", "i8"),
        ("factor", "f8"),
        ("most", "f8"),
        ("tolerance", "f8"),
        ("place", "i4"),  # among what is given to the plant
        ("gain", "f8"),
        ("target", "f8"),  # as the core has it, and as it is written
        ("wanted", "f8"),
        ("in_force", "f8"),  # as the instrument has understood it
        ("lengths", "i4", (STEPS,)),
    ],
    align=True,
)


@compiled
def begin_write(polls: Any, number: int, poll: Any, image: np.ndarray, t_ns: int) -> bool:
    """Write the set-point that has moved, if it is the one that may be written here, and no other has moved."""
    write = polls.writes[number]
    if not write.on or not _moved_alone(poll, write, image):
        return False
    target = image[poll.channels[write.setpoint]].value
    wanted = target * write.factor
    if target == 0.0 or not abs(wanted) <= write.most:
        return False
    length = _put(polls, number, write, COMMAND, wanted)
    if not _got(polls, number, write, HEARD, length, t_ns):
        return False
    write.wrote, write.target, write.wanted, write.in_force = 1, target, wanted, polls.heard[number, 0].value
    polls.inputs[write.place] = write.in_force * write.gain
    polls.lengths[number] = _put(polls, number, write, DONE, 0.0)
    poll.write_from_ns = poll.read_ns + write.period_ns - poll.period_ns // 2  # as the link does it
    _sent(poll, WRITING, t_ns)
    return True


@compiled
def go_on_writing(polls: Any, number: int, poll: Any, t_ns: int) -> None:
    """The answer to the last step is there."""
    write, length = polls.writes[number], polls.lengths[number]
    if poll.answering == WRITING:
        if _got(polls, number, write, ACKNOWLEDGED, length, t_ns):
            polls.lengths[number] = _put(polls, number, write, TOLD, write.in_force)
            _sent(poll, CHECKING, t_ns)
        else:
            poll.back = WANTED
        return
    read_back = _got(polls, number, write, READ_BACK, length, t_ns)
    if not read_back or not abs(polls.heard[number, 0].value - write.wanted) <= write.tolerance:
        poll.back = WANTED
        return
    poll.seen[write.setpoint] = write.target
    poll.answering, poll.first = 0, 1
    if poll.stop:
        poll.back = WANTED


@compiled
def _moved_alone(poll: Any, write: Any, image: np.ndarray) -> bool:
    for i in range(poll.watched):
        known = image[poll.channels[i]]
        if known.quality != GOOD or (i != write.setpoint and known.value != poll.seen[i]):
            return False
    return True


@compiled
def _sent(poll: Any, step: int, t_ns: int) -> None:
    poll.answering, poll.heard_ns, poll.due_ns = step, t_ns, t_ns + poll.delay_ns
    poll.asked += 1


@compiled
def _put(polls: Any, number: int, write: Any, step: int, value: float) -> int:
    values = polls.values[number]
    values[0] = value
    return write_parts(values, polls.writing[number, step, : write.lengths[step]], polls.bytes[number])


@compiled
def _got(polls: Any, number: int, write: Any, step: int, length: int, t_ns: int) -> bool:
    form, heard = polls.writing[number, step, : write.lengths[step]], polls.heard[number]
    return read_usual(polls.bytes[number], length, form, heard, t_ns)
