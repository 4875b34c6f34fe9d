"""Bytes at random on both sides of the AK wire: no crash, no hang, no exception but the declared ones."""

from collections.abc import Iterator
from typing import Any

import ak_dialogues as said
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from instrument_bench import OUTPUT_NAMES, Truth

from bench.base.errors import DeviceError, LinkError
from bench.emulators.instruments.ak_dyno import AkDynoEmulator
from bench.schedule.requests import Exchange
from drivers.dynos.ak_dyno import AkDyno
from drivers.framing import Framer

WHOLE = (*said.IDENTITY, *said.SET_UP, *said.SPEED_150, *said.HOLD, *said.VALUES, *said.MANUAL, *said.MISTAKES)
COMMANDS = [question for question, _ in WHOLE]
REPLIES = [answer for _, answer in WHOLE]
OPERATIONS = ("identify", "set_up", "verify", "read")
EDITS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 2), st.integers(0, 255)), max_size=4)


def edited(data: bytes, edits: list[tuple[int, int, int]]) -> bytes:
    """With some bytes changed, put in or taken out."""
    text = bytearray(data)
    for place, how, byte in edits:
        at = place % (len(text) + 1)
        text[at : at + (how != 1)] = b"" if how == 2 else bytes([byte])
    return bytes(text)


def drive() -> AkDynoEmulator:
    truth = Truth()
    return AkDynoEmulator(truth.measured, OUTPUT_NAMES, truth.inputs, "l")


def answers(peer: AkDynoEmulator, data: bytes) -> int:
    """How many telegrams come back, in bounded time."""
    peer.receive(data, 0)
    count = 0
    while (due_ns := peer.next_ns()) is not None:
        count += peer.produce(due_ns).count(b"\x03")
        assert count <= data.count(b"\x03") + 1
    return count


def told(operation: Any, replies: Iterator[bytes]) -> None:
    """Run one operation of the driver on ``replies``; it ends, in order or with a declared error."""
    send: Any = None
    try:
        for _ in range(60):
            request = operation.send(send)
            if not isinstance(request, Exchange):
                send = 0
                continue
            send = Framer("ak").feed(next(replies))
            if send is None:
                send = operation.throw(LinkError("nothing more comes"))
        pytest.fail("it does not end")
    except StopIteration:
        return
    except (DeviceError, LinkError):
        operation.close()


@given(st.lists(st.tuples(st.sampled_from(COMMANDS), EDITS), min_size=1, max_size=8), st.integers(1, 40))
def test_the_drive_answers_each_telegram_once_whatever_it_holds(
    messages: list[tuple[bytes, list[Any]]], portion: int
) -> None:
    data = b"".join(edited(*message) for message in messages)
    peer, other = drive(), drive()
    whole = answers(peer, data)
    pieces = sum(answers(other, data[at : at + portion]) for at in range(0, len(data), portion))
    assert whole == pieces == data.count(b"\x03")
    answers(peer, b"\x03")
    assert answers(peer, b"\x02 AKEN K0\x03") == 1


@given(st.sampled_from(OPERATIONS), st.lists(st.tuples(st.sampled_from(REPLIES), EDITS), min_size=12, max_size=12))
def test_the_driver_takes_any_reply_or_refuses_it(operation: str, replies: list[tuple[bytes, list[Any]]]) -> None:
    told(getattr(AkDyno("dyno_l"), operation)(), (edited(*reply) for reply in replies))


@pytest.mark.slow
def test_many_random_bytes() -> None:
    """Uniform bytes rarely pass the telegram's frame, so most runs begin with a right one."""
    rng = np.random.default_rng(20261)
    peer = drive()
    for _ in range(20_000):
        edits = [tuple(map(int, edit)) for edit in rng.integers(0, 256, (int(rng.integers(0, 5)), 3))]
        answers(peer, edited(COMMANDS[int(rng.integers(len(COMMANDS)))], [(p, h % 3, b) for p, h, b in edits]))
        reply = edited(REPLIES[int(rng.integers(len(REPLIES)))], [(p, h % 3, b) for p, h, b in edits])
        told(getattr(AkDyno("dyno_l"), OPERATIONS[int(rng.integers(4))])(), iter([reply] * 12))
