"""The modelled wire against worst-case response-time analysis of CAN (Tindell and Burns; revised by Davis, Burns, Bril
and Lukkien, Real-Time Systems 35, 2007, DOI 10.1007/s11241-007-9012-7): R = J + w + C with
w = B + sum over higher priorities of ceil((w + J + tau_bit) / T) C, for all instances of the busy period."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wires import frame

from bench.base.records import FRAME
from bench.canbus.buses import make_wire
from bench.canbus.frame_bits import bits_of
from bench.canbus.wire import advance, offer

BIT_NS = 8000  # 125 kbit/s
MS = 1_000_000
# (id, period in ms, payload): 82 % load, payloads with few and many stuff bits
SET = [
    (0x010, 5, bytes(8)),
    (0x020, 5, b"\x55" * 8),
    (0x030, 5, b"\x0f" * 8),
    (0x0F0, 10, bytes(4)),
    (0x100, 10, b"\x55" * 8),
    (0x200, 20, b"\xff" * 8),
    (0x300, 50, bytes(8)),
    (0x400, 100, b"\x3c" * 8),
    (0x7F0, 100, b"\x55" * 8),
]
C = [bits_of(i, payload) * BIT_NS for i, _, payload in SET]
T = [period * MS for _, period, _ in SET]


def window_ns(m: int, blocked_ns: int, instance: int) -> int:
    """Queuing delay of instance ``instance`` of message m from the start of its busy period."""
    w = blocked_ns + instance * C[m]
    while True:
        more = blocked_ns + instance * C[m] + sum(-(-(w + BIT_NS) // T[k]) * C[k] for k in range(m))
        if more == w:
            return w
        w = more


def response_ns(m: int) -> int:
    """Worst-case response time of message m, to the end of its intermission."""
    blocked_ns = max(C[m + 1 :], default=0)
    busy_ns = C[m]
    while True:
        more = blocked_ns + sum(-(-busy_ns // T[k]) * C[k] for k in range(m + 1))
        if more == busy_ns:
            break
        busy_ns = more
    instances = -(-busy_ns // T[m])
    return max(window_ns(m, blocked_ns, q) - q * T[m] + C[m] for q in range(instances))


def observed_ns(phases_ns: list[int], until_ns: int, first: tuple[int, int] | None = None) -> dict[int, int]:
    """Longest response of each message with these first releases; ``first``: (message, time) of one more frame."""
    wire = make_wire([125_000], members=[(0, 1)])
    releases = [(t, m) for m, phase in enumerate(phases_ns) for t in range(phase, until_ns, T[m])]
    releases += [] if first is None else [(first[1], first[0])]
    delivered, worst = np.zeros(4, FRAME), dict.fromkeys(range(len(SET)), 0)
    waiting: dict[int, list[int]] = {m: [] for m in worst}
    place = {identity: m for m, (identity, _, _) in enumerate(SET)}
    for t_ns, m in [*sorted(releases), (until_ns + 200 * MS, -1)]:
        while count := advance(wire, t_ns, delivered):
            for got in delivered[:count]:
                n = place[int(got["id"])]
                worst[n] = max(worst[n], int(got["t_ns"]) - waiting[n].pop(0))
        if m >= 0:
            offer(wire, frame(SET[m][0], SET[m][2]), t_ns)
            waiting[m].append(t_ns)
    return worst


@pytest.mark.parametrize("m", range(len(SET)))
def test_the_critical_instant_takes_exactly_the_analysed_time(m: int) -> None:
    """All are released just after the longest frame of lower priority has begun."""
    lower = range(m + 1, len(SET))
    blocker = max(lower, key=lambda k: C[k], default=None)
    start_ns = 200 * MS
    phases = [start_ns if k <= m else 10**12 for k in range(len(SET))]
    seen = observed_ns(phases, start_ns + 150 * MS, None if blocker is None else (blocker, start_ns - 1))
    # the formula counts from the release to the end of the intermission, a frame is there 3 bits before
    assert seen[m] == response_ns(m) - 3 * BIT_NS - (blocker is not None)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 100 * MS), min_size=len(SET), max_size=len(SET)))
def test_no_release_pattern_takes_longer_than_analysed(phases_ns: list[int]) -> None:
    seen = observed_ns(phases_ns, 300 * MS)
    assert all(seen[m] <= response_ns(m) for m in range(len(SET)))


def test_the_set_loads_the_bus() -> None:
    assert 0.8 < sum(c / t for c, t in zip(C, T, strict=True)) < 1.0
