"""What is seen of every identifier on the buses: how often it comes, how regularly, and what was wrong with it.

Times between frames go into a histogram with bins of constant relative width (1/64 of an octave's start), so that
minimum, mean and 99th percentile of any cycle time cost a fixed memory and a few nanoseconds a frame. Identifiers that
no database knows get a row when they are first seen, and learn their cycle time; so does a message without one.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.base.by_reference import by_reference
from bench.base.compiled import compiled
from bench.canbus.frame_bits import DATA_MAX, frame_bits
from bench.canbus.tables import LOOKUP, CanTables

Table = NDArray[Any]

STATISTICS = (
    "frames", "period_min", "period_mean", "period_p99", "period_max", "late", "missing", "burst",
    "bad_length", "bad_counter", "bad_crc", "bad_range", "foreign", "e2e_state", "e2e_refused",
)  # fmt: skip
"""What is told of each message, in this order: see ``bench.config.monitors``."""

LATE_NS = 1_000_000
"""A frame later than one cycle time and this is late; after 2.5 cycle times it is missing; before half of one it comes
in a burst."""

LEARNED_MAX = 64
"""Identifiers without a database that get a row; the frames of further ones are counted."""

BINS = 24 * 64
"""From 8 us to 137 s; what is shorter or longer is in the first or the last one."""

FOREIGN = 6
"""What ``EV_FRAME_BAD`` tells of a frame that only we may send, beside the reasons of ``codec``."""

_LEARN_FRAMES = 32
_LOWEST_BIN = (1023 + 13) << 6  # exponent and six bits of the mantissa of 2**13 ns as float64
_BIN_SHIFT = 46
_BITS_EVERY = 16

MONITOR = np.dtype(
    [
        ("period_ns", "i8"),  # 0: to be learned
        ("first", "i4"),  # its statistics are the channels from here on; -1: not told
        ("statistics", "u2"),  # bit n: STATISTICS[n] is told
        ("judged", "u1"),  # a limit is set on one of its channels
    ],
    align=True,
)
"""How one message of the tables is watched; the place in the table is that of the message."""

BUS_MONITOR = np.dtype([("bitrate", "i8"), ("first", "i4"), ("judged", "u1")], align=True)

SEEN = np.dtype(
    [
        ("period_ns", "i8"),  # 0: not known, or not regular
        ("last_ns", "i8"),  # -1: never
        ("frames", "i8"),
        ("foreign", "i8"),  # frames of an id that only we may send
        ("min_ns", "i8"),
        ("max_ns", "i8"),
        ("sum_ns", "i8"),
        ("gaps", "i8"),
        ("late", "i8"),
        ("missing", "i8"),  # silences of more than 2.5 cycle times
        ("burst", "i8"),
        ("below", "i8"),  # gaps in bins below that of the percentile
        ("p99_ns", "i8"),  # of the last look; no gap of its bin is longer
        ("learn_sum_ns", "i8"),
        ("learn_min_ns", "i8"),
        ("learn_max_ns", "i8"),
        ("id", "u4"),
        ("bin", "i4"),  # of the percentile
        ("bits", "i4"),  # on the wire, of the last frame that was counted
        ("learn", "i4"),
        ("bus", "u1"),
        ("late_told", "u1"),  # of the present silence
        ("missing_told", "u1"),
    ],
    align=True,
)
"""What was seen of one identifier: a row for each message of the tables, then LEARNED_MAX for the others."""

BUS_SEEN = np.dtype(
    [
        ("bits", "i8"),  # since the last look
        ("looked_ns", "i8"),
        ("unknown", "i8"),  # frames of ids that stand in no database
        ("unknown_ids", "i8"),
        ("foreign", "i8"),
        ("load", "f8"),  # %, of the time between the last two looks
    ],
    align=True,
)


@by_reference
class Seen(NamedTuple):
    """The memory of all monitors."""

    rows: Table
    histograms: Table
    learned: Table
    """LOOKUP with open addressing, filled as identifiers come; ``index`` is the place in ``rows``."""
    buses: Table


def make_seen(tables: CanTables, monitors: Table, buses: int) -> Seen:
    """Nothing seen yet."""
    rows = np.zeros(len(monitors) + LEARNED_MAX, SEEN)
    rows["last_ns"] = -1
    for name in ("id", "bus"):
        rows[name][: len(monitors)] = tables.messages[name]
    rows["period_ns"][: len(monitors)] = monitors["period_ns"]
    learned = np.zeros(2 * LEARNED_MAX, LOOKUP)
    learned["index"] = -1
    return Seen(rows, np.zeros((len(rows), BINS), np.uint32), learned, np.zeros(buses, BUS_SEEN))


@compiled
def _bin_of(gap_ns: int) -> int:
    place = int(np.float64(gap_ns).view(np.int64) >> _BIN_SHIFT) - _LOWEST_BIN
    return min(max(place, 0), BINS - 1)


@compiled
def _bin_end_ns(place: int) -> int:
    """The first time beyond a bin."""
    return int(np.int64((place + 1 + _LOWEST_BIN) << _BIN_SHIFT).view(np.float64))


@compiled
def see(seen: Seen, index: int, frame: Any, t_ns: int) -> None:
    """A frame of row ``index`` ended on the wire at ``t_ns``; ``frame`` has id, bus, length and data."""
    row = seen.rows[index]
    if row.frames % _BITS_EVERY == 0:  # stuff bits change little from frame to frame
        row.bits = _bits(frame)
    seen.buses[frame.bus].bits += row.bits
    row.frames += 1
    gap_ns, row.last_ns = t_ns - row.last_ns if row.last_ns >= 0 else -1, t_ns
    if gap_ns < 0:  # the first frame, or a time stamp that went back
        return
    place = _bin_of(gap_ns)
    seen.histograms[index, place] += np.uint32(1)
    row.below += place < row.bin
    row.min_ns = gap_ns if row.gaps == 0 else min(row.min_ns, gap_ns)
    row.max_ns = max(row.max_ns, gap_ns)
    row.sum_ns += gap_ns
    row.gaps += 1
    if row.period_ns == 0:
        _learn(row, gap_ns)
        return
    _judge_gap(row, gap_ns)
    row.burst += 2 * gap_ns < row.period_ns
    row.late_told = row.missing_told = 0


@compiled
def _judge_gap(row: Any, gap_ns: int) -> None:
    """Late and missing are counted once for each gap."""
    if gap_ns > row.period_ns + LATE_NS and row.late_told == 0:
        row.late += 1
        row.late_told = 1
    if 2 * gap_ns > 5 * row.period_ns and row.missing_told == 0:
        row.missing += 1
        row.missing_told = 1


@compiled
def _learn(row: Any, gap_ns: int) -> None:
    """The cycle time is the mean of 32 gaps in a row that differ by no more than a quarter; else 32 more are taken."""
    row.learn_sum_ns += gap_ns
    row.learn_min_ns = gap_ns if row.learn == 0 else min(row.learn_min_ns, gap_ns)
    row.learn_max_ns = gap_ns if row.learn == 0 else max(row.learn_max_ns, gap_ns)
    row.learn += 1
    if row.learn < _LEARN_FRAMES:
        return
    if 4 * row.learn_max_ns <= 5 * row.learn_min_ns:
        mean_ns = row.learn_sum_ns // _LEARN_FRAMES
        whole_ns = (mean_ns + 500_000) // 1_000_000 * 1_000_000  # nearly all cycle times are whole milliseconds
        row.period_ns = whole_ns if abs(whole_ns - mean_ns) * 200 <= mean_ns else mean_ns
    row.learn, row.learn_sum_ns = 0, 0


@compiled
def _bits(frame: Any) -> int:
    """On the wire; of a CAN FD frame at most, as if it had no second bit rate."""
    if frame.length <= DATA_MAX:
        return frame_bits(frame.id, frame.data, frame.length)
    return 100 + 10 * int(frame.length)


@compiled
def see_unknown(seen: Seen, known: int, frame: Any, t_ns: int) -> None:
    """A frame of an identifier that the tables do not hold; ``known``: rows of the tables."""
    if frame.bus >= seen.buses.shape[0]:
        return
    bus = seen.buses[frame.bus]
    bus.unknown += 1
    index = _learned_row(seen, known, np.uint64(frame.bus) << np.uint64(32) | np.uint64(frame.id))
    if index < 0:
        bus.bits += _bits(frame)
        return
    row = seen.rows[index]
    if row.frames == 0:
        row.id, row.bus = frame.id, frame.bus
        bus.unknown_ids += 1
    see(seen, index, frame, t_ns)


@compiled
def see_foreign(seen: Seen, index: int, frame: Any) -> None:
    """Somebody else has sent a frame that only we may send."""
    bus = seen.buses[frame.bus]
    seen.rows[index].foreign += 1
    bus.foreign += 1
    bus.bits += _bits(frame)


@compiled
def _learned_row(seen: Seen, known: int, key: np.uint64) -> int:
    """The row of an identifier, a new one where it is the first time; -1: none is left."""
    table = seen.learned
    last = np.uint64(table.shape[0] - 1)
    place = ((key * np.uint64(0x9E37_79B9_7F4A_7C15)) >> np.uint64(32)) & last
    while table[place].index >= 0:
        if table[place].key == key:
            return int(table[place].index)
        place = (place + np.uint64(1)) & last
    used = 0  # rows are given out in order
    while used < LEARNED_MAX and seen.rows[known + used].frames > 0:
        used += 1
    if used == LEARNED_MAX:
        return -1
    table[place].key, table[place].index = key, known + used
    return known + used


@compiled
def look(seen: Seen, index: int, t_ns: int) -> None:
    """Whether row ``index`` is silent for too long, and where its percentile is now."""
    row = seen.rows[index]
    if row.period_ns > 0:
        _judge_gap(row, t_ns - max(row.last_ns, 0))
    if row.gaps == 0:
        return
    rank = (99 * row.gaps + 99) // 100
    place, below = row.bin, row.below
    while below >= rank:
        place -= 1
        below -= np.int64(seen.histograms[index, place])
    while below + np.int64(seen.histograms[index, place]) < rank:
        below += np.int64(seen.histograms[index, place])
        place += 1
    row.bin, row.below = place, below
    row.p99_ns = max(min(_bin_end_ns(place), row.max_ns), row.min_ns)


@compiled
def look_at_bus(bus: Any, bitrate: int, t_ns: int) -> None:
    """The load since the last look, in percent."""
    span_ns = t_ns - bus.looked_ns
    if span_ns > 0:
        bus.load = min(100.0, bus.bits * 1e11 / (float(bitrate) * span_ns))
        bus.bits, bus.looked_ns = 0, t_ns
