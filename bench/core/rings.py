"""The rings between the core and its neighbours: one writer and one reader each."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.base.by_reference import by_reference
from bench.base.records import EVENT, FRAME, INBOX
from bench.base.ring import HEADER_LENGTH, READ, WRITTEN, Ring, make_ring
from bench.core.program import Program

DIAGNOSTIC_FRAMES = 1024


@by_reference
class Samples(NamedTuple):
    """One ring per sample group, side by side: ``header[g]`` as in ``Ring``, rows of group ``g`` from
    ``first_row`` and ``first_value`` of its SAMPLE_GROUP on."""

    header: NDArray[np.int64]
    t_ns: NDArray[np.int64]
    values: NDArray[np.float64]
    quality: NDArray[np.uint8]


@by_reference
class Rings(NamedTuple):
    """What comes in (``inbox_*``), what goes out, and what is told."""

    inbox_can: Ring
    inbox_links: Ring
    inbox_sequence: Ring
    inbox_diagnostics: Ring
    """Frames that a link asks for; one a cycle is taken."""
    frames_out: Ring
    events: Ring
    inbox_log: Ring
    samples: Samples
    heard: Ring
    """Diagnostic responses, for that link."""


def make_rings(program: Program, capacity: int = 4096) -> Rings:
    """Rings in this process's own memory; ``capacity`` records each."""
    log_capacity = 4 * capacity if program.settings["log_full"][0] else 1
    return Rings(
        inbox_can=make_ring(INBOX, capacity),
        inbox_links=make_ring(INBOX, capacity),
        inbox_sequence=make_ring(INBOX, capacity),
        inbox_diagnostics=make_ring(INBOX, DIAGNOSTIC_FRAMES),
        frames_out=make_ring(FRAME, capacity),
        events=make_ring(EVENT, capacity),
        inbox_log=make_ring(INBOX, log_capacity),
        samples=make_samples(program),
        heard=make_ring(FRAME, DIAGNOSTIC_FRAMES),
    )


def make_samples(program: Program) -> Samples:
    """Empty sample rings for the program's groups."""
    rows = program.groups["rows"]
    values = int((rows * program.groups["channels"]).sum())
    return Samples(
        header=np.zeros((len(rows), HEADER_LENGTH), np.int64),
        t_ns=np.zeros(int(rows.sum()), np.int64),
        values=np.zeros(values),
        quality=np.zeros(values, np.uint8),
    )


class Rows(NamedTuple):
    """Samples of one group: times, values and qualities (rows x channels)."""

    t_ns: NDArray[np.int64]
    values: NDArray[np.float64]
    quality: NDArray[np.uint8]


def drain_samples(program: Program, samples: Samples, group: int) -> Rows:
    """Take all waiting rows of a group, as copies."""
    row: Any = program.groups[group]
    header, rows, width = samples.header[group], int(row["rows"]), int(row["channels"])
    taken = np.arange(int(header[READ]), int(header[WRITTEN])) % rows
    first_row, first_value = int(row["first_row"]), int(row["first_value"])
    values = samples.values[first_value : first_value + rows * width].reshape(rows, width)
    quality = samples.quality[first_value : first_value + rows * width].reshape(rows, width)
    result = Rows(samples.t_ns[first_row + taken], values[taken], quality[taken])
    header[READ] += len(taken)
    return result
