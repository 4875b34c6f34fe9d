"""BLF against python-can's own writer and reader."""

import io
import random
from functools import cache

import can
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.base.errors import InputError
from bench.canbus.blf import blf_chunks, read_blf
from bench.canbus.frame_log import FrameLog
from bench.canbus.message import EXTENDED

START_S = 1_700_000_000.25


class Kept(io.BytesIO):
    """A file that can be read after its writer has closed it."""

    def close(self) -> None:
        """Not yet."""


def written(messages: list[can.Message]) -> bytes:
    """The BLF file of ``messages``."""
    file = Kept()
    with can.BLFWriter(file) as writer:
        for message in messages:
            writer.on_message_received(message)
    return file.getvalue()


def same(log: FrameLog, messages: list[can.Message]) -> bool:
    """Whether ``log`` holds exactly the data frames of ``messages``."""
    frames = [m for m in messages if not (m.is_error_frame or m.is_remote_frame)]
    told = [
        (int(log.ids[i]), int(log.bus[i]), bytes(log.data[i, : log.lengths[i]]), round(log.t_ns[i] * 1e-9, 6))
        for i in range(len(log))
    ]
    return told == [
        (m.arbitration_id | EXTENDED * m.is_extended_id, m.channel, bytes(m.data), round(m.timestamp, 6))
        for m in frames
    ]


def message(draw: random.Random, number: int) -> can.Message:
    """Any frame that a logger writes."""
    extended, fd = draw.random() < 0.3, draw.random() < 0.4
    kind = draw.choice(["data"] * 8 + ["remote", "error"])
    size = draw.choice([0, 1, 8, 12, 64] if fd else [0, 3, 8])
    return can.Message(
        timestamp=START_S + number * 1e-3,
        arbitration_id=draw.randrange(1 << (29 if extended else 11)),
        is_extended_id=extended,
        is_fd=fd and kind == "data",
        is_remote_frame=kind == "remote",
        is_error_frame=kind == "error",
        data=draw.randbytes(size if kind == "data" else 0),
        channel=draw.randrange(4),
    )


@cache
def example(count: int = 5000) -> tuple[bytes, tuple[can.Message, ...]]:
    """A log of several containers."""
    draw = random.Random(7)
    messages = [message(draw, number) for number in range(count)]
    return written(messages), tuple(messages)


def test_every_frame_as_it_was_logged() -> None:
    content, messages = example()
    log = read_blf(content)
    assert same(log, list(messages))
    assert log.error_frames == sum(m.is_error_frame for m in messages)
    assert log.remote_frames == sum(m.is_remote_frame for m in messages)
    assert log.findings == ()


def test_parts_make_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    content, messages = example()
    monkeypatch.setattr("bench.canbus.blf._CHUNK", 1000)
    parts = list(blf_chunks(content))
    assert len(parts) > 2
    assert same(FrameLog.joined(parts), list(messages))


def test_one_bus_alone() -> None:
    content, messages = example()
    assert same(read_blf(content).of_bus(2), [m for m in messages if m.channel == 2])


def test_an_empty_log() -> None:
    assert len(read_blf(written([]))) == 0


@pytest.mark.parametrize("content", [b"", b"LOGG", b"no log at all" * 30])
def test_what_is_no_blf_is_refused(content: bytes) -> None:
    with pytest.raises(InputError, match="is no BLF file"):
        read_blf(content, "x.blf")


@given(st.integers(144, len(example()[0]) - 4))  # the last three bytes may be padding
@settings(max_examples=30, deadline=None)
def test_a_file_cut_off_gives_its_beginning_and_says_so(length: int) -> None:
    content, messages = example()
    log = read_blf(content[:length])
    assert same(log, [m for m in messages if not (m.is_error_frame or m.is_remote_frame)][: len(log)])
    assert log.findings or length == 144


@given(st.integers(0, 2**32), st.integers(1, 40))
@settings(max_examples=60, deadline=None)
def test_damage_never_hangs_nor_escapes(seed: int, changes: int) -> None:
    """Inside of containers, where no checksum guards: damaged bytes of stored (not deflated) objects."""
    draw = random.Random(seed)
    content = bytearray(written([message(draw, number) for number in range(20)]))
    for _ in range(changes):
        content[draw.randrange(len(content))] = draw.randrange(256)
    try:
        log = read_blf(bytes(content))
    except InputError:
        return
    assert len(log.ids) == len(log.t_ns) == len(log.data) == len(log.lengths)
    assert (log.lengths <= log.data.shape[1]).all()


def test_a_container_that_inflates_without_end_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    content, _ = example()
    monkeypatch.setattr("bench.canbus.blf._INFLATED_MAX", 10_000)
    log = read_blf(content)
    assert any("larger than" in finding for finding in log.findings)
